//! Pages and ids as they go over the wire.

use canvas_groups::{
    UserRef,
    categories::{ListCategoryUsers, SelfSignup},
    groups::ListMyGroups,
    memberships::RemoveUser,
};
use canvas_groups_fake::{School, SmallSchool};
use serde_json::{Value, json};

use crate::common::{TestSchool, refusal};

/// The links of an answer by their relations, in order, and the ids of the records in it.
async fn page(request: reqwest::RequestBuilder) -> (Vec<(String, String)>, Vec<u64>) {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let links = answer.headers().get("link").cloned();
    let links = links.map(|links| links.to_str().unwrap().to_owned());
    let links = links.iter().flat_map(|links| links.split(','));
    let links = links.map(|link| {
        let (url, rel) = link.split_once(">; rel=\"").unwrap();
        let rel = rel.strip_suffix('"').unwrap().to_owned();
        (rel, url.strip_prefix('<').unwrap().to_owned())
    });
    let links = links.collect();
    let records: Vec<Value> = answer.json().await.unwrap();
    let ids = records.iter().map(|record| record["id"].as_u64().unwrap());
    (links, ids.collect())
}

fn rels(links: &[(String, String)]) -> Vec<&str> {
    links.iter().map(|(rel, _)| &**rel).collect()
}

#[tokio::test]
async fn links_carry_the_query_on_and_come_in_order() {
    let place = TestSchool::new().await;
    let path = format!("group_categories/{}/users", place.ids.category);
    let base = format!("{}/api/v1/{path}", place.fake.url());
    let query = "search_term=&include[]=uuid&include[]=email&per_page=5&page=2&access_token=x";
    let (links, ids) = page(place.raw("GET", &format!("{path}?{query}"))).await;
    let all = page(place.raw("GET", &format!("{path}?per_page=100"))).await;
    assert_eq!((all.1.len(), &all.1[5..10]), (14, &ids[..]));
    let carried = "include%5B%5D=uuid&include%5B%5D=email&search_term=";
    let link = |page| format!("{base}?{carried}&page={page}&per_page=5");
    let expected = [
        ("current", 2),
        ("next", 3),
        ("prev", 1),
        ("first", 1),
        ("last", 3),
    ];
    let expected = expected.map(|(rel, page)| (rel.to_owned(), link(page)));
    assert_eq!(links, expected);
}

#[tokio::test]
async fn odd_numbers_of_pages_and_sizes() {
    let place = TestSchool::new().await;
    let path = format!("group_categories/{}/users", place.ids.category);
    let get = |query: &str| place.raw("GET", &format!("{path}?{query}"));
    for (query, size) in [
        ("per_page=0", 1),
        ("per_page=-5", 1),
        ("per_page=all", 1),
        ("per_page=", 1),
        ("per_page=3x", 3),
        ("per_page=1000", 14),
        ("", 10),
        ("per_page=1&per_page=3", 3),
    ] {
        assert_eq!(page(get(query)).await.1.len(), size, "{query}");
    }
    let (links, _) = page(get("per_page=1000")).await;
    assert!(links[0].1.ends_with("page=1&per_page=100"), "{links:?}");
    assert_eq!(rels(&links), ["current", "first", "last"]);
    let (links, ids) = page(get("page=7")).await;
    assert!(ids.is_empty());
    assert_eq!(rels(&links), ["current", "prev", "first", "last"]);
    for bad in ["page=0", "page=-1", "page=two"] {
        let (status, body) = TestSchool::answer(get(bad)).await;
        let code = &body["errors"][0]["error_code"];
        assert_eq!((status, code), (404, &json!("not_found")), "{bad}");
    }
}

#[tokio::test]
async fn links_have_thirty_five_hundred_characters_together() {
    let place = TestSchool::new().await;
    let path = format!("group_categories/{}/users", place.ids.category);
    let long = async |length: usize| {
        let query = format!("per_page=5&page=2&odd={}", "x".repeat(length));
        page(place.raw("GET", &format!("{path}?{query}"))).await.0
    };
    let all = ["current", "next", "prev", "first", "last"];
    assert_eq!(rels(&long(500).await), all);
    assert_eq!(rels(&long(1_000).await), ["next", "prev", "last"]);
    assert_eq!(rels(&long(2_000).await), ["next"]);
    assert_eq!(rels(&long(3_500).await), [""; 0]);
}

#[tokio::test]
async fn links_of_memberships_name_the_group_by_number() {
    let place = TestSchool::with(|school, ids| school.set_sis_group_id(ids.groups[0], "g1")).await;
    let path = "groups/sis_group_id:g1/memberships?per_page=4";
    let (links, _) = page(place.raw("GET", path)).await;
    let next = format!(
        "{}/api/v1/groups/{}/memberships?page=2&per_page=4",
        place.fake.url(),
        place.ids.groups[0]
    );
    assert_eq!(links[1], ("next".to_owned(), next));
}

/// A student of four groups that one can leave.
async fn four_groups() -> TestSchool {
    let seed = |school: &mut School, ids: &SmallSchool| {
        for name in ["A", "B", "C"] {
            let set = school.add_category(ids.course, name);
            school.set_self_signup(set, Some(SelfSignup::Enabled));
            let group = school.add_group(set, name).unwrap();
            school.add_member(group, ids.students[0]);
        }
        school.set_self_signup(ids.category, Some(SelfSignup::Enabled));
    };
    TestSchool::built(seed, |builder| builder.several_shards(true)).await
}

#[tokio::test]
async fn a_bookmark_goes_on_after_a_row_that_is_gone() {
    let place = four_groups().await;
    let list = ListMyGroups::new().per_page(1);
    let mut groups = place.student.stream(list);
    let mut seen = Vec::new();
    while let Some(group) = groups.try_next().await.unwrap() {
        if group.name == "B" {
            let leave = RemoveUser::new(group.id, UserRef::self_());
            place.student.send(leave).await.unwrap();
        }
        seen.push(group.name);
    }
    assert_eq!(seen, ["A", "B", "C", "Math Group 1"]);
}

#[tokio::test]
async fn a_damaged_bookmark_starts_anew_and_a_number_is_none() {
    let place = four_groups().await;
    let token = place.fake.token_of(place.ids.students[0]);
    let get = |page: &str| {
        let url = format!("{}/api/v1/users/self/groups", place.fake.url());
        let http = reqwest::Client::new().get(format!("{url}?per_page=2&page={page}"));
        http.bearer_auth(&token).header("user-agent", "tests")
    };
    let (links, first) = page(get("first")).await;
    assert_eq!(rels(&links), ["current", "next", "first"]);
    let next = links[1].1.split_once("page=").unwrap().1;
    let next = next.split_once('&').unwrap().0;
    let (links, second) = page(get(next)).await;
    assert_eq!(rels(&links), ["current", "first", "last"]);
    assert_eq!(links[0].1, links[2].1);
    assert_ne!(first, second);
    // No base64, no JSON, no key of this list.
    for damaged in ["1", "bookmark:!", "bookmark:eA", "bookmark:WzFd", "odd"] {
        let (links, ids) = page(get(damaged)).await;
        assert_eq!(ids, first, "{damaged}");
        assert!(links[0].1.contains("page=first"), "{damaged}: {links:?}");
    }
    let error = "Invalid page; please restart iteration and follow `next` links";
    let body = json!({ "status": "bad_request", "errors": [{ "page": error }] });
    assert_eq!(TestSchool::answer(get("2")).await, (400, body));
}

#[tokio::test]
async fn ids_are_text_on_demand_at_any_depth() {
    let place = TestSchool::new().await;
    let text = |path: &str| {
        let request = place.raw("GET", path);
        request.header("accept", "application/json+canvas-string-ids")
    };
    let group = place.ids.groups[0];
    let path = format!("groups/{group}?include[]=users&include[]=group_category");
    let (_, shown) = TestSchool::answer(text(&path)).await;
    assert_eq!(shown["id"], json!(group.to_string()));
    assert_eq!(shown["course_id"], json!(place.ids.course.to_string()));
    assert!(shown["users"][0]["id"].is_string());
    assert!(shown["group_category"]["id"].is_string());
    assert_eq!(shown["members_count"], 6);
    assert_eq!(shown["sis_import_id"], Value::Null);
    let (user, course) = (place.ids.students[0], place.ids.course);
    let path = format!("courses/{course}/bulk_user_tags?user_ids[]={user}");
    let (_, tags) = TestSchool::answer(text(&path)).await;
    assert_eq!(tags[user.to_string()], json!([place.ids.tags[0]]));
    let path = format!("groups/{group}/users?user_ids[]={user}");
    let removed = place.raw("DELETE", &path);
    let removed = removed.header("accept", "application/json+canvas-string-ids");
    let (_, removed) = TestSchool::answer(removed).await;
    assert_eq!(removed["deleted_user_ids"], json!([user.to_string()]));
}

#[tokio::test]
async fn a_key_with_scopes_cuts_what_may_be_included() {
    let place = TestSchool::new().await;
    let route = "url:GET|/api/v1/group_categories/:group_category_id/users";
    let token = place.fake.scoped_token_of(place.ids.admin, [route]);
    let canvas = canvas_groups::Canvas::new(place.fake.url(), token).unwrap();
    let list = ListCategoryUsers::new(place.ids.category).include([
        canvas_groups::users::UserInclude::Email,
        canvas_groups::users::UserInclude::Uuid,
    ]);
    let user = canvas.send(list).await.unwrap().items.remove(0);
    assert_eq!(user.email, None);
    assert!(user.uuid.is_some());
    let wrong = ListMyGroups::new();
    assert_eq!(refusal(canvas.send(wrong).await).0, 401);
}

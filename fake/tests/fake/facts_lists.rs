//! What Canvas fixes about lists: their order, their pages, and what is found in them.

use canvas_groups_fake::{NewUser, Role, School, SmallSchool};
use serde_json::{Value, json};

use crate::common::TestSchool;

/// The values under a key of the records in a list.
pub(crate) fn pluck<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap().iter();
    list.map(|record| record[key].as_str().unwrap()).collect()
}

fn ids(list: &Value) -> Vec<u64> {
    let list = list.as_array().unwrap().iter();
    list.map(|record| record["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn names_come_in_the_order_of_people() {
    for old in [false, true] {
        let mut sets = Vec::new();
        let place = TestSchool::of(old, |school, ids| {
            for (set, groups) in [
                ("11", ["11/44", "11/4.5", "11/4"]),
                ("1", ["1/11", "1/2", "1/1"]),
                ("2", ["éb", "Eb", "ea"]),
            ] {
                let set = school.add_category(ids.course, set);
                for group in groups {
                    school.add_group(set, group);
                    let group = *school.groups_in(set).last().unwrap();
                    school.add_member(group, ids.students[0]);
                }
                sets.push(set);
            }
        })
        .await;
        let (teacher, student) = (place.ids.teacher, place.ids.students[0]);
        let path = format!("courses/{}/groups?per_page=9", place.ids.course);
        let of_course = place.get(teacher, &path).await;
        let expected = [
            "1/1", "1/2", "1/11", "ea", "Eb", "éb", "11/4", "11/4.5", "11/44",
        ];
        assert_eq!(pluck(&of_course, "name"), expected);
        let of_set = format!("group_categories/{}/groups", sets[1]);
        let of_set = place.get(teacher, &of_set).await;
        assert_eq!(pluck(&of_set, "name"), ["1/1", "1/2", "1/11"]);
        let mine = place.get(student, "users/self/groups?per_page=100").await;
        assert!(mine.as_array().unwrap().len() >= 3);
    }
}

#[tokio::test]
async fn a_bookmark_keeps_to_the_order_of_the_list() {
    let seed = |school: &mut School, ids: &SmallSchool| {
        for name in ["team 10", "Team 2", "Émile", "emil", "team 1", "Zoë"] {
            let set = school.add_category(ids.course, name);
            let group = school.add_group(set, name).unwrap();
            school.add_member(group, ids.students[13]);
        }
    };
    let place = TestSchool::built(seed, |builder| builder.several_shards(true)).await;
    let token = place.fake.token_of(place.ids.students[13]);
    let mut url = format!("{}/api/v1/users/self/groups?per_page=1", place.fake.url());
    let mut names = Vec::new();
    loop {
        let answer = reqwest::Client::new().get(&url).bearer_auth(&token);
        let answer = answer.header("user-agent", "tests").send().await.unwrap();
        let links = answer.headers()["link"].to_str().unwrap().to_owned();
        let page: Value = answer.json().await.unwrap();
        names.extend(pluck(&page, "name").into_iter().map(str::to_owned));
        let next = links.split(',').find(|link| link.ends_with("rel=\"next\""));
        let Some(next) = next else { break };
        url = next[1..].split_once('>').unwrap().0.to_owned();
    }
    assert_eq!(
        names,
        ["emil", "Émile", "team 1", "Team 2", "team 10", "Zoë"]
    );
}

#[tokio::test]
async fn users_of_a_set_come_by_sortable_name() {
    let place = TestSchool::with(|school, ids| {
        for name in ["Ann Österlund", "Ann Oster", "Bo oster", "Cy Ostler"] {
            let user = school.add_user(name);
            school.enroll(ids.course, user, Role::Student);
        }
    })
    .await;
    let path = format!(
        "group_categories/{}/users?per_page=100&search_term=st",
        place.ids.category
    );
    let users = place.get(place.ids.teacher, &path).await;
    let names = pluck(&users, "sortable_name");
    let mut expected = names.clone();
    expected.retain(|name| name.to_lowercase().contains("st"));
    assert_eq!(names, expected);
    let osters: Vec<_> = names.iter().filter(|name| !name.contains("Ostl")).collect();
    let at = |name: &str| osters.iter().position(|other| ***other == *name);
    assert!(at("Oster, Ann") < at("oster, Bo"), "{names:?}");
    let root = place.fake.school(|school| school.root_account());
    let set = place
        .fake
        .school(|school| school.add_account_category(root, "All"));
    let path = format!("group_categories/{set}/users?per_page=100");
    let all = place.get(place.ids.admin, &path).await;
    let names = pluck(&all, "sortable_name");
    let key = |name: &&str| {
        let name = name
            .to_lowercase()
            .replace('ö', "o")
            .replace('é', "e")
            .replace('í', "i");
        name.replace(',', " ")
    };
    assert!(names.is_sorted_by_key(key), "{names:?}");
}

#[tokio::test]
async fn a_page_beyond_the_end_leads_on_for_ever_on_servers_of_old_alone() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let group = place.ids.groups[0];
        for path in [
            format!("groups/{group}/users"),
            format!("groups/{group}/memberships"),
            format!("group_categories/{}/users", place.ids.category),
            format!("courses/{}/groups", place.ids.course),
            "users/self/groups".to_owned(),
        ] {
            let request = place.raw("GET", &format!("{path}?per_page=50&page=9"));
            let answer = request.send().await.unwrap();
            let links = answer.headers()["link"].to_str().unwrap().to_owned();
            assert_eq!(answer.text().await.unwrap(), "[]", "{path}");
            let has = |rel: &str| links.contains(&format!("rel=\"{rel}\""));
            assert_eq!((has("next"), has("last")), (old, !old), "{links}");
            assert!(has("current") && has("prev") && has("first"), "{links}");
            if old {
                assert!(
                    links.contains("page=10&per_page=30>; rel=\"next\""),
                    "{links}"
                );
            }
        }
    }
}

#[tokio::test]
async fn links_have_a_budget_which_was_larger() {
    // How long the address is, and which relations are left.
    let cases = [
        (
            600,
            [
                "next,last,prev,current,first",
                "next,last,prev,current,first",
            ],
        ),
        (1_000, ["next,last,prev", "next,last,prev,current,first"]),
        (1_500, ["next,last", "next,last,prev"]),
        (2_900, ["next", "next,last"]),
        (4_000, ["", "next"]),
        (6_500, ["", ""]),
    ];
    for (length, expected) in cases {
        for (old, expected) in [false, true].into_iter().zip(expected) {
            let place = TestSchool::of(old, |_, _| ()).await;
            let path = format!("group_categories/{}/users", place.ids.category);
            let query = format!("per_page=5&page=2&odd={}", "x".repeat(length));
            let request = place.raw("GET", &format!("{path}?{query}"));
            let answer = request.send().await.unwrap();
            let links = answer.headers().get("link");
            let links = links.map_or("", |links| links.to_str().unwrap());
            let rels = ["next", "last", "prev", "current", "first"];
            let left = rels.map(|rel| links.contains(&format!("rel=\"{rel}\"")).then_some(rel));
            let left: Vec<_> = left.into_iter().flatten().collect();
            assert_eq!(left.join(","), expected, "{length}, old: {old}");
        }
    }
}

#[tokio::test]
async fn a_number_is_no_bookmark() {
    for old in [false, true] {
        let seed = |school: &mut School, ids: &SmallSchool| {
            school.add_member(ids.groups[2], ids.students[13]);
        };
        let set_up = |builder: canvas_groups_fake::FakeCanvasBuilder| {
            builder.several_shards(true).old_server(old)
        };
        let place = TestSchool::built(seed, set_up).await;
        let student = place.ids.students[13];
        let first = place.get(student, "users/self/groups").await;
        let path = "users/self/groups?page=2";
        let (status, body) = place.ask(student, "GET", path, Value::Null).await;
        match old {
            true => assert_eq!((status, body), (200, first)),
            false => assert_eq!((status, &body["status"]), (400, &json!("bad_request"))),
        }
    }
}

#[tokio::test]
async fn what_is_searched_depends_on_who_searches() {
    let mut found = None;
    let place = TestSchool::with(|school, ids| {
        let user = NewUser::new("Una Quist")
            .login("keeper9")
            .sis_user_id("SIS-77");
        let user = school.add_user(user.email("post@quist.example"));
        school.enroll(ids.course, user, Role::Student);
        school.add_member(ids.groups[0], user);
        found = Some(user);
    })
    .await;
    let (una, ids_) = (found.unwrap(), &place.ids);
    let lists = [
        format!("groups/{}/users", ids_.groups[0]),
        format!("group_categories/{}/users", ids_.category),
        format!("courses/{}/users", ids_.course),
    ];
    // Who finds her by what: a teacher and an administrator, and one who studies with her.
    let cases = [
        ("quist", true, true),
        ("Quist, Una", true, true),
        ("UNA Q", true, true),
        ("EEPER9", true, false),
        ("sis-7", true, false),
        ("post@", true, false),
        ("nobody", false, false),
    ];
    for list in lists {
        for (term, by_staff, by_student) in cases {
            for (user, expected) in [
                (ids_.teacher, by_staff),
                (ids_.admin, by_staff),
                (ids_.students[0], by_student),
            ] {
                let path = format!("{list}?search_term={}", term.replace(' ', "%20"));
                let users = place.get(user, &path).await;
                let found = ids(&users).contains(&una.get());
                assert_eq!(found, expected, "{list}: {term}");
            }
        }
        let by_id = place
            .get(ids_.students[0], &format!("{list}?search_term={una}"))
            .await;
        assert_eq!(ids(&by_id), [una.get()], "{list}");
        for short in ["q", "7"] {
            let path = format!("{list}?search_term={short}");
            let (status, body) = place.ask(ids_.teacher, "GET", &path, Value::Null).await;
            assert_eq!(status, 400, "{path}");
            let message = "2 or more characters is required";
            assert_eq!(body["errors"][0]["message"], message);
        }
    }
}

#[tokio::test]
async fn tags_are_apart_from_groups_on_servers_of_today() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let course = place.ids.course;
        let has = async |user, path: String| {
            let list = place.get(user, &path).await;
            let all = list.as_array().unwrap();
            all.iter()
                .any(|it| it["name"] == "Extra time" || it["name"] == "Accommodations")
        };
        let teacher = place.ids.teacher;
        let (groups, sets) = (
            format!("courses/{course}/groups?per_page=100"),
            format!("courses/{course}/group_categories?per_page=100"),
        );
        assert_eq!(has(teacher, groups.clone()).await, old);
        assert_eq!(
            has(place.ids.students[0], "users/self/groups".to_owned()).await,
            old
        );
        let asked = "&collaboration_state=non_collaborative";
        assert!(has(teacher, format!("{groups}{asked}")).await);
        assert!(has(teacher, format!("{sets}{asked}")).await);
        let odd = format!("{sets}&collaboration_state=odd");
        let (status, _) = place.ask(teacher, "GET", &odd, Value::Null).await;
        assert_eq!(status, if old { 200 } else { 400 });
    }
}

#[tokio::test]
async fn a_student_of_one_section_sees_what_could_be_joined() {
    // Who chooses the groups, and whether those of others are shown.
    let cases = [
        (Value::Null, false),
        (json!("restricted"), false),
        (json!("enabled"), true),
    ];
    for (signup, shown) in cases {
        let place = TestSchool::with(|school, ids| {
            school.limit_to_sections(ids.course, ids.students[10], true);
            for at in [0, 1] {
                // One group of the own section, and one of the other.
                let set = school.add_category(ids.course, format!("Set {at}"));
                let group = school.add_group(set, format!("Of section {at}")).unwrap();
                school.add_member(group, ids.students[at]);
                school.add_group(set, format!("Empty {at}"));
                // One that mixes both, in which the student is.
                let mixed = school.add_category(ids.course, format!("Mixed {at}"));
                let group = school.add_group(mixed, format!("Mixed {at}")).unwrap();
                for at in [0, 1].into_iter().chain([10].into_iter().take(1 - at)) {
                    school.add_member(group, ids.students[at]);
                }
            }
            // One of the own section, all of whose places are taken.
            let set = school.add_category(ids.course, "Full");
            let group = school.add_group(set, "Full").unwrap();
            school.set_max_membership(group, Some(1));
            school.add_member(group, ids.students[2]);
        })
        .await;
        let course = place.ids.course;
        let path = format!("courses/{course}/group_categories");
        let sets = place.get(place.ids.teacher, &path).await;
        for set in ids(&sets) {
            let change = json!({ "self_signup": signup });
            let path = format!("group_categories/{set}");
            place.ask(place.ids.teacher, "PUT", &path, change).await;
        }
        let path = format!("courses/{course}/groups?section_restricted=1&per_page=100");
        let list = place.get(place.ids.students[10], &path).await;
        let names = pluck(&list, "name");
        assert!(names.contains(&"Of section 0"), "{names:?}");
        assert!(names.contains(&"Empty 1"), "{names:?}");
        assert!(
            names.contains(&"Mixed 0"),
            "the student is in it: {names:?}"
        );
        assert!(names.contains(&"Full"), "{names:?}");
        for other in ["Of section 1", "Mixed 1"] {
            assert_eq!(names.contains(&other), shown, "{signup}: {names:?}");
        }
    }
}

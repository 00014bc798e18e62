//! Groups that are made with a set, and the students who are put into them.

use canvas_groups::{
    CategoryId, UserRef,
    categories::{
        CategoryInclude, CategorySettings, CreateCourseCategory, ListCategoryGroups, SelfSignup,
        SplitGroups, UpdateCategory,
    },
    memberships::CreateMembership,
};
use canvas_groups_fake::{FakeCanvas, Role, School};
use serde_json::json;

use crate::common::{TestSchool, fault, refusal};

#[tokio::test]
async fn groups_are_made_and_filled_by_the_table_of_counts() {
    let place = TestSchool::new().await;
    let course = place.ids.course;
    let made = async |request: CreateCourseCategory| {
        let category = place.teacher.send(request).await.unwrap();
        (
            category.groups_count.unwrap(),
            category.unassigned_users_count.unwrap(),
        )
    };
    let new = |name: &str| CreateCourseCategory::new(course, name);
    let signup = |name: &str| new(name).self_signup(SelfSignup::Enabled);
    assert_eq!(made(new("None")).await, (0, 14));
    assert_eq!(made(new("A").create_group_count(3)).await, (3, 0));
    let both = new("B").create_group_count(3).split_group_count(5);
    assert_eq!(made(both).await, (5, 0));
    let both = signup("C").create_group_count(3).split_group_count(5);
    assert_eq!(made(both).await, (3, 14));
    assert_eq!(made(signup("D").split_group_count(5)).await, (0, 14));
    let off = new("E")
        .create_group_count(3)
        .split_groups(SplitGroups::None);
    assert_eq!(made(off).await, (0, 14));
    let later = new("F").create_group_count(3).assign_async(true);
    assert_eq!(made(later).await, (3, 14));
    assert_eq!(made(signup("G").create_group_count(999)).await, (200, 14));
    let fours = new("H").create_group_member_count(4);
    assert_eq!(made(fours).await, (4, 14), "nobody is put into them");
    let limited = new("I").create_group_count(3).group_limit(2);
    assert_eq!(made(limited).await, (3, 8));

    let studies = new("Study Groups").create_group_count(3);
    let studies = place.teacher.send(studies).await.unwrap();
    let groups = ListCategoryGroups::new(studies.id);
    let groups = place.teacher.send(groups.clone()).await.unwrap().items;
    let groups: Vec<_> = groups
        .iter()
        .map(|group| (&*group.name, group.members_count.unwrap()))
        .collect();
    let expected = [
        ("Study Group 1", 5),
        ("Study Group 2", 5),
        ("Study Group 3", 4),
    ];
    assert_eq!(groups, expected);
    let more = UpdateCategory::of(&studies).create_group_count(2);
    let more = more.include([CategoryInclude::GroupsCount]);
    for count in [5, 7] {
        let answer = place.teacher.send(more.clone()).await.unwrap();
        assert_eq!(answer.groups_count, Some(count));
    }
    let path = format!("courses/{course}/group_categories");
    let number = json!({ "name": "J", "create_group_count": 2, "split_groups": 0 });
    let (_, number) = TestSchool::answer(place.raw("POST", &path).json(&number)).await;
    assert_eq!(number["groups_count"], 2);
    let root = place.fake.school(|school| school.root_account());
    let path = format!("accounts/{root}/group_categories");
    let account = json!({ "name": "K", "create_group_count": 2 });
    let (_, account) = TestSchool::answer(place.raw("POST", &path).json(&account)).await;
    assert_eq!(account["groups_count"], 0);
}

#[tokio::test]
async fn where_there_are_no_sections_nothing_is_mixed() {
    let (mut school, course, category) = School::generate(10);
    let student = school.students_in(course)[0];
    let (new, group) = (
        school.add_user("Una Unsigned"),
        school.groups_in(category)[0],
    );
    school.enroll(course, new, Role::Student);
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let settings = CategorySettings {
        self_signup: Some(SelfSignup::Restricted),
        auto_leader: None,
        group_limit: None,
    };
    let restrict = UpdateCategory::replace(category, settings);
    fake.client().send(&restrict).await.unwrap();
    let canvas = fake.client_of(new).unwrap();
    let join = CreateMembership::new(group, UserRef::self_());
    canvas.send(join).await.unwrap();
    // Somebody of a section has none in common with those of none.
    fake.school(|school| {
        assert!(school.members(group).contains(&new));
        let section = school.add_section(course, "Monday");
        school.put_in_section(section, student);
    });
    let error = fake.client().send(&restrict).await.unwrap_err();
    assert_eq!(
        error.details()[0].field.as_deref(),
        Some("restrict_self_signup")
    );
}

#[tokio::test]
async fn a_split_by_section_mixes_none() {
    let place = TestSchool::new().await;
    let new = |name: &str| CreateCourseCategory::new(place.ids.course, name).group_by_section(true);
    let counts = async |request: CreateCourseCategory| {
        let category = place.teacher.send(request).await.unwrap();
        (category.groups_count, category.unassigned_users_count)
    };
    // A split that cannot be leaves the groups empty.
    let one = new("One").create_group_count(1);
    assert_eq!(counts(one).await, (Some(1), Some(14)));
    let limited = new("Small").create_group_count(4).group_limit(5);
    assert_eq!(counts(limited).await, (Some(4), Some(14)));
    let category = new("Labs").create_group_count(4);
    let category = place.teacher.send(category).await.unwrap();
    assert_eq!(category.unassigned_users_count, Some(0));
    let groups = ListCategoryGroups::new(category.id);
    for group in place.teacher.send(groups).await.unwrap().items {
        let members = place.fake.school(|school| school.members(group.id));
        let section = |user| place.ids.students.iter().position(|s| s == user).unwrap() % 2;
        let sections: Vec<_> = members.iter().map(section).collect();
        assert!((3..=4).contains(&sections.len()), "{sections:?}");
        assert!(sections.windows(2).all(|two| two[0] == two[1]));
    }
    let more = UpdateCategory::of(&category).create_group_count(1);
    let more = more.group_by_section(true);
    place.teacher.send(more).await.unwrap();
    let groups = ListCategoryGroups::new(category.id);
    let groups = place.teacher.send(groups).await.unwrap().items;
    let empty = groups.iter().filter(|group| group.members_count == Some(0));
    assert_eq!((groups.len(), empty.count()), (5, 1));
    // No group mixes sections here, but one does in the other set.
    let restrict = |id: CategoryId| {
        let settings = CategorySettings {
            self_signup: Some(SelfSignup::Restricted),
            auto_leader: None,
            group_limit: None,
        };
        UpdateCategory::replace(id, settings)
    };
    place.teacher.send(restrict(category.id)).await.unwrap();
    assert_eq!(
        refusal(place.teacher.send(restrict(place.ids.category)).await),
        fault(
            "restrict_self_signup",
            "Can't restrict self-signup while a mixed-section group exists in the category"
        )
    );
}

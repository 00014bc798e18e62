//! The users of Commons and Studio, and how one finds their ids.

use canvas_groups::{
    ErrorKind,
    lor::{AddMember, CreateGroup, SearchUsers},
    studio,
};
use canvas_groups_fake::{FakeCanvas, FakeLor, FakeStudio, Institution};

#[tokio::test]
async fn administrators_and_managers_find_the_users_of_commons() {
    let (canvas, ids) = FakeCanvas::start().await.unwrap();
    let fake = FakeLor::start(&canvas).await.unwrap();
    let commons = fake.client();
    let ada = fake.add_user(ids.students[0]).unwrap();
    let manager = fake.add_user(ids.teacher).unwrap();
    let find = async |text: &str| {
        let found = commons
            .stream(SearchUsers::new(text))
            .try_collect::<Vec<_>>()
            .await;
        let found = found.unwrap().into_iter();
        found.map(|user| user.name.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(find("MORENO").await, ["Ada Moreno"]);
    assert_eq!(find("ada.moreno@").await, ["Ada Moreno"]);
    // Too short a text finds nobody, and neither does one for those who never opened Commons.
    assert_eq!(find("Ad").await.len(), 0);
    assert_eq!(find("Ben Okafor").await.len(), 0);
    let group = commons.send(CreateGroup::new("Algebra")).await.unwrap();
    let search = || SearchUsers::new("moreno");
    let of_manager = fake.client_of(&manager).unwrap();
    let refused = of_manager.send(search()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    let add = AddMember::new(&group.id, &manager).is_manager(true);
    commons.send(add).await.unwrap();
    let found = of_manager.send(search()).await.unwrap().items;
    assert_eq!(found[0].id, ada);
    commons
        .send(AddMember::new(&group.id, &found[0].id))
        .await
        .unwrap();
    let member = fake.client_of(&ada).unwrap();
    let refused = member.send(search()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn administrators_find_the_users_of_studio_by_role_and_address() {
    use studio::{GetUser, Role, SearchUsers};
    let (mut institution, ids) = Institution::small();
    for number in 0..60 {
        institution.add_user(format!("Student {number}"));
    }
    institution.set_role(ids.manager, Role::Teacher);
    let fake = FakeStudio::builder(institution).start().await.unwrap();
    let studio = fake.client();
    let find = async |search: SearchUsers| {
        let users = studio.stream(search).try_collect::<Vec<_>>().await.unwrap();
        users.into_iter().map(|user| user.id).collect::<Vec<_>>()
    };
    let by_address = SearchUsers::new().email("Max.Member@example.edu");
    assert_eq!(find(by_address).await, [ids.member]);
    assert_eq!(find(SearchUsers::new().email("max")).await, []);
    let teachers = SearchUsers::new().role(Role::Teacher);
    assert_eq!(find(teachers.clone()).await, [ids.manager]);
    assert_eq!(find(teachers.email("max.member@example.edu")).await, []);
    let before = fake.requests().len();
    assert_eq!(find(SearchUsers::new().role(Role::Student)).await.len(), 62);
    assert_eq!(fake.requests().len() - before, 4);
    assert_eq!(
        find(SearchUsers::new().role(Role::Student).per_page(50))
            .await
            .len(),
        62
    );
    let user = studio.send(GetUser::new(ids.outsider)).await.unwrap().user;
    assert_eq!((user.id, user.email), (ids.outsider, None));
    assert_eq!(user.role_names, Some(vec![Role::Student]));
    let none = studio.send(GetUser::new(studio::UserId::new(9_999)));
    assert_eq!(none.await.unwrap_err().kind(), ErrorKind::NotFound);
    let nothing = studio.send(SearchUsers::new()).await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::Invalid);
    let member = fake.client_of(ids.member).unwrap();
    let refused = member.send(GetUser::new(ids.member)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    let refused = member.send(SearchUsers::new().role(Role::Admin)).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Forbidden);
}

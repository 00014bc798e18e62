//! Lists of the files of a group.

use canvas_groups::{
    Canvas, ErrorKind,
    courses::SortOrder,
    files::{FileInclude, FileSort, ListGroupFiles, Source, UploadFile},
};

use crate::common::TestSchool;

async fn names(canvas: &Canvas, list: ListGroupFiles) -> Vec<String> {
    let files = canvas.stream(list).try_collect::<Vec<_>>().await.unwrap();
    files
        .into_iter()
        .filter_map(|file| file.display_name)
        .collect()
}

#[tokio::test]
async fn the_files_of_a_group_are_filtered_and_sorted() {
    let place = TestSchool::new().await;
    let group = place.ids.groups[0];
    let files = [
        ("plan.pdf", "1234"),
        ("us.png", "1"),
        ("them.png", "123"),
        ("Notes.txt", "12"),
    ];
    for (name, content) in files {
        let upload = UploadFile::new(group, name).parent_folder_path("/deep/er");
        place
            .student
            .upload(upload, Source::bytes(content))
            .await
            .unwrap();
    }
    let list = || ListGroupFiles::new(group);
    let found = async |list| names(&place.student, list).await;
    assert_eq!(
        found(list().per_page(3)).await,
        ["Notes.txt", "plan.pdf", "them.png", "us.png"]
    );
    assert_eq!(found(list().search_term("the")).await, ["them.png"]);
    assert_eq!(
        found(list().content_types(["image"])).await,
        ["them.png", "us.png"]
    );
    let both = ["image/png", "text/plain"];
    assert_eq!(
        found(list().content_types(both)).await,
        ["Notes.txt", "them.png", "us.png"]
    );
    let others = list().exclude_content_types(["image", "application/pdf"]);
    assert_eq!(found(others).await, ["Notes.txt"]);
    // Neither a part of a word nor a part of a type is one.
    assert_eq!(
        found(list().content_types(["ima", "image/p"])).await.len(),
        0
    );
    let by_size = list().sort(FileSort::Size).order(SortOrder::Desc);
    assert_eq!(
        found(by_size).await,
        ["plan.pdf", "them.png", "Notes.txt", "us.png"]
    );
    let newest = list().sort(FileSort::CreatedAt).order(SortOrder::Desc);
    assert_eq!(found(newest).await[0], "Notes.txt");
    let users = async |list: ListGroupFiles| {
        let files = place.student.send(list).await.unwrap().items;
        files.iter().filter(|file| file.user.is_some()).count()
    };
    assert_eq!(users(list()).await, 0);
    assert_eq!(users(list().include([FileInclude::User])).await, 4);
    assert_eq!(users(list().sort(FileSort::User)).await, 4);
    let short = place
        .student
        .send(list().search_term("x"))
        .await
        .unwrap_err();
    assert_eq!(short.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn the_files_of_a_group_are_for_its_members_and_those_who_manage_it() {
    let place = TestSchool::new().await;
    let list = || ListGroupFiles::new(place.ids.groups[1]);
    place.teacher.send(list()).await.unwrap();
    let member = place.fake.client_of(place.ids.students[6]).unwrap();
    member.send(list()).await.unwrap();
    let error = place.student.send(list()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

//! What happened in a group.

use canvas_groups::{
    ErrorKind,
    activity::{GetActivitySummary, ListActivity, StreamItemKind, StreamItemType},
};
use canvas_groups_fake::FakeCanvas;

#[tokio::test]
async fn members_see_what_happened_newest_first_and_what_they_have_read() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let (group, reader) = (ids.groups[0], ids.students[0]);
    fake.school(|school| {
        let plan = school.add_discussion(group, "Plan", "<p>When?</p>");
        school.mark_read(group, plan.unwrap(), reader);
        school.add_announcement(group, "Room 7", "<p>Moved.</p>");
    });
    let student = fake.client_of(reader).unwrap();
    let items = student.send(ListActivity::new(group)).await.unwrap().items;
    let told: Vec<_> = items
        .iter()
        .map(|item| (item.title.as_deref().unwrap(), item.read_state.unwrap()))
        .collect();
    assert_eq!(told, [("Room 7", false), ("Plan", true)]);
    assert!(items.iter().all(|item| item.group_id == Some(group)));
    assert!(matches!(
        items[0].kind,
        StreamItemKind::Announcement {
            announcement_id: Some(_),
            ..
        }
    ));
    let summary = student.send(GetActivitySummary::new(group)).await.unwrap();
    let told: Vec<_> = summary
        .iter()
        .map(|item| (item.item_type.clone(), item.count, item.unread_count))
        .collect();
    assert_eq!(
        told,
        [
            (Some(StreamItemType::Announcement), Some(1), Some(1)),
            (Some(StreamItemType::DiscussionTopic), Some(1), Some(0)),
        ]
    );
    let teacher = fake.client_of(ids.teacher).unwrap();
    let none = teacher.send(ListActivity::new(group)).await.unwrap();
    assert_eq!(none.items.len(), 0, "the stream is that of the members");
}

#[tokio::test]
async fn a_page_of_activity_holds_21() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let group = ids.groups[0];
    fake.school(|school| {
        for number in 0..22 {
            school.add_discussion(group, format!("Topic {number}"), "");
        }
    });
    let url = format!("{}/api/v1/groups/{group}/activity_stream", fake.url());
    let answer = reqwest::Client::new()
        .get(url)
        .bearer_auth(fake.token_of(ids.students[0]))
        .header("User-Agent", "test")
        .send();
    let answer = answer.await.unwrap();
    let link = answer.headers()["link"].to_str().unwrap().to_owned();
    assert!(link.contains("page=2&per_page=21>; rel=\"next\""), "{link}");
    let items: Vec<serde_json::Value> = answer.json().await.unwrap();
    assert_eq!(items.len(), 21);
}

#[tokio::test]
async fn the_activity_of_a_group_is_for_those_who_read_it() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let student = fake.client_of(ids.students[0]).unwrap();
    let other = student.send(ListActivity::new(ids.groups[1])).await;
    assert_eq!(other.unwrap_err().status().unwrap(), 403);
    let tag = student.send(GetActivitySummary::new(ids.tags[0])).await;
    let tag = tag.unwrap_err();
    assert_eq!(
        (tag.status().unwrap().as_u16(), tag.kind()),
        (401, ErrorKind::Forbidden)
    );
    let teacher = fake.client_of(ids.teacher).unwrap();
    teacher.send(ListActivity::new(ids.tags[0])).await.unwrap();
}

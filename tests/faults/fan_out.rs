//! Calls that nobody looks at for a while do not hold up those that are looked at.

use std::time::Duration;

use canvas_groups::{
    GroupId,
    groups::{GetGroup, UpdateGroup},
};
use futures::{StreamExt, stream};
use tokio::time::{sleep, timeout};

use crate::{
    calls::{GROUP, SOON},
    common::{
        client::builder,
        host::{Host, kept},
        play::Play,
    },
};

/// Answers with the group asked for, after a moment.
async fn slow() -> Host {
    Host::start(|request| {
        let path = request.split(' ').nth(1).unwrap();
        let id = path.rsplit('/').next().unwrap();
        vec![
            Play::Pause(Duration::from_millis(5)),
            kept("200 OK", &[], &format!("{{\"id\":{id}}}")),
        ]
    })
    .await
}

#[tokio::test]
async fn a_call_in_the_body_of_a_loop_over_buffered_calls_gets_its_turn() {
    let host = slow().await;
    for places in [1, 4, 12] {
        let canvas = builder(&host.address()).max_in_flight(places);
        let canvas = canvas.build().unwrap();
        let all = async {
            let mut reads = stream::iter(1..=16)
                .map(|id| canvas.send(GetGroup::new(GroupId::new(id))))
                .buffer_unordered(16);
            let mut seen = Vec::new();
            while let Some(group) = reads.next().await {
                let id = group.unwrap().id;
                let update = UpdateGroup::new(id).name("seen");
                assert_eq!(canvas.send(update).await.unwrap().id, id);
                seen.push(id.get());
            }
            seen.sort_unstable();
            seen
        };
        let seen = timeout(SOON, all).await.expect("it ends");
        assert_eq!(seen, (1..=16).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_call_in_the_other_arm_of_a_select_gets_its_turn() {
    let host = slow().await;
    let canvas = builder(&host.address()).max_in_flight(1).build().unwrap();
    let all = async {
        let mut pinned = Box::pin(canvas.send(GetGroup::new(GROUP)));
        let mut turns = 0;
        let group = loop {
            tokio::select! {
                biased;
                group = &mut pinned => break group.unwrap(),
                () = sleep(Duration::from_millis(1)) => {
                    turns += 1;
                    let other = GroupId::new(8);
                    assert_eq!(canvas.send(GetGroup::new(other)).await.unwrap().id, other);
                }
            }
        };
        (group.id, turns)
    };
    let (id, turns) = timeout(SOON, all).await.expect("it ends");
    assert_eq!(id, GROUP);
    assert!(turns > 0, "the other arm ran");
}

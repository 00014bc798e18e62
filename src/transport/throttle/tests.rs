//! The gate, with a clock that stands still unless there is nothing else to do.

use futures::{FutureExt, StreamExt, poll, stream::FuturesUnordered};

use super::*;

const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_call_that_is_given_up_before_it_was_sent_teaches_nothing() {
    let gate = Gate::new(8);
    let ticket = gate.ticket();
    let mut permit = ticket.admit(LONG).await.unwrap();
    assert!(matches!(permit.feedback, Feedback::Nothing));
    permit.sends();
    assert!(matches!(permit.feedback, Feedback::GivenUp));
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_the_wait_of_calls_whose_patience_is_over() {
    let gate = Gate::new(8);
    let tickets: Vec<_> = (0..3).map(|_| gate.ticket()).collect();
    let refused = tickets[0].admit(LONG).await.unwrap();
    refused.leave(Feedback::Refused(None, Duration::from_secs(9)));
    let before = Instant::now();
    let max_pause_wait = Duration::from_secs(4);
    assert!(tickets[1].admit(max_pause_wait).await.is_err());
    assert_eq!(before.elapsed().as_secs(), 4);
    assert!(tickets[2].admit(LONG).await.is_ok());
    assert_eq!(before.elapsed().as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_long_queue_alone_ends_no_wait() {
    let gate = Gate::new(1);
    let tickets: Vec<_> = (0..2).map(|_| gate.ticket()).collect();
    let held = tickets[0].admit(LONG).await.unwrap();
    let mut waiting = Box::pin(tickets[1].admit(Duration::ZERO));
    let limit = Duration::from_secs(60);
    assert!(tokio::time::timeout(limit, &mut waiting).await.is_err());
    drop(held);
    assert!(waiting.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_short_pause_after_a_long_queue_ends_no_wait() {
    let gate = Gate::new(1);
    let tickets: Vec<_> = (0..3).map(|_| gate.ticket()).collect();
    let held = tickets[0].admit(LONG).await.unwrap();
    let max_pause_wait = Duration::from_secs(30);
    let through = async |ticket: &QueueTicket<'_>| {
        let permit = ticket.admit(max_pause_wait).await?;
        permit.leave(Feedback::answered(&QuotaHeaders::default(), true));
        Ok::<_, Paused>(())
    };
    let refusal = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        held.leave(Feedback::Refused(None, Duration::from_secs(2)));
    };
    let (second, third, ()) = tokio::join!(through(&tickets[1]), through(&tickets[2]), refusal);
    assert!(second.is_ok() && third.is_ok());
}

#[tokio::test(start_paused = true)]
async fn calls_are_admitted_in_the_order_in_which_they_came() {
    let gate = Gate::new(1);
    let tickets: Vec<_> = (0..3).map(|_| gate.ticket()).collect();
    let first = tickets[0].admit(LONG).await.unwrap();
    let (mut second, mut third) = (tickets[1].admit(LONG), tickets[2].admit(LONG));
    assert!(poll!(&mut third).is_pending() && poll!(&mut second).is_pending());
    drop(first);
    assert!(poll!(&mut third).is_pending());
    let second = second.await.unwrap();
    // A repetition of the first call comes before the third call.
    let mut again = tickets[0].admit(LONG);
    assert!(poll!(&mut again).is_pending());
    drop(second);
    assert!(poll!(&mut third).is_pending());
    assert!(again.now_or_never().is_some());
    assert!(third.now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_given_up_frees_its_place() {
    let gate = Gate::new(1);
    let (a, b, c) = (gate.ticket(), gate.ticket(), gate.ticket());
    let held = a.admit(LONG).await.unwrap();
    let mut given_up = b.admit(LONG);
    let mut waiting = Box::pin(c.admit(LONG));
    assert!(poll!(&mut given_up).is_pending() && poll!(&mut waiting).is_pending());
    drop(given_up);
    drop(held);
    drop(waiting.await);
    assert_eq!(gate.state().waiting.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_given_up_when_its_turn_comes_hands_the_turn_on() {
    let gate = Gate::new(1);
    let (a, b, c) = (gate.ticket(), gate.ticket(), gate.ticket());
    let held = a.admit(LONG).await.unwrap();
    let mut given_up = b.admit(LONG);
    // Polls what is in it only when that was woken.
    let mut waiting = FuturesUnordered::from_iter([c.admit(LONG)]);
    assert!(poll!(&mut given_up).is_pending() && poll!(waiting.next()).is_pending());
    let before = Instant::now();
    drop(held);
    drop(given_up);
    assert!(waiting.next().await.unwrap().is_ok());
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_pauses_all_calls_and_lets_one_probe() {
    let gate = Gate::new(8);
    let tickets: Vec<_> = (0..4).map(|_| gate.ticket()).collect();
    let refused = tickets[0].admit(LONG).await.unwrap();
    refused.leave(Feedback::Refused(None, Duration::from_secs(2)));
    let before = Instant::now();
    let mut others = [tickets[1].admit(LONG), tickets[2].admit(LONG)];
    for other in &mut others {
        assert!(poll!(other).is_pending());
    }
    let probe = tickets[0].admit(LONG).await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 2);
    for other in &mut others {
        assert!(poll!(other).is_pending());
    }
    probe.leave(Feedback::answered(&QuotaHeaders::default(), true));
    for other in others {
        assert!(other.now_or_never().is_some());
    }
}

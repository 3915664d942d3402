//! Tests of the room with real deployments: places go to who waits, nobody keeps one who is gone, and what is refused is
//! refused for the right reason.

use super::*;
use crate::health::{Board, Entry, NotNow, Visit};
use crate::route::tests::provider;
use gw_model::routing::HealthPolicy;
use gw_model::snapshot::Target;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

const NOW: i64 = 1_000_000_000;

fn deployment(board: &Board, model: &str) -> Arc<Deployment> {
    board.deployment(&Target::plain(&provider("p"), model, Arc::default()))
}

fn visit(deployment: &Arc<Deployment>, most: u32) -> Result<Visit, NotNow> {
    let entry = Entry { slot: None, most: Some(most), tokens: 0, is_forced: false };
    Visit::begin(deployment, entry, NOW)
}

struct Asking {
    model: Arc<str>,
    queue: QueuePolicy,
    left_us: u64,
}

impl Asking {
    fn new() -> Self {
        Self { model: "m".into(), queue: QueuePolicy::default(), left_us: u64::MAX }
    }

    fn enter(
        &self,
        deployments: &[&Arc<Deployment>],
        most: u32,
        priority: Priority,
    ) -> Result<Waiting, Shed> {
        let deployments: SmallVec<[(Arc<Deployment>, u32); 4]> =
            deployments.iter().map(|deployment| (Arc::clone(deployment), most)).collect();
        let room = Arc::clone(deployments[0].0.room());
        room.enter(&Ask {
            model: &self.model,
            queue: self.queue,
            priority,
            key: KeyId(1),
            deployments,
            left_us: self.left_us,
        })
    }
}

fn told(waiting: &mut Waiting) -> Option<Turn> {
    let mut turn = std::pin::pin!(waiting.turn());
    match turn.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(turn) => Some(turn),
        Poll::Pending => None,
    }
}

fn slot(turn: Option<Turn>) -> Slot {
    match turn {
        Some(Turn::Yours(slot)) => slot,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_place_that_becomes_free_goes_to_who_waits_and_not_to_who_comes() {
    let board = Board::default();
    let (one, asking) = (deployment(&board, "one"), Asking::new());
    let first = visit(&one, 1).unwrap();
    assert_eq!(visit(&one, 1).unwrap_err(), NotNow::Full);
    let mut waiting = asking.enter(&[&one], 1, Priority::Normal).unwrap();
    assert!(told(&mut waiting).is_none());
    drop(first);
    assert_eq!(visit(&one, 1).unwrap_err(), NotNow::Full, "it is taken already");
    let slot = slot(told(&mut waiting));
    assert!(slot.is_at(&one));
    assert_eq!(one.in_flight(), 1);
    let entry = Entry { slot: Some(slot), most: Some(1), tokens: 0, is_forced: true };
    let visit = Visit::begin(&one, entry, NOW).unwrap();
    assert_eq!(one.in_flight(), 1);
    drop((visit, waiting));
    assert_eq!(one.in_flight(), 0);
    assert!(board.waiting().is_empty());
}

#[test]
fn who_is_gone_gives_the_place_to_the_next() {
    let board = Board::default();
    let (one, asking) = (deployment(&board, "one"), Asking::new());
    let busy = visit(&one, 1).unwrap();
    let gone = asking.enter(&[&one], 1, Priority::High).unwrap();
    let told_and_gone = asking.enter(&[&one], 1, Priority::Normal).unwrap();
    let mut last = asking.enter(&[&one], 1, Priority::Low).unwrap();
    drop(gone);
    assert_eq!(board.waiting(), [("m".into(), 2)]);
    drop(busy);
    assert!(told(&mut last).is_none(), "the other is next");
    drop(told_and_gone);
    drop(slot(told(&mut last)));
    drop(last);
    assert_eq!(one.in_flight(), 0);
    visit(&one, 1).unwrap();
}

#[test]
fn any_of_several_deployments_will_do() {
    let board = Board::default();
    let (one, two, asking) = (deployment(&board, "one"), deployment(&board, "two"), Asking::new());
    let (_busy, free_soon) = (visit(&one, 1).unwrap(), visit(&two, 1).unwrap());
    let mut waiting = asking.enter(&[&one, &two], 1, Priority::Normal).unwrap();
    drop(free_soon);
    assert!(slot(told(&mut waiting)).is_at(&two));
    assert_eq!((one.in_flight(), two.in_flight()), (1, 0), "the place was given back at once");
}

#[test]
fn aliases_that_allow_more_are_not_held_up() {
    let board = Board::default();
    let (one, asking) = (deployment(&board, "one"), Asking::new());
    let _busy = visit(&one, 1).unwrap();
    let mut small = asking.enter(&[&one], 1, Priority::High).unwrap();
    let mut large = asking.enter(&[&one], 2, Priority::Low).unwrap();
    assert!(told(&mut small).is_none());
    let _slot = slot(told(&mut large));
    assert_eq!(one.in_flight(), 2);
}

#[test]
fn refusals_have_their_reasons() {
    let board = Board::default();
    let one = deployment(&board, "one");
    let busy = visit(&one, 1).unwrap();
    let reason = |asking: &Asking, priority| asking.enter(&[&one], 1, priority).map(drop).unwrap_err();
    let queue = QueuePolicy { max_waiting: 1, max_wait_ms: 5_000 };
    let asking = Asking { queue, ..Asking::new() };
    let mut first = asking.enter(&[&one], 1, Priority::Normal).unwrap();
    assert_eq!(reason(&asking, Priority::Normal).reason, ShedReason::QueueFull);
    let mut high = asking.enter(&[&one], 1, Priority::High).unwrap();
    assert!(matches!(told(&mut first), Some(Turn::GiveWay)));
    drop(busy);
    drop(slot(told(&mut high)));
    drop(high);
    // A call takes four seconds here.
    let entry = Entry { slot: None, most: Some(1), tokens: 0, is_forced: false };
    let slow = Visit::begin(&one, entry, NOW).unwrap();
    slow.good(0, &HealthPolicy::default(), NOW + 4_000_000);
    let _busy = visit(&one, 1).unwrap();
    let hurried = Asking { left_us: 3_900_000, ..Asking::new() };
    let shed = reason(&hurried, Priority::Normal);
    assert_eq!((shed.reason, shed.retry_after_seconds), (ShedReason::Deadline, 4));
    let _first = Asking { left_us: 4_100_000, ..Asking::new() }.enter(&[&one], 1, Priority::Normal).unwrap();
    let shed = reason(&Asking::new(), Priority::Normal);
    assert_eq!((shed.reason, shed.retry_after_seconds), (ShedReason::WouldWaitTooLong, 8));
    let before = Asking::new().enter(&[&one], 1, Priority::High);
    assert!(before.is_ok(), "nobody stands before it");
}

#[test]
fn there_are_never_more_than_may_be_and_no_place_is_lost() {
    const MOST: u32 = 3;
    let board = Board::default();
    let (one, two) = (deployment(&board, "one"), deployment(&board, "two"));
    let worst = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (one, two, worst) = (&one, &two, &worst);
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(seed);
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                let asking =
                    Asking { queue: QueuePolicy { max_waiting: 5, max_wait_ms: 2_000 }, ..Asking::new() };
                let mut kept = Vec::new();
                for _ in 0..3_000 {
                    let targets = [one, two];
                    let at = targets[rng.usize(..2)];
                    match visit(at, MOST) {
                        Ok(visit) => kept.push(visit),
                        Err(_) => {
                            let priority = Priority::ALL[rng.usize(..3)];
                            kept.clear();
                            let Ok(mut waiting) = asking.enter(&targets, MOST, priority) else { continue };
                            let limit = std::time::Duration::from_micros(rng.u64(..50));
                            let told =
                                runtime.block_on(async { tokio::time::timeout(limit, waiting.turn()).await });
                            worst.fetch_max(one.in_flight().max(two.in_flight()), Ordering::Relaxed);
                            drop(told);
                        }
                    }
                    if rng.u32(..3) == 0 {
                        kept.clear();
                    }
                }
            });
        }
    });
    assert!(worst.into_inner() <= MOST);
    assert_eq!((one.in_flight(), two.in_flight()), (0, 0));
    assert!(board.waiting().is_empty());
    assert_eq!((one.note_waiting(true), two.note_waiting(true)), (1, 1), "nobody is thought to wait");
}

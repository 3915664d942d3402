//! Tests of [`super`].
use super::*;
use gw_model::{AttemptId, NanoUsd, RequestId, WireFormat};
use gw_store::journal::{Intent, JournalSettings};
use std::task::Waker;

fn take(journal: &RefCell<Journal>) -> Taken {
    let intent = Intent {
        attempt: AttemptId { request: RequestId(1), attempt: 0 },
        time: 0,
        key: None,
        team_id: None,
        hold: NanoUsd::ZERO,
        format: WireFormat::OpenAiChat,
        model: "m",
        provider: "p",
        upstream_model: "u",
        stream: false,
        input_tokens: 1,
        parent: None,
        accounts: &[],
    };
    journal.borrow_mut().take_intent(&intent, true).unwrap()
}

fn with_journal(test: impl FnOnce(&RefCell<Journal>, &Company)) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), 0, &JournalSettings::default()).unwrap();
    test(&RefCell::new(journal), &Company::default());
}

fn poll(writing: &mut Writing<'_>) -> Poll<()> {
    Pin::new(writing).poll(&mut Context::from_waker(Waker::noop())).map(|written| written.unwrap())
}

fn writes(journal: &RefCell<Journal>) -> (u64, usize) {
    let journal = journal.borrow();
    (journal.writes(), journal.waiting())
}

#[test]
fn calls_that_wait_together_share_a_write() {
    with_journal(|journal, company| {
        let mut all: Vec<_> = (0..5).map(|_| Writing::new(journal, company, take(journal))).collect();
        for writing in &mut all {
            assert_eq!(poll(writing), Poll::Pending);
        }
        assert_eq!(writes(journal), (0, 5));
        for writing in &mut all {
            assert_eq!(poll(writing), Poll::Ready(()));
            assert_eq!(writes(journal), (1, 0));
        }
    });
}

#[test]
fn a_call_that_found_no_others_does_not_let_any_go_first_for_a_while() {
    with_journal(|journal, company| {
        let mut pauses = 0;
        for _ in 0..2 * (usize::from(ALONE) + 1) {
            let mut writing = Writing::new(journal, company, take(journal));
            if poll(&mut writing).is_pending() {
                pauses += 1;
                assert_eq!(poll(&mut writing), Poll::Ready(()));
            }
        }
        assert_eq!((pauses, writes(journal).1), (2, 0));
    });
}

#[test]
fn an_entry_is_written_though_its_call_is_given_up() {
    with_journal(|journal, company| {
        let mut writing = Writing::new(journal, company, take(journal));
        assert_eq!(poll(&mut writing), Poll::Pending);
        drop(writing);
        assert_eq!(writes(journal), (1, 0));
    });
}

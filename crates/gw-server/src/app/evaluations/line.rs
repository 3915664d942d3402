//! Who of an evaluation's calls holds some of its purse, and who waits for that: an answer that is paid for is judged before
//! another one is bought. For the one thread that runs evaluations.

use std::cell::Cell;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Line {
    under_way: Cell<usize>,
    waiting: Cell<usize>,
    given_back: Notify,
}

impl Line {
    /// Somebody begins; over when what this gives is dropped.
    pub(super) fn join(&self) -> Place<'_> {
        self.under_way.set(self.under_way.get() + 1);
        Place(self)
    }

    /// Does somebody wait? Then nobody else is to begin.
    pub(super) fn is_waited_in(&self) -> bool {
        self.waiting.get() > 0
    }

    /// Does anybody but whoever asks, and those that wait, hold something?
    pub(super) fn holds_more(&self) -> bool {
        self.under_way.get() > self.waiting.get() + 1
    }

    /// What [`Self::wait`] waits for, from now on.
    pub(super) fn given_back(&self) -> Notified<'_> {
        self.given_back.notified()
    }

    /// Waits until somebody else is through.
    pub(super) async fn wait(&self, given_back: Notified<'_>) {
        let _waiting = Waiting::new(self);
        given_back.await;
    }
}

/// A call that is under way.
pub(super) struct Place<'l>(&'l Line);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
        self.0.given_back.notify_waiters();
    }
}

struct Waiting<'l>(&'l Line);

impl<'l> Waiting<'l> {
    fn new(line: &'l Line) -> Self {
        line.waiting.set(line.waiting.get() + 1);
        Self(line)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::Line;
    use std::pin::{Pin, pin};
    use std::task::{Context, Waker};

    fn is_over(waiting: Pin<&mut impl Future<Output = ()>>) -> bool {
        waiting.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn who_waits_is_told_when_another_is_through_and_nobody_waits_for_those_who_wait() {
        let line = Line::default();
        let (one, two) = (line.join(), line.join());
        assert!(line.holds_more() && !line.is_waited_in());
        let mut waiting = pin!(line.wait(line.given_back()));
        assert!(!is_over(waiting.as_mut()));
        assert!(line.is_waited_in());
        assert!(!line.holds_more(), "the other one is the only one that does not wait");
        drop(two);
        assert!(is_over(waiting.as_mut()));
        assert!(!line.is_waited_in() && !line.holds_more());
        drop(one);
    }

    #[test]
    fn what_was_given_back_before_the_wait_began_is_not_missed() {
        let line = Line::default();
        let (_one, two) = (line.join(), line.join());
        let since = line.given_back();
        drop(two);
        let mut waiting = pin!(line.wait(since));
        assert!(is_over(waiting.as_mut()));
    }
}

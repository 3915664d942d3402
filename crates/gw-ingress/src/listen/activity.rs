//! What one connection is doing, as its service sees it, told to its socket and its timers; and what is to become of
//! it afterwards. One thread, no locks.

use gw_pipeline::{Reply, ReplyBody, Session};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    started: Cell<bool>,
    under_way: Cell<usize>,
    unflushed: Cell<bool>,
    session: RefCell<Option<Box<Session>>>,
}

/// A request under way, until its answer has been handed over or given up.
#[derive(Debug)]
pub(crate) struct UnderWay(Rc<Activity>);

impl Activity {
    /// A request has come.
    pub(crate) fn begin(self: &Rc<Self>) -> UnderWay {
        self.started.set(true);
        self.unflushed.set(true);
        self.under_way.set(self.under_way.get() + 1);
        UnderWay(Rc::clone(self))
    }

    /// Takes the session out of a reply: it begins when the reply's head is written.
    pub(crate) fn keep_session(&self, reply: Reply) -> Reply {
        if !matches!(reply.body(), ReplyBody::Session(_)) {
            return reply;
        }
        let (head, body) = reply.into_parts();
        let body = match body {
            ReplyBody::Session(session) => {
                *self.session.borrow_mut() = Some(session);
                ReplyBody::whole("")
            }
            body => body,
        };
        Reply::from_parts(head, body)
    }

    /// The session that the connection is to be given to.
    pub(crate) fn take_session(&self) -> Option<Box<Session>> {
        self.session.borrow_mut().take()
    }

    /// Has there ever been a request?
    pub(crate) const fn has_started(&self) -> bool {
        self.started.get()
    }

    /// All that was handed over has been written.
    pub(crate) fn note_flush(&self) {
        if self.under_way.get() == 0 {
            self.unflushed.set(false);
        }
    }

    /// May what is written next belong to an answer?
    pub(crate) const fn may_be_answering(&self) -> bool {
        self.unflushed.get()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let left = self.0.under_way.get().saturating_sub(1);
        self.0.under_way.set(left);
    }
}

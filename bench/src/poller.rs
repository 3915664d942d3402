//! A thin front of epoll, level-triggered, with timeouts finer than a millisecond (paced streams
//! need them). Shared by mock and load generator; it knows nothing of HTTP.

use crate::error::BenchError;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// One socket that can be worked on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    /// The number given when the socket was added.
    pub(crate) token: u64,
    /// It can be read (or has ended or failed, which reading will tell).
    pub(crate) readable: bool,
    /// It can be written.
    pub(crate) writable: bool,
}

/// An epoll instance.
pub(crate) struct Poller {
    epoll: OwnedFd,
    events: std::cell::RefCell<Vec<epoll::Event>>,
}

const BATCH: usize = 512;

impl Poller {
    pub(crate) fn new() -> Result<Self, BenchError> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)
            .map_err(|source| BenchError::Machine { operation: "epoll_create", source })?;
        Ok(Self { epoll, events: std::cell::RefCell::new(Vec::with_capacity(BATCH)) })
    }

    /// Watches a socket for reading. It leaves the set when it is closed.
    pub(crate) fn add(&self, socket: impl AsFd, token: u64) -> Result<(), BenchError> {
        epoll::add(&self.epoll, socket, EventData::new_u64(token), EventFlags::IN | EventFlags::RDHUP)
            .map_err(|source| BenchError::Machine { operation: "epoll_add", source })
    }

    /// Switches watching for writing on or off.
    pub(crate) fn set_writable(&self, socket: impl AsFd, token: u64, on: bool) -> Result<(), BenchError> {
        let mut flags = EventFlags::IN | EventFlags::RDHUP;
        flags.set(EventFlags::OUT, on);
        epoll::modify(&self.epoll, socket, EventData::new_u64(token), flags)
            .map_err(|source| BenchError::Machine { operation: "epoll_modify", source })
    }

    /// Waits until a socket is ready or `timeout` is over; `None` waits without end.
    pub(crate) fn wait(&self, ready: &mut Vec<Ready>, timeout: Option<Duration>) -> Result<(), BenchError> {
        let timeout = timeout.map(|timeout| Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(timeout.subsec_nanos()),
        });
        let mut events = self.events.borrow_mut();
        events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut *events), timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Err(source) => return Err(BenchError::Machine { operation: "epoll_wait", source }),
        }
        ready.extend(events.iter().map(|event| {
            // The event is a packed struct: copy the fields before use.
            let (flags, data) = (event.flags, event.data);
            Ready {
                token: data.u64(),
                readable: flags
                    .intersects(EventFlags::IN | EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR),
                writable: flags.contains(EventFlags::OUT),
            }
        }));
        Ok(())
    }
}

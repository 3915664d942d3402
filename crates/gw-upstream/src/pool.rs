//! Connections of one worker by destination: idle HTTP/1.1 ones, newest first, and HTTP/2 ones in use.
//! Only holds them; it never connects.

use crate::config::UpstreamConfig;
use crate::deadline::now;
use crate::h1;
use crate::h2;
use ahash::AHashMap;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use tokio::sync::Mutex;

/// What is known of one destination.
#[derive(Default)]
struct Host {
    /// Oldest first.
    idle: VecDeque<Box<h1::Conn>>,
    http2: Vec<Rc<h2::Conn>>,
    /// The last connection negotiated HTTP/1.1: connecting need not wait for another.
    speaks_http1: bool,
    gate: Rc<Mutex<()>>,
}

/// The pool of a worker.
pub(crate) struct Pool {
    max_idle_per_host: usize,
    hosts: RefCell<AHashMap<u64, Host>>,
    idle: Cell<usize>,
}

impl Pool {
    pub(crate) fn new(config: &UpstreamConfig) -> Self {
        Self { max_idle_per_host: config.max_idle_per_host, hosts: RefCell::default(), idle: Cell::new(0) }
    }

    /// Idle HTTP/1.1 connections.
    pub(crate) fn idle(&self) -> usize {
        self.idle.get()
    }

    /// The idle connection used last that is still good. Dead ones found on the way are closed.
    pub(crate) fn checkout(&self, id: u64) -> Option<Box<h1::Conn>> {
        let mut hosts = self.hosts.borrow_mut();
        let host = hosts.get_mut(&id)?;
        let now = now();
        while let Some(mut conn) = host.idle.pop_back() {
            self.idle.set(self.idle.get().saturating_sub(1));
            if now < conn.expires && conn.transport.is_quiet() {
                return Some(conn);
            }
        }
        None
    }

    /// Keeps a connection. The oldest one goes when there are too many.
    pub(crate) fn put(&self, id: u64, conn: Box<h1::Conn>) {
        if self.max_idle_per_host == 0 {
            return;
        }
        let mut hosts = self.hosts.borrow_mut();
        let host = hosts.entry(id).or_default();
        if host.idle.len() < self.max_idle_per_host {
            self.idle.set(self.idle.get() + 1);
        } else {
            host.idle.pop_front();
        }
        host.idle.push_back(conn);
    }

    /// Closes one idle connection, of any destination. False when there is none.
    pub(crate) fn evict_one(&self) -> bool {
        let mut hosts = self.hosts.borrow_mut();
        let oldest = hosts.values_mut().filter(|h| !h.idle.is_empty()).min_by_key(|h| h.idle[0].expires);
        let found = oldest.and_then(|h| h.idle.pop_front()).is_some();
        if found {
            self.idle.set(self.idle.get().saturating_sub(1));
        }
        found
    }

    /// An HTTP/2 connection with room for one more stream.
    pub(crate) fn http2(&self, id: u64, max_streams: usize) -> Option<h2::StreamSlot> {
        let hosts = self.hosts.borrow();
        hosts.get(&id)?.http2.iter().find_map(|conn| h2::Conn::enter(conn, max_streams))
    }

    /// Notes what a new connection speaks, and keeps it when streams can share it.
    pub(crate) fn learn(&self, id: u64, shared: Option<&Rc<h2::Conn>>) {
        let mut hosts = self.hosts.borrow_mut();
        let host = hosts.entry(id).or_default();
        host.speaks_http1 = shared.is_none();
        host.http2.retain(|c| c.is_usable());
        host.http2.extend(shared.cloned());
    }

    /// What to hold while connecting, when the outcome may serve others too.
    pub(crate) fn gate(&self, id: u64) -> Option<Rc<Mutex<()>>> {
        let mut hosts = self.hosts.borrow_mut();
        let host = hosts.entry(id).or_default();
        (!host.speaks_http1).then(|| Rc::clone(&host.gate))
    }

    /// Closes what is expired or dead.
    pub(crate) fn sweep(&self) {
        let now = now();
        let mut idle = 0;
        self.hosts.borrow_mut().retain(|_, host| {
            host.idle.retain_mut(|conn| now < conn.expires && conn.transport.is_quiet());
            host.http2.retain(|conn| conn.is_usable() && !conn.is_idle_since(now));
            idle += host.idle.len();
            !host.idle.is_empty() || !host.http2.is_empty() || Rc::strong_count(&host.gate) > 1
        });
        self.idle.set(idle);
    }

    /// Lets go of everything. HTTP/2 connections end with their last stream.
    pub(crate) fn clear(&self) {
        self.hosts.borrow_mut().clear();
        self.idle.set(0);
    }
}

//! A worker thread: a current-thread runtime of its own, with its own upstream connections and journal.
//! Nothing of a request moves between threads.

use super::acceptor::Door;
use super::connection;
use crate::control::{Join, Joined};
use crate::site::{Site, SiteParts};
use gw_pipeline::{Gateway, Worker, keep_routes, keep_trials, watch_lag};
use gw_store::journal::Journal;
use gw_upstream::{Upstream, UpstreamConfig};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use tokio::sync::mpsc;
use tokio::sync::watch;

/// Connections handed to a worker and not yet taken up.
const QUEUE: usize = 4096;

/// A connection on its way to a worker.
pub(crate) struct Handed {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) door: Door,
}

/// The acceptor's view of a worker.
pub struct WorkerHandle {
    queue: mpsc::Sender<Handed>,
    open: Arc<AtomicUsize>,
}

impl WorkerHandle {
    /// Connections that the worker has.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Gives it one more, or gives it back when the worker cannot take it.
    pub(crate) fn hand(&self, handed: Handed) -> Result<(), Handed> {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(handed).map_err(|error| {
            self.open.fetch_sub(1, Ordering::Relaxed);
            error.into_inner()
        })
    }
}

/// Counts a connection out when it is dropped.
pub(crate) struct OpenGuard(Arc<AtomicUsize>);

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How far the process's end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Serving.
    Running,
    /// Finishing what runs; connections close when idle.
    Draining,
    /// The grace is over: sessions say goodbye.
    Leaving,
    /// Whatever still runs is dropped now.
    Ending,
}

/// Starts a worker thread, which `join` makes part of the control plane. Errors: the system refuses a runtime, a thread or
/// randomness.
pub fn start(
    index: u16,
    gateway: Arc<Gateway>,
    journal: Journal,
    parts: SiteParts,
    join: Join,
    phase: watch::Receiver<Phase>,
) -> io::Result<(WorkerHandle, JoinHandle<()>)> {
    let (queue, receiver) = mpsc::channel(QUEUE);
    let open = Arc::new(AtomicUsize::new(0));
    let handle = WorkerHandle { queue, open: Arc::clone(&open) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut seed = [0u8; 8];
    getrandom::fill(&mut seed).map_err(|e| io::Error::other(e.to_string()))?;
    let thread = std::thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
        let local = tokio::task::LocalSet::new();
        let upstream = Upstream::new(UpstreamConfig::default());
        let worker = Worker::new(gateway, upstream, journal, u64::from_ne_bytes(seed));
        let Joined { control, task } = join(&worker);
        local.spawn_local(task);
        let site = Rc::new(Site { worker: Rc::clone(&worker), parts, control });
        local.spawn_local(watch_lag(Rc::clone(&worker)));
        if index == 0 {
            local.spawn_local(keep_trials(Rc::clone(&worker)));
            local.spawn_local(keep_routes(worker));
        }
        local.block_on(&runtime, serve(receiver, site, open, phase));
        // Dropping the set drops what still runs; every call settles itself as it goes.
        runtime.block_on(async { drop(local) });
    })?;
    Ok((handle, thread))
}

async fn serve(
    mut queue: mpsc::Receiver<Handed>,
    site: Rc<Site>,
    open: Arc<AtomicUsize>,
    mut phase: watch::Receiver<Phase>,
) {
    loop {
        let handed = tokio::select! {
            handed = queue.recv() => handed,
            _ = phase.wait_for(|p| *p >= Phase::Ending) => return,
        };
        let Some(handed) = handed else {
            // The acceptor is gone; connections finish until the end is called.
            let _ = phase.wait_for(|p| *p >= Phase::Ending).await;
            return;
        };
        let guard = OpenGuard(Arc::clone(&open));
        connection::spawn(handed, Rc::clone(&site), guard, phase.clone());
    }
}

//! Threads for what stands in the database to be done by whichever gateway gets to it first: exports, evaluations. Each sleeps
//! until it is told that there is something, looks now and then for what other gateways or the clock bring, and ends with the
//! process. What is to be done each says itself. It must not be waited for by anything.

use super::state::App;
use gw_ingress::listen::worker::Phase;
use gw_store::StoreError;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, watch};
use tokio::task::LocalSet;

/// How often is looked, at least, where other gateways may have left something, and where nobody else can have.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const LOOK_EVERY_ALONE: Duration = Duration::from_secs(60);

/// When is looked again where the database did not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Tells such a thread that there is something to be done. Told while it is at work, it looks once more.
#[derive(Debug, Default)]
pub(crate) struct Bell(Notify);

impl Bell {
    /// Tells it.
    pub(crate) fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody does.
    pub(crate) async fn rung(&self) {
        self.0.notified().await;
    }
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// There may be more.
    Now,
    /// When it is told so, at the latest after that.
    In(Duration),
}

/// What such a thread does.
pub(crate) trait Chore {
    /// The thread's name, and what cannot be looked after when something fails.
    const NAME: &'static str;
    /// Threads for what waits for the database, or for names of hosts.
    const BLOCKING_THREADS: usize;

    /// What tells it that there is something.
    fn bell(app: &App) -> &Bell;
    /// Looks what there is to do, and does one thing or more of it. `is_first`: since this process began.
    fn round(&mut self, stage: &Stage, is_first: bool) -> Result<Next, StoreError>;
}

/// What a chore is done with: sockets and timers, for what waits for them. What waits for the database is done outside of
/// [`Self::run`], or on a thread of its own.
pub(crate) struct Stage {
    pub(crate) app: Arc<App>,
    phase: watch::Receiver<Phase>,
    runtime: Runtime,
    local: LocalSet,
}

impl Stage {
    /// Runs something to its end.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.local.block_on(&self.runtime, work)
    }

    /// Is nothing to be begun any more?
    pub(crate) fn ends(&self) -> bool {
        *self.phase.borrow() >= Phase::Draining
    }

    /// The phases of the process, for what waits beside them.
    pub(crate) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.clone()
    }

    /// How often is looked at least.
    pub(crate) fn look_every(&self) -> Duration {
        if self.app.storage.database.is_shared() { LOOK_EVERY } else { LOOK_EVERY_ALONE }
    }

    fn wait(&self, bell: &Bell, longest: Duration) {
        let mut phase = self.phase();
        self.run(async {
            tokio::select! {
                () = bell.rung() => {}
                () = tokio::time::sleep(longest) => {}
                _ = phase.wait_for(|phase| *phase >= Phase::Draining) => {}
            }
        });
    }
}

/// Starts the thread; it ends with the process's last phase.
pub(crate) fn start<C: Chore>(
    app: &Arc<App>,
    phase: watch::Receiver<Phase>,
    make: impl FnOnce(&Stage) -> C + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let runtime =
        Builder::new_current_thread().enable_all().max_blocking_threads(C::BLOCKING_THREADS).build()?;
    let app = Arc::clone(app);
    std::thread::Builder::new().name(C::NAME.to_owned()).spawn(move || {
        let stage = Stage { app, phase, runtime, local: LocalSet::new() };
        work(&mut make(&stage), &stage);
        let Stage { runtime, local, .. } = stage;
        runtime.block_on(async { drop(local) });
        runtime.shutdown_background();
    })
}

fn work<C: Chore>(chore: &mut C, stage: &Stage) {
    let mut is_first = true;
    while !stage.ends() {
        let pause = match chore.round(stage, is_first) {
            Ok(next) => {
                is_first = false;
                match next {
                    Next::Now => continue,
                    Next::In(pause) => pause,
                }
            }
            Err(error) => {
                tracing::warn!(%error, "{} cannot be looked after now", C::NAME);
                AGAIN
            }
        };
        stage.wait(C::bell(&stage.app), pause);
    }
}

//! Tokens of identity providers: one thread finds out whose they are, with the keys that it keeps fresh. Workers ask it once
//! for each token; from then on the token is found in the key table as a key is. Handlers of the control plane ask it who signs in
//! at a provider. It must not print a token.

mod belongs;
mod callers;
mod fetch;
mod rings;
pub(crate) mod sign_in;

pub(crate) use rings::{AcceptError, Accepted};

use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_model::{ErrorCode, Refusal};
use gw_pipeline::{Introducer, Introduction};
use gw_store::memory::KeyEntry;
use rings::Rings;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::LocalSet;

/// Tokens that may wait to be looked at. One more is refused, to be tried again.
const QUEUE: usize = 1_024;

/// Tokens that are looked at at the same time.
const AT_ONCE: usize = 256;

/// Threads for what the database has to be asked.
const BLOCKING_THREADS: usize = 2;

/// How long whoever shows a token waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often is looked whether keys are to be read again.
const TEND_EVERY: Duration = Duration::from_secs(1);

/// A token that somebody showed.
struct Arrival {
    token: String,
    answer: oneshot::Sender<Result<Arc<KeyEntry>, Refusal>>,
}

/// Takes tokens from workers.
struct Reception {
    app: Arc<App>,
    arrivals: mpsc::Sender<Arrival>,
}

impl fmt::Debug for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reception").finish_non_exhaustive()
    }
}

impl Introducer for Reception {
    fn introduce(&self, presented: &str) -> Option<Introduction> {
        if !gw_identity::looks_like(presented) {
            return None;
        }
        let accepted = self.app.issuers.load();
        if accepted.settings.issuers.is_empty() {
            return None;
        }
        let max_bytes = accepted.settings.max_token_bytes;
        if presented.len() > max_bytes {
            let refused = gw_identity::Refused::TooLarge { max_bytes };
            return Some(Box::pin(std::future::ready(Err(callers::refusal(&refused)))));
        }
        let (answer, answered) = oneshot::channel();
        if self.arrivals.try_send(Arrival { token: presented.to_owned(), answer }).is_err() {
            return Some(Box::pin(std::future::ready(Err(busy()))));
        }
        Some(Box::pin(async {
            match tokio::time::timeout(PATIENCE, answered).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) | Err(_) => Err(busy()),
            }
        }))
    }
}

fn busy() -> Refusal {
    let text = "too many new tokens are being checked; try again in a moment";
    Refusal::new(ErrorCode::Overloaded, text).retry_after(1)
}

/// Starts the thread, and has tokens accepted from then on. It ends with the process's last phase.
pub(crate) fn start(app: &Arc<App>, mut phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()?;
    let (arrivals, arriving) = mpsc::channel(QUEUE);
    let (desk, errands) = sign_in::Desk::open();
    app.sign_ins.set_desk(desk);
    let own = Arc::clone(app);
    let thread = std::thread::Builder::new().name("identity".to_owned()).spawn(move || {
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            tokio::select! {
                () = receive(own, arriving, errands) => {}
                _ = phase.wait_for(|p| *p >= Phase::Ending) => {}
            }
        });
        runtime.block_on(async { drop(local) });
        // A database that hangs must not keep the process from ending.
        runtime.shutdown_background();
    })?;
    app.gateway.set_introducer(Arc::new(Reception { app: Arc::clone(app), arrivals }));
    Ok(thread)
}

/// Looks at tokens as they come, and at the age of keys in between.
async fn receive(
    app: Arc<App>,
    mut arriving: mpsc::Receiver<Arrival>,
    errands: mpsc::Receiver<sign_in::Errand>,
) {
    let rings = Rc::new(Rings::new(Arc::clone(&app)));
    #[expect(clippy::disallowed_methods, reason = "the thread's own task set, which ends with it")]
    tokio::task::spawn_local(sign_in::serve(Arc::clone(&app), Rc::clone(&rings), errands));
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tending = tokio::time::interval(TEND_EVERY);
    tending.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            _ = tending.tick() => {
                rings.tend();
                continue;
            }
        };
        let Ok(place) = place else { return };
        let arrival = tokio::select! {
            arrival = arriving.recv() => arrival,
            _ = tending.tick() => {
                rings.tend();
                continue;
            }
        };
        let Some(Arrival { token, answer }) = arrival else { return };
        let (rings, app) = (Rc::clone(&rings), Arc::clone(&app));
        #[expect(clippy::disallowed_methods, reason = "the thread's own task set, which ends with it")]
        tokio::task::spawn_local(async move {
            let outcome = callers::introduce(&app, &rings, token).await;
            app.gateway.metrics.note_introduction(outcome.as_ref().err().map(|refusal| refusal.code));
            // Whoever asked may have left.
            let _ = answer.send(outcome);
            drop(place);
        });
    }
}

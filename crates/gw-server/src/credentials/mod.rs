//! Keeps providers' changing credentials fresh: one thread, one task per credential. A token is obtained when its
//! cell appears and again well before it expires; failures are tried again with back-off, and the last good token
//! stays in force until its end. Never on the request path. It must not print a secret.

pub(crate) mod exchange;
mod obtain;
mod surroundings;

use exchange::Exchange;
use gw_ingress::listen::worker::Phase;
use gw_model::Micros;
use gw_model::credential::CredentialSource;
use gw_pipeline::Gateway;
use gw_pipeline::credentials::Cell;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};

/// A token is renewed so long before its end, if it lives long enough for that.
const AHEAD: Duration = Duration::from_secs(300);
/// How often a credential is looked at that states no end: a key in a file, a profile with an access key.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Shortest and longest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A token that was refused is not asked for again sooner than this after it was obtained.
const PATIENCE_US: Micros = 10_000_000;

/// Starts the thread; it ends with the process's last phase.
pub(crate) fn start(gateway: Arc<Gateway>, mut phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build()?;
    std::thread::Builder::new().name("credentials".to_owned()).spawn(move || {
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            tokio::select! {
                () = keep_all(gateway) => {}
                _ = phase.wait_for(|p| *p >= Phase::Ending) => {}
            }
        });
        runtime.block_on(async { drop(local) });
        // A file on a mount that hangs must not keep the process from ending.
        runtime.shutdown_background();
    })
}

/// Gives every cell that appears a task of its own.
async fn keep_all(gateway: Arc<Gateway>) {
    let exchange = Rc::new(Exchange::new());
    let mut tasks = JoinSet::new();
    let mut kept: Vec<Weak<Cell>> = Vec::new();
    loop {
        kept.retain(|cell| cell.strong_count() > 0);
        while tasks.try_join_next().is_some() {}
        for cell in gateway.room.cells() {
            let known = kept.iter().any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(&cell)));
            // What the store holds is put in by whoever changes it.
            if known || matches!(cell.source, CredentialSource::Stored(_) | CredentialSource::Fixed(_)) {
                continue;
            }
            let weak = Arc::downgrade(&cell);
            kept.push(Weak::clone(&weak));
            tasks.spawn_local(keep(weak, Arc::clone(&gateway), Rc::clone(&exchange)));
        }
        gateway.room.came().await;
    }
}

/// Keeps one cell until no configuration uses it.
async fn keep(weak: Weak<Cell>, gateway: Arc<Gateway>, exchange: Rc<Exchange>) {
    let mut failures = 0u32;
    while let Some(cell) = weak.upgrade() {
        let now = gateway.clock().now();
        let outcome = obtain::obtain(&cell.source, &cell.connect, &exchange, now).await;
        let now = gateway.clock().now();
        let pause = match outcome {
            Ok(token) => {
                let is_new = cell.state().value.as_ref() != Some(&token.value);
                if is_new || failures > 0 {
                    tracing::info!(provider = %cell.provider, credential = %cell.name, "a credential was obtained");
                }
                if is_new {
                    gateway.metrics.note_credential(&cell.provider, &cell.name, true);
                }
                failures = 0;
                cell.fill(token.value, token.expires_at, now);
                pause_for(token.expires_at, now)
            }
            Err(error) => {
                tracing::warn!(
                    provider = %cell.provider, credential = %cell.name, %error, "a credential could not be obtained"
                );
                gateway.metrics.note_credential(&cell.provider, &cell.name, false);
                cell.fail(error.cause(), error.to_string(), now);
                failures = failures.saturating_add(1);
                // A file that is missing may be put there any moment, and looking costs nothing.
                match cell.source {
                    CredentialSource::KeyFile(_) => backoff(failures).min(LOOK_EVERY),
                    _ => backoff(failures),
                }
            }
        };
        wait(&cell, pause, now, &gateway).await;
    }
}

/// Waits for the time of the next try; a token that was refused is renewed sooner.
async fn wait(cell: &Cell, pause: Duration, obtained_at: Micros, gateway: &Gateway) {
    let timer = tokio::time::sleep(pause);
    tokio::pin!(timer);
    loop {
        tokio::select! {
            () = &mut timer => return,
            () = cell.wanted() => {
                if gateway.clock().now() - obtained_at > PATIENCE_US {
                    return;
                }
            }
        }
    }
}

/// How long a good token needs no look: until some minutes before its end, half its life when that is short.
fn pause_for(expires_at: Option<Micros>, now: Micros) -> Duration {
    let Some(end) = expires_at else { return LOOK_EVERY };
    let life = Duration::from_micros(u64::try_from(end - now).unwrap_or(0));
    if life > AHEAD * 2 { life - AHEAD } else { (life / 2).max(FIRST_PAUSE) }
}

/// Doubles from one failure to the next, with jitter of a quarter.
fn backoff(failures: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(10)).min(LONGEST_PAUSE);
    doubled.mul_f64(0.75 + 0.25 * fastrand::f64())
}

#[cfg(test)]
mod tests;

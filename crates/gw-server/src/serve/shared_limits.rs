//! Limits and budgets for all gateways on one Redis: a thread of its own talks with it, so that nothing else that runs in
//! the background keeps a call waiting. Serves boot. It must not decide what is counted.

use super::boot::BootError;
use crate::app::storage::Storage;
use gw_config::compile::RedisSettings;
use gw_ingress::listen::worker::Phase as ProcessPhase;
use gw_pipeline::{SharedLimitMetrics, SharedLimits, SystemClock};
use gw_store::redis::RedisError;
use gw_store::redis::strict::{Books, Clerk, ClerkSettings, Phase};
use gw_store::traits::Ledger;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// How long a start waits for limits to hold for all gateways; without Redis it goes on after the first try.
const START_LIMIT: Duration = Duration::from_secs(3);

/// How long what the last calls used may still be told, and then that this gateway leaves.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What asks, and what answers; the latter is to be started.
pub(super) struct Prepared {
    pub(super) limits: SharedLimits,
    clerk: Clerk,
    state: watch::Receiver<Option<Phase>>,
}

/// Makes both, where Redis is configured. Errors: the address cannot be used.
pub(super) fn prepare(
    settings: Option<&RedisSettings>,
    storage: &Storage,
    clock: &Arc<SystemClock>,
) -> Result<Option<Prepared>, RedisError> {
    let Some(settings) = settings else { return Ok(None) };
    let ledger: Arc<dyn Ledger> = Arc::clone(&storage.database) as _;
    let books = Arc::new(Books::new(Arc::clone(&storage.keys), ledger, Arc::clone(clock) as _));
    // Before the first call: from here on what is counted is this gateway's own.
    if let Err(error) = books.learn_own() {
        tracing::warn!(%error, "what this gateway spent before is not known yet");
    }
    let metrics = SharedLimitMetrics::default();
    let (told, state) = watch::channel(None);
    let (up, seen) = (metrics.up.clone(), metrics.nodes.clone());
    let note = move |phase: Phase, nodes: usize, error: Option<&RedisError>| {
        up.set(i64::from(phase == Phase::Open));
        seen.set(i64::try_from(nodes).unwrap_or(i64::MAX));
        // One line per change.
        if told.send_replace(Some(phase)) == Some(phase) {
            return;
        }
        match (phase, error) {
            (Phase::Open, _) => tracing::info!("limits and budgets hold for all gateways together"),
            (Phase::Gathering, _) => {
                tracing::warn!("Redis does not know what was spent: calls under shared limits wait for it");
            }
            (Phase::Away, error) => {
                let why = error.map(ToString::to_string).unwrap_or_default();
                tracing::warn!(
                    why,
                    "limits and budgets hold as 'on_unavailable' says: Redis cannot be asked"
                );
            }
        }
    };
    let settings = ClerkSettings {
        url: settings.url.clone(),
        prefix: settings.prefix.clone(),
        node: storage.node(),
        timeout: Duration::from_millis(settings.timeout_ms),
        dead_after: Duration::from_millis(settings.dead_after_ms),
    };
    let (clerk, desk) = Clerk::new(&settings, books, Box::new(note))?;
    Ok(Some(Prepared { limits: SharedLimits { desk, metrics }, clerk, state }))
}

impl Prepared {
    /// Starts the thread, which ends with the process's last phase, and waits a moment until limits hold.
    pub(super) fn start(
        self,
        mut process: watch::Receiver<ProcessPhase>,
    ) -> Result<JoinHandle<()>, BootError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(BootError::System)?;
        let Self { limits, clerk, mut state } = self;
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("limits".to_owned()).spawn(move || {
            runtime.block_on(async {
                let waiting = async {
                    let settled = |phase: &Option<Phase>| matches!(phase, Some(Phase::Open | Phase::Away));
                    drop(tokio::time::timeout(START_LIMIT, state.wait_for(settled)).await);
                    ready.send(()).ok();
                    std::future::pending::<()>().await;
                };
                let ending = async {
                    drop(process.wait_for(|p| *p >= ProcessPhase::Ending).await);
                    tokio::time::sleep(LAST_WORDS).await;
                    limits.desk.leave();
                    tokio::time::sleep(LAST_WORDS).await;
                };
                tokio::select! {
                    () = clerk.run() => {}
                    () = waiting => {}
                    () = ending => {}
                }
            });
            runtime.shutdown_background();
        });
        let thread = thread.map_err(|source: io::Error| BootError::System(source))?;
        // Whoever waits has a limit of its own.
        is_ready.recv().ok();
        Ok(thread)
    }
}

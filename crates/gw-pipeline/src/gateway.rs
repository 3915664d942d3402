//! What all worker threads share: the configuration in force, the key table, metrics, and whether the
//! process is stopping.

use crate::cache::Answers;
use crate::clock::SystemClock;
use crate::credentials::Room;
use crate::embedding::Embedding;
use crate::files::Settling;
use crate::guard::{Trial, Trials, Tried};
use crate::health::{Board, BoardCollector};
use crate::introduction::Introducer;
use crate::live::{Live, PublishError};
use crate::local_models::LocalModels;
use crate::metrics::{Metrics, SharedLimitMetrics};
use crate::outbox::Outbox;
use crate::plugins::Plugins;
use crate::proven::Proven;
use crate::route::meaning::Changes;
use crate::saturation::Saturation;
use arc_swap::ArcSwap;
use gw_model::access::Compile;
use gw_model::{AccountId, ClientIp, Clock, Logging, LoggingRules, Micros, Secret, Snapshot};
use gw_store::bodies::Bodies;
use gw_store::memory::{Account, Gates, KeyTable};
use gw_store::objects::Objects;
use gw_store::redis::strict::Desk;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

/// How long a refusal of the journal makes the gateway unready, in microseconds.
const JOURNAL_RETRY_US: Micros = 5_000_000;

/// Every way, in the order of their codes.
const CLIENT_IP: [ClientIp; 3] = [ClientIp::Off, ClientIp::Network, ClientIp::Full];

const fn code(client_ip: ClientIp) -> u8 {
    client_ip as u8
}

const fn unlogged(rules: LoggingRules) -> u8 {
    match rules {
        LoggingRules { max: Logging::Off, .. } => 2,
        LoggingRules { usual: Logging::Off, .. } => 1,
        _ => 0,
    }
}

/// See the module.
pub struct Gateway {
    live: ArcSwap<Live>,
    /// Virtual keys and their counters.
    pub keys: Arc<KeyTable>,
    /// Credentials of providers that change while we run; whoever obtains them fills its cells.
    pub room: Arc<Room>,
    /// How deployments fare.
    pub board: Arc<Board>,
    /// Where calls ask for what all gateways count together, where they do.
    pub shared: Option<SharedLimits>,
    /// Counters of the limits within dynamic routes.
    pub gates: Gates,
    /// Whose files, batches and stored responses are.
    pub objects: Arc<Objects>,
    /// Answers that are kept for later requests.
    pub answers: Answers,
    master: Secret,
    introducer: OnceLock<Arc<dyn Introducer>>,
    plugins: OnceLock<Arc<dyn Plugins>>,
    local_models: OnceLock<Arc<dyn LocalModels>>,
    bodies: OnceLock<Arc<Bodies>>,
    compiler: OnceLock<Compile>,
    pub(crate) clock: Arc<SystemClock>,
    /// Counters and gauges.
    pub metrics: Metrics,
    /// Names of models that were served though nobody lists them.
    pub(crate) proven: Proven,
    /// Ended calls, for whoever tells a collector of them.
    pub outbox: Outbox,
    /// How much there is to do.
    pub(crate) saturation: Arc<Saturation>,
    /// Batches that are being charged.
    pub(crate) settling: Settling,
    changes: Changes,
    /// Texts that are tried on guardrails.
    pub(crate) trials: Trials,
    stopping: AtomicBool,
    /// A condition in force reads headers of callers.
    keeps_headers: AtomicBool,
    /// What records say of clients' addresses: the position in [`CLIENT_IP`].
    client_ip: AtomicU8,
    /// Calls of which nobody says anything are not written down: 1; no call is: 2.
    unlogged: AtomicU8,
    /// When the journal last refused a call, microseconds since the epoch; 0 while it takes them.
    journal_failed_at: AtomicI64,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

/// Limits and budgets that hold for all gateways together.
#[derive(Clone, Debug)]
pub struct SharedLimits {
    /// Where calls ask.
    pub desk: Desk,
    /// What is to be seen of it.
    pub metrics: SharedLimitMetrics,
}

/// What a gateway is made of.
pub struct GatewayParts {
    /// First configuration.
    pub snapshot: Snapshot,
    /// Virtual keys.
    pub keys: Arc<KeyTable>,
    /// Whose files, batches and stored responses are.
    pub objects: Arc<Objects>,
    /// The master key.
    pub master: Secret,
    /// The process's clock.
    pub clock: Arc<SystemClock>,
    /// The model for embeddings in the process.
    pub embedding: Option<Arc<dyn Embedding>>,
    /// Limits that hold for all gateways together.
    pub shared: Option<SharedLimits>,
}

impl std::fmt::Debug for GatewayParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayParts").finish_non_exhaustive()
    }
}

impl Gateway {
    /// Puts the parts together. Errors: a provider of the snapshot cannot be connected to as configured.
    pub fn new(parts: GatewayParts) -> Result<Arc<Self>, PublishError> {
        let room = Arc::new(Room::default());
        let board = Arc::new(Board::default());
        let live = Live::new(parts.snapshot, &room, &board, parts.embedding, &parts.keys.accounts, None)?;
        live.count_by(&parts.keys.accounts);
        let keeps_headers = live.reads_headers();
        let client_ip = code(live.snapshot.settings.client_ip);
        let unlogged = unlogged(live.snapshot.settings.logging);
        parts.keys.accounts.set_customers(&live.snapshot.settings.customers);
        let saturation = Arc::new(Saturation::default());
        saturation.set(live.snapshot.saturation);
        let metrics = Metrics::new();
        let outbox = Outbox::new(metrics.telemetry(), live.snapshot.settings.telemetry.as_deref());
        let answers = Answers::new(live.snapshot.settings.cache.as_deref(), &metrics);
        let collector = BoardCollector { board: Arc::clone(&board), clock: Arc::clone(&parts.clock) };
        metrics.with_registry(|registry| {
            registry.register_collector(Box::new(collector));
            if let Some(shared) = &parts.shared {
                shared.metrics.register(registry);
            }
        });
        Ok(Arc::new(Self {
            proven: Proven::default(),
            live: ArcSwap::from_pointee(live),
            keys: parts.keys,
            room,
            board,
            shared: parts.shared,
            gates: Gates::default(),
            objects: parts.objects,
            answers,
            master: parts.master,
            introducer: OnceLock::new(),
            plugins: OnceLock::new(),
            local_models: OnceLock::new(),
            bodies: OnceLock::new(),
            compiler: OnceLock::new(),
            clock: parts.clock,
            metrics,
            outbox,
            saturation,
            settling: Settling::default(),
            changes: Changes::default(),
            trials: Trials::default(),
            stopping: AtomicBool::new(false),
            keeps_headers: AtomicBool::new(keeps_headers),
            client_ip: AtomicU8::new(client_ip),
            unlogged: AtomicU8::new(unlogged),
            journal_failed_at: AtomicI64::new(0),
        }))
    }

    /// Makes a configuration ready to be put in force, with the model for embeddings in the process that it names.
    /// Errors: a provider of it cannot be connected to.
    pub fn prepare(
        &self,
        snapshot: Snapshot,
        embedding: Option<Arc<dyn Embedding>>,
    ) -> Result<Arc<Live>, PublishError> {
        let accounts = &self.keys.accounts;
        Live::new(snapshot, &self.room, &self.board, embedding, accounts, Some(&self.live())).map(Arc::new)
    }

    /// Puts a new configuration in force for every call that starts from now on.
    pub fn publish(&self, live: Arc<Live>) {
        // Headers are kept before anybody asks for them, and a call that came before has none.
        self.keeps_headers.store(live.reads_headers(), Ordering::Relaxed);
        self.client_ip.store(code(live.snapshot.settings.client_ip), Ordering::Relaxed);
        self.unlogged.store(unlogged(live.snapshot.settings.logging), Ordering::Relaxed);
        self.keys.accounts.set_customers(&live.snapshot.settings.customers);
        self.saturation.set(live.snapshot.saturation);
        self.answers.follow(live.snapshot.settings.cache.as_deref());
        self.outbox.follow(live.snapshot.settings.telemetry.as_deref());
        // What has a budget stays known: one that leaves the file and returns must not find it refilled.
        let forgets = |account: &Arc<Account>| {
            let is_called = account.id.level.is_called() && account.rules().budgets().is_empty();
            is_called && !live.snapshot.quotas.iter().any(|quota| quota.id == account.id)
        };
        let forgotten: Vec<AccountId> = match self.live.load().snapshot.quotas.is_empty() {
            true => Vec::new(),
            false => self.keys.accounts.all().iter().filter(|one| forgets(one)).map(|one| one.id).collect(),
        };
        live.count_by(&self.keys.accounts);
        self.live.store(live);
        for id in forgotten {
            self.keys.accounts.remove(id);
        }
        self.changes.tell();
    }

    /// Tells when another configuration is in force.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.follow()
    }

    /// From now on, tokens are accepted as this one says. Only the first counts.
    pub fn set_introducer(&self, introducer: Arc<dyn Introducer>) {
        let _ = self.introducer.set(introducer);
    }

    /// Tries a text on guardrails that ask others, on a worker. `None`: too many texts are being tried.
    pub async fn try_text(&self, trial: Trial) -> Option<Tried> {
        self.trials.put(trial).await
    }

    /// Has guardrails' plugins run from now on; the first call decides.
    pub fn set_plugins(&self, plugins: Arc<dyn Plugins>) {
        let _ = self.plugins.set(plugins);
    }

    /// Has guardrails' models in the process asked from now on; the first call decides.
    pub fn set_local_models(&self, models: Arc<dyn LocalModels>) {
        let _ = self.local_models.set(models);
    }

    /// Where bodies of calls go that policy wants kept; only the first counts.
    pub fn set_bodies(&self, bodies: Arc<Bodies>) {
        let _ = self.bodies.set(bodies);
    }

    pub(crate) fn bodies(&self) -> Option<&Arc<Bodies>> {
        self.bodies.get()
    }

    /// Has conditions of keys and accounts be read so from now on; the first call decides.
    pub fn set_compiler(&self, compile: Compile) {
        let _ = self.compiler.set(compile);
    }

    pub(crate) fn compiler(&self) -> Option<Compile> {
        self.compiler.get().copied()
    }

    pub(crate) fn plugins(&self) -> Option<&Arc<dyn Plugins>> {
        self.plugins.get()
    }

    pub(crate) fn local_models(&self) -> Option<&Arc<dyn LocalModels>> {
        self.local_models.get()
    }

    pub(crate) fn introducer(&self) -> Option<&Arc<dyn Introducer>> {
        self.introducer.get()
    }

    /// For calls that the gateway makes for itself.
    pub(crate) const fn master(&self) -> &Secret {
        &self.master
    }

    /// Do conditions want to see headers of callers? They are not kept otherwise.
    #[must_use]
    pub fn keeps_headers(&self) -> bool {
        self.keeps_headers.load(Ordering::Relaxed) || self.keys.accounts.reads_headers()
    }

    /// Is nothing to be written down of a call but what must be, where that is said of it?
    pub(crate) fn is_unlogged(&self, said: Option<Logging>) -> bool {
        let everywhere = self.unlogged.load(Ordering::Relaxed);
        matches!((everywhere, said), (2, _) | (1, None) | (_, Some(Logging::Off)))
    }

    /// What records say of clients' addresses.
    pub(crate) fn client_ip(&self) -> ClientIp {
        let code = usize::from(self.client_ip.load(Ordering::Relaxed));
        CLIENT_IP.get(code).copied().unwrap_or_default()
    }

    /// The configuration in force.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// Is this the master key? Compared in constant time.
    #[must_use]
    pub fn is_master(&self, presented: &str) -> bool {
        self.master.expose().as_bytes().ct_eq(presented.as_bytes()).into()
    }

    /// The clock, for whoever needs the same time as the request path.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    /// Compares the deployments of each model that wants that; to be called now and then.
    pub fn compare_targets(&self) {
        self.live().compare_targets(self.clock.now());
    }

    /// Notes that the journal refused a call at that time, or took one.
    pub(crate) fn note_journal(&self, failed_at: Option<Micros>) {
        let new = failed_at.unwrap_or(0);
        // A read is cheaper than a write that another core must hear of.
        if self.journal_failed_at.load(Ordering::Relaxed) != new {
            self.journal_failed_at.store(new, Ordering::Relaxed);
        }
    }

    /// Could the journal be written when it was last tried? A refusal counts for some seconds only: without
    /// traffic nobody would notice that there is space again.
    #[must_use]
    pub fn journal_is_writable(&self) -> bool {
        let failed_at = self.journal_failed_at.load(Ordering::Relaxed);
        failed_at == 0 || self.clock.now() - failed_at > JOURNAL_RETRY_US
    }

    /// From now on, calls that are dropped end as `shutdown`, not as a client's leaving.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

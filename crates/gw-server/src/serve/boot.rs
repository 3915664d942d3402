//! Start and end of the process, in order.

use super::configuration::{self, ConfigurationError, Origin};
use super::{
    alerts, checks, demo, follow, newcomers, probes, records, reload, shared_limits, sharing, shutdown,
};
use crate::app::accounts as app_accounts;
use crate::app::analytics;
use crate::app::audit;
use crate::app::blocks as app_blocks;
use crate::app::body_storage;
use crate::app::control;
use crate::app::credentials as app_credentials;
use crate::app::embeddings::{self, Loaded, Reading};
use crate::app::evaluations;
use crate::app::exports;
use crate::app::prices::recosting;
use crate::app::routes as app_routes;
use crate::app::settings::{self as app_settings, Overlay};
use crate::app::state::{App, ApplyError};
use crate::app::storage::Storage;
use crate::app::tail;
use crate::app::{local_models, plugins};
use crate::cli::output;
use crate::credentials;
use crate::identity;
use crate::telemetry::{self, LogFormat};
use gw_config::compile::{RedisSettings, RollupSettings};
use gw_config::listed::Stored;
use gw_config::{Compiled, settings};
use gw_ingress::SiteParts;
use gw_ingress::listen::acceptor::{self, Door};
use gw_ingress::listen::nofile;
use gw_ingress::listen::worker::{self, Phase, WorkerHandle};
use gw_pipeline::{Gateway, GatewayParts, PublishError, SystemClock};
use gw_store::StoreError;
use gw_store::redis::RedisError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;

/// Threads of the background runtime.
const BACKGROUND_THREADS: usize = 2;

/// How often the clock is compared with the system's.
const RESYNC_EVERY: Duration = Duration::from_secs(30);

/// How often old entries of the audit log and old sums are dropped.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// How long sessions may take to say goodbye once the grace is over.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long answers of the cache may take to be written at the end, within the grace.
const FLUSH: Duration = Duration::from_secs(5);

/// How often open connections are looked at while draining.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) origin: Origin,
    pub(crate) data_dir: PathBuf,
    pub(crate) workers: Option<u16>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) log: Option<String>,
}

/// Where the configuration comes from, for reloads.
#[derive(Clone, Debug)]
pub(crate) struct Configured {
    pub(crate) origin: Origin,
    pub(crate) emulator: Option<SocketAddr>,
    pub(crate) revision: u64,
}

/// Why the process cannot start.
#[derive(Debug)]
pub(crate) enum BootError {
    /// The configuration is wrong.
    Configuration(ConfigurationError),
    /// The configuration cannot be put in force.
    Apply(ApplyError),
    /// A provider cannot be used.
    Publish(PublishError),
    /// The data directory or the store.
    Store(StoreError),
    /// An address cannot be listened on.
    Listen {
        /// Which.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The address of Redis.
    Redis(RedisError),
    /// The system refuses threads or the like.
    System(io::Error),
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(error) => write!(f, "{error}"),
            Self::Apply(error) => write!(f, "{error}"),
            Self::Publish(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
            Self::Listen { addr, .. } => write!(f, "cannot listen on {addr}; choose another with --listen"),
            Self::Redis(error) => write!(f, "{error}"),
            Self::System(_) => f.write_str("the system refuses a resource"),
        }
    }
}

impl std::error::Error for BootError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Publish(error) => std::error::Error::source(error),
            Self::Store(error) => std::error::Error::source(error),
            Self::Listen { source, .. } | Self::System(source) => Some(source),
            Self::Configuration(_) | Self::Apply(_) | Self::Redis(_) => None,
        }
    }
}

impl BootError {
    /// 2 for what the user must change, 1 for what failed.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) | Self::Apply(_) | Self::Publish(_) | Self::Redis(_) => 2,
            Self::Store(error) if error.is_configuration() => 2,
            Self::Store(_) | Self::Listen { .. } | Self::System(_) => 1,
        }
    }
}

/// A gateway that serves.
struct Running {
    app: Arc<App>,
    storage: Arc<Storage>,
    phase: watch::Sender<Phase>,
    stop_accepting: watch::Sender<bool>,
    workers: Arc<[WorkerHandle]>,
    threads: Vec<JoinHandle<()>>,
    drain_delay: Duration,
    grace: Duration,
}

/// Starts, serves until asked to stop, and ends in order.
pub(crate) fn run(start: Start) -> Result<(), BootError> {
    nofile::raise();
    let compiled = configuration::read(&start.origin, 1).map_err(BootError::Configuration)?;
    start_logs(&start, &compiled);
    for warning in &compiled.warnings {
        tracing::warn!("{warning}");
    }
    let background = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(BACKGROUND_THREADS)
        .thread_name("background")
        .enable_all()
        .build()
        .map_err(BootError::System)?;
    let running = assemble(&background, &start, compiled)?;
    background.block_on(shutdown::asked_to_stop());
    background.block_on(running.end());
    Ok(())
}

/// The command line decides how logs look, else the configuration.
fn start_logs(start: &Start, compiled: &Compiled) {
    let configured = match compiled.server.log_format {
        settings::telemetry::LogFormat::Text => LogFormat::Text,
        settings::telemetry::LogFormat::Json => LogFormat::Json,
    };
    let level = compiled.server.log_level.as_str();
    telemetry::start(start.log_format.unwrap_or(configured), start.log.as_deref().unwrap_or(level));
}

/// The built-in emulator, where the provider `demo` is wanted.
fn emulator(background: &Runtime, compiled: &mut Compiled) -> Result<Option<SocketAddr>, BootError> {
    if !demo::is_wanted(&compiled.snapshot) {
        return Ok(None);
    }
    let addr = demo::start(background.handle()).map_err(BootError::System)?;
    demo::connect(&mut compiled.snapshot, addr);
    Ok(Some(addr))
}

fn assemble(background: &Runtime, start: &Start, mut compiled: Compiled) -> Result<Running, BootError> {
    let doors = bind(background, compiled.server.listen, compiled.server.admin_listen)?;
    let clock = Arc::new(SystemClock::new());
    let emulator = emulator(background, &mut compiled)?;
    let loaded = embeddings::load(compiled.embeddings.as_ref(), None, Reading::Later)
        .map_err(|faults| BootError::Configuration(ConfigurationError::Faults(faults)))?;
    let models = local_models::load(&compiled.local_models, Reading::Later)
        .map_err(|faults| BootError::Configuration(ConfigurationError::Faults(faults)))?;
    plugins::load(&compiled.plugins)
        .map_err(|faults| BootError::Configuration(ConfigurationError::Faults(faults)))?;
    let storage = open_storage(start, &compiled, &clock)?;
    let configured = Configured { origin: start.origin.clone(), emulator, revision: 1 };
    let (compiled, stored) =
        app_settings::at_start(&*storage.database, &configured, compiled).map_err(BootError::Store)?;
    let shared =
        shared_limits::prepare(compiled.redis.as_ref(), &storage, &clock).map_err(BootError::Redis)?;
    let gateway = Gateway::new(GatewayParts {
        snapshot: compiled.snapshot.clone(),
        keys: Arc::clone(&storage.keys),
        objects: Arc::clone(&storage.objects),
        master: storage.master.clone(),
        clock: Arc::clone(&clock),
        embedding: embeddings::of(loaded.as_ref()),
        shared: shared.as_ref().map(|shared| shared.limits.clone()),
    })
    .map_err(BootError::Publish)?;
    local_models::serve(models, &gateway);
    plugins::serve(&compiled.plugins, &gateway);
    gateway.set_bodies(Arc::clone(&storage.bodies));
    keep_answers(&storage, compiled.redis.as_ref(), &gateway, &clock).map_err(BootError::Redis)?;
    let app = new_app(&gateway, &storage, &compiled, (loaded, stored))?;
    // Before anybody follows: what others change from here on is not passed over.
    app.settings.serve(configured.clone());
    app_credentials::load(&app).map_err(BootError::Store)?;
    app_blocks::load(&app).map_err(|error| BootError::Apply(ApplyError::Block(error)))?;
    app_routes::load(&app).map_err(|error| BootError::Apply(ApplyError::Route(error)))?;
    app_routes::restore_budgets(&app).map_err(BootError::Store)?;
    audit::started(&app);
    storage.start().map_err(BootError::Store)?;
    let (phase, phases) = watch::channel(Phase::Running);
    let parts = SiteParts {
        limits: Arc::new(compiled.server.limits),
        trusted_proxies: compiled.server.trusted_proxies.clone().into(),
    };
    let count = worker_count(start, &compiled);
    let (workers, mut threads) = workers(count, &app, &parts, background.handle(), &phases)?;
    threads.extend(shared.map(|shared| shared.start(phases.clone())).transpose()?);
    threads.extend(background_threads(&app, phases).map_err(BootError::System)?);
    let (stop_accepting, stop) = watch::channel(false);
    let url = announce(&doors, &compiled);
    let max_open = compiled.server.limits.max_connections;
    for (listener, door) in doors {
        let (workers, gateway) = (Arc::clone(&workers), Arc::clone(&gateway));
        background.spawn(acceptor::accept(listener, door, workers, gateway, max_open, stop.clone()));
    }
    background.spawn(reload::watch(Arc::clone(&app), configured));
    background.spawn(keep_clock(clock));
    look_after(background, &app, &compiled);
    share(background, &compiled, &app)?;
    output::line(format!("Gatewright is ready at {url}"));
    let server = &compiled.server;
    Ok(Running {
        app,
        storage,
        phase,
        stop_accepting,
        workers,
        threads,
        drain_delay: Duration::from_secs(server.drain_delay_seconds),
        grace: Duration::from_secs(server.shutdown_grace_seconds),
    })
}

/// The parts together, with settings of the API as they are in force.
fn new_app(
    gateway: &Arc<Gateway>,
    storage: &Arc<Storage>,
    compiled: &Compiled,
    (loaded, stored): (Option<Loaded>, Vec<Stored>),
) -> Result<Arc<App>, BootError> {
    let app = App::new(Arc::clone(gateway), Arc::clone(storage), compiled, loaded);
    let mut app = app.map_err(BootError::Apply)?;
    app.settings = Overlay::of(stored);
    Ok(Arc::new(app))
}

/// The store; a master key that was made just now is shown.
fn open_storage(
    start: &Start,
    compiled: &Compiled,
    clock: &Arc<SystemClock>,
) -> Result<Arc<Storage>, BootError> {
    let storage = Storage::open(&start.data_dir, &compiled.store, clock).map_err(BootError::Store)?;
    if storage.master_is_new {
        output::note(format!("master key: {}", storage.master.expose()));
    }
    Ok(Arc::new(storage))
}

/// Answers outlive the process, where they are to.
fn keep_answers(
    storage: &Storage,
    redis: Option<&RedisSettings>,
    gateway: &Arc<Gateway>,
    clock: &Arc<SystemClock>,
) -> Result<(), RedisError> {
    let live = gateway.live();
    let Some(policies) = &live.snapshot.settings.cache else { return Ok(()) };
    if let Some(shelf) = storage.shelf(policies, redis, gateway, clock)? {
        gateway.answers.set_shelf(shelf);
    }
    Ok(())
}

/// What runs beside the workers for as long as the process does.
fn background_threads(app: &Arc<App>, phases: watch::Receiver<Phase>) -> io::Result<Vec<JoinHandle<()>>> {
    let storage = Arc::clone(&app.storage);
    app.gateway.metrics.follow_fold(move || storage.folded());
    let mut threads = vec![
        checks::start(app, phases.clone())?,
        probes::start(app, phases.clone())?,
        credentials::start(Arc::clone(&app.gateway), phases.clone())?,
        identity::start(app, phases.clone())?,
        telemetry::exporter::start(app, phases.clone())?,
        exports::run::start(app, phases.clone())?,
        evaluations::runner::start(app, phases.clone())?,
        recosting::run::start(app, phases.clone())?,
        alerts::start(app, phases.clone())?,
    ];
    threads.extend(body_storage::keeper::start(app, phases.clone())?);
    threads.extend(follow::start(app, phases)?);
    Ok(threads)
}

type Doors = Vec<(TcpListener, Door)>;

fn bind(background: &Runtime, listen: SocketAddr, admin: Option<SocketAddr>) -> Result<Doors, BootError> {
    let _entered = background.enter();
    let open = |addr: SocketAddr| {
        acceptor::bind(addr)
            .and_then(TcpListener::from_std)
            .map_err(|source| BootError::Listen { addr, source })
    };
    let mut doors = vec![(open(listen)?, Door::Main { with_admin: admin.is_none() })];
    if let Some(admin) = admin {
        doors.push((open(admin)?, Door::Admin));
    }
    Ok(doors)
}

fn worker_count(start: &Start, compiled: &Compiled) -> u16 {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let wanted = start.workers.map_or_else(|| compiled.server.workers.unwrap_or_else(cores), usize::from);
    u16::try_from(wanted.max(1)).unwrap_or(u16::MAX)
}

type Workers = (Arc<[WorkerHandle]>, Vec<JoinHandle<()>>);

fn workers(
    count: u16,
    app: &Arc<App>,
    parts: &SiteParts,
    background: &Handle,
    phases: &watch::Receiver<Phase>,
) -> Result<Workers, BootError> {
    let mut handles = Vec::new();
    let mut threads = Vec::new();
    for index in 0..count {
        let gateway = Arc::clone(&app.gateway);
        let journal = app.storage.journal(index).map_err(BootError::Store)?;
        let join = control::join(app, background);
        let (handle, thread) = worker::start(index, gateway, journal, parts.clone(), join, phases.clone())
            .map_err(BootError::System)?;
        handles.push(handle);
        threads.push(thread);
    }
    Ok((handles.into(), threads))
}

/// The URL to show: what the main door was bound to.
fn announce(doors: &Doors, compiled: &Compiled) -> String {
    let scheme = if compiled.server.tls.is_some() { "https" } else { "http" };
    let addr = doors.first().and_then(|(listener, _)| listener.local_addr().ok());
    addr.map_or_else(|| scheme.to_owned(), |addr| format!("{scheme}://{addr}"))
}

/// Meets other gateways, where it is configured.
fn share(background: &Runtime, compiled: &Compiled, app: &App) -> Result<(), BootError> {
    if let (Some(redis), Some(metrics)) = (&compiled.redis, &app.sharing) {
        let sharing = sharing::start(redis, &app.gateway, metrics.clone()).map_err(BootError::Redis)?;
        background.spawn(sharing);
    }
    Ok(())
}

/// What is done about the database now and again.
fn look_after(background: &Runtime, app: &Arc<App>, compiled: &Compiled) {
    background.spawn(newcomers::keep(Arc::clone(app)));
    background.spawn(tail::keep(Arc::clone(app)));
    background.spawn(prune_audit(Arc::clone(app), compiled.store.audit_retention_days));
    background.spawn(prune_rollups(Arc::clone(app), compiled.store.rollups));
    background.spawn(records::keep(Arc::clone(app), compiled.store.record_retention_days));
}

/// Drops what is too old of the audit log, at start and then now and again.
async fn prune_audit(app: Arc<App>, days: Option<u64>) {
    let Some(days) = days else { return };
    loop {
        let pruned = Arc::clone(&app);
        if let Err(error) = tokio::task::spawn_blocking(move || audit::prune(&pruned, days)).await {
            tracing::error!(%error, "old entries of the audit log stay");
        }
        tokio::time::sleep(PRUNE_EVERY).await;
    }
}

/// Drops sums by time that are too old, at start and then now and again.
async fn prune_rollups(app: Arc<App>, settings: RollupSettings) {
    loop {
        let pruned = Arc::clone(&app);
        if let Err(error) = tokio::task::spawn_blocking(move || analytics::prune(&pruned, &settings)).await {
            tracing::error!(%error, "old sums by time stay");
        }
        tokio::time::sleep(PRUNE_EVERY).await;
    }
}

async fn keep_clock(clock: Arc<SystemClock>) {
    loop {
        tokio::time::sleep(RESYNC_EVERY).await;
        clock.resync();
    }
}

impl Running {
    /// Not ready; accept on; finish what runs; drop the rest; write everything down.
    async fn end(self) {
        tracing::info!("stopping");
        self.app.drain();
        tokio::time::sleep(self.drain_delay).await;
        let _ = self.stop_accepting.send(true);
        let _ = self.phase.send(Phase::Draining);
        let open = || self.workers.iter().map(WorkerHandle::open).sum::<usize>();
        let copies = || self.app.gateway.metrics.sub_calls_in_flight.get();
        let all_closed = async {
            while open() > 0 || copies() > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        if tokio::time::timeout(self.grace, all_closed).await.is_err() {
            tracing::warn!(connections = open(), "the grace period is over; what still runs is cut");
        }
        self.app.gateway.stop();
        let _ = self.phase.send(Phase::Leaving);
        let no_session = async {
            while self.app.gateway.metrics.open_sessions.get() > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        // Those who do not answer to a goodbye are not waited for.
        let _ = tokio::time::timeout(GOODBYE, no_session).await;
        let _ = self.phase.send(Phase::Ending);
        let (app, storage, threads, grace) = (self.app, self.storage, self.threads, self.grace);
        let gateway = Arc::clone(&app.gateway);
        let ended = tokio::task::spawn_blocking(move || {
            // Whoever still reads bodies from object storage is not waited for.
            if let Some(room) = &storage.body_room {
                room.close();
            }
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a worker ended in a panic");
                }
            }
            if let Err(error) = app_accounts::write_newcomers(&app) {
                tracing::warn!(%error, "customers seen last could not be written; they are made again on sight");
            }
            audit::stopped(&app);
            storage.close();
            if let Some(room) = &storage.body_room {
                room.send_last(&*storage.database, &app.gateway.clock(), grace.min(FLUSH));
            }
        });
        if ended.await.is_err() {
            tracing::error!("the store could not be closed in order");
        }
        if !gateway.answers.flush(self.grace.min(FLUSH)).await {
            tracing::warn!("some answers of the cache were not written; they are fetched again");
        }
        let pending = gateway.answers.pending_purges();
        if pending > 0 {
            tracing::error!(
                pending,
                "the cache's store was never told of purges: purge again when it is back"
            );
        }
    }
}

//! What all workers and the control plane share of the process.

use super::alerts::Alerts;
use super::audit::{self, Refusals};
use super::blocks::BlockError;
use super::blocks::merge::{self, OfFile};
use super::blocks::probe::Probes;
use super::chores::Bell;
use super::embeddings::{self, Loaded, Reading};
use super::feedback::Pace;
use super::inside::Inside;
use super::prices::history::ReadPages;
use super::routes::{self, RoutesError};
use super::settings::Overlay;
use super::sign_in::SignIns;
use super::storage::Storage;
use super::tail::Tail;
use super::{local_models, plugins};
use crate::admin::idempotency::UnderWay;
use crate::identity::{AcceptError, Accepted};
use crate::serve::demo;
use arc_swap::ArcSwap;
use gw_config::compile::{
    Cors, DatasetSettings, EvaluationSettings, ExportSettings, ScimSettings, ServerSettings,
};
use gw_config::settings::otlp::MetricAccess;
use gw_config::{Compiled, ConfigErrors};
use gw_ingress::listen::tls::{self, TlsError};
use gw_model::Snapshot;
use gw_pipeline::{Embedding, Gateway, PublishError, SharingMetrics};
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, Origin, changed};
use parking_lot::Mutex;
use rustls::ServerConfig;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// See the module.
pub(crate) struct App {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) storage: Arc<Storage>,
    pub(crate) cors: ArcSwap<Option<Cors>>,
    /// Whose tokens are accepted.
    pub(crate) issuers: ArcSwap<Accepted>,
    /// What people get whom directories provision.
    pub(crate) scim: ArcSwap<ScimSettings>,
    pub(crate) tls: ArcSwap<Option<Arc<ServerConfig>>>,
    /// Where exports of records go, and what is exported by itself.
    pub(crate) exports: ArcSwap<ExportSettings>,
    /// Tells the thread of exports that there is one to write, or that schedules are others.
    pub(crate) export_bell: Bell,
    /// Tells the thread of prices that some may have changed, or that something is to be re-costed.
    pub(crate) price_bell: Bell,
    /// Held while it is written down which prices the configuration has.
    pub(crate) price_book: Mutex<()>,
    /// What was read of it lately.
    pub(crate) price_pages: ReadPages,
    /// How large datasets may be.
    pub(crate) datasets: ArcSwap<DatasetSettings>,
    /// How much evaluations may do.
    pub(crate) evaluations: ArcSwap<EvaluationSettings>,
    /// Tells the thread of evaluations that there is one to run.
    pub(crate) evaluation_bell: Bell,
    /// What the API sets in the place of defaults.
    pub(crate) settings: Overlay,
    /// Who is told of what.
    pub(crate) alerts: Alerts,
    /// What is told between gateways; `None` where they meet nowhere.
    pub(crate) sharing: Option<SharingMetrics>,
    server: ArcSwap<ServerSettings>,
    /// The configuration of the file, without what the database adds to it.
    pub(super) file: ArcSwap<OfFile>,
    /// The same with the providers and models of the database, without its routes.
    pub(super) base: ArcSwap<Snapshot>,
    /// The model for embeddings that the configuration in force has.
    embeddings: Mutex<Option<Loaded>>,
    draining: AtomicBool,
    /// Writes of the admin API that may come again.
    pub(crate) under_way: UnderWay,
    /// Entries of the audit log that wait for the database to be back.
    pub(super) unwritten: Mutex<VecDeque<AuditDraft>>,
    /// Test calls to providers.
    pub(crate) probes: Probes,
    /// Calls of the control plane's own.
    pub(crate) inside: Inside,
    /// How often applications may say something about their calls.
    pub(crate) feedback: Pace,
    /// Hands records out as they are stored.
    pub(crate) tail: Arc<Tail>,
    /// How people sign in.
    pub(crate) sign_ins: SignIns,
    /// Bounds what is written down of refused credentials.
    pub(super) refusals: Arc<Refusals>,
    /// Held while keys or the configuration change, so that what was checked still holds when it is done, and
    /// that the key table changes in the database's order. Never on the request path.
    pub(super) changing: Mutex<()>,
    /// The latest change of the database that is in force here.
    in_force: AtomicI64,
    /// Held while a directory's group changes, with what that gives its members.
    pub(super) provisioning: Mutex<()>,
    /// Held while a document is applied: one after the other.
    pub(super) applying: Mutex<()>,
}

/// Why a new configuration cannot be put in force.
#[derive(Debug)]
pub(crate) enum ApplyError {
    /// A provider.
    Publish(PublishError),
    /// Keys of an issuer of tokens.
    Tokens(AcceptError),
    /// The certificate.
    Tls(TlsError),
    /// A key of the file.
    Keys(super::keys::KeysError),
    /// A published route does not go with the file.
    Route(RoutesError),
    /// A provider or model of the database does not go with it.
    Block(BlockError),
    /// The weights for embeddings.
    Embeddings(ConfigErrors),
    /// It cannot be written down.
    Audit(StoreError),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Publish(error) => {
                write!(f, "{error}")?;
                let source = std::error::Error::source(error);
                source.map_or(Ok(()), |source| write!(f, ": {source}"))
            }
            Self::Tokens(error) => write!(f, "{error}"),
            Self::Tls(error) => write!(f, "{error}"),
            Self::Keys(error) => write!(f, "{error}"),
            Self::Route(error) => write!(f, "{error}"),
            Self::Block(error) => write!(f, "{error}"),
            Self::Embeddings(error) => write!(f, "{error}"),
            Self::Audit(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ApplyError {}

impl App {
    /// What makes vectors of texts, in the configuration in force.
    pub(super) fn embedding(&self) -> Option<Arc<dyn Embedding>> {
        embeddings::of(self.embeddings.lock().as_ref())
    }

    /// Puts the parts together. Errors: the certificate, or the keys of the file.
    pub(crate) fn new(
        gateway: Arc<Gateway>,
        storage: Arc<Storage>,
        compiled: &Compiled,
        embeddings: Option<Loaded>,
    ) -> Result<Self, ApplyError> {
        let sharing = compiled.redis.as_ref().map(|_| gateway.metrics.sharing());
        let in_force = AtomicI64::new(storage.revision);
        let alerts = Alerts::new(&compiled.alerts, gateway.metrics.alerts());
        gateway.set_compiler(|text| gw_policy::compile(text).ok());
        let tail = Tail::new(storage.newly(), compiled.store.max_tail_readers);
        let app = Self {
            gateway,
            inside: Inside::default(),
            feedback: Pace::default(),
            settings: Overlay::default(),
            tail,
            alerts,
            sharing,
            storage,
            cors: ArcSwap::from_pointee(compiled.server.cors.clone()),
            issuers: ArcSwap::from_pointee(Accepted::new(&compiled.tokens).map_err(ApplyError::Tokens)?),
            scim: ArcSwap::new(Arc::clone(&compiled.scim)),
            tls: ArcSwap::from_pointee(load_tls(&compiled.server)?),
            exports: ArcSwap::new(Arc::clone(&compiled.exports)),
            export_bell: Bell::default(),
            price_bell: Bell::default(),
            price_book: Mutex::default(),
            price_pages: Mutex::default(),
            evaluation_bell: Bell::default(),
            datasets: ArcSwap::from_pointee(compiled.datasets),
            evaluations: ArcSwap::from_pointee(compiled.evaluations),
            server: ArcSwap::from_pointee(compiled.server.clone()),
            file: ArcSwap::from_pointee(of_file(compiled)),
            base: ArcSwap::from_pointee(compiled.snapshot.clone()),
            probes: Probes::default(),
            embeddings: Mutex::new(embeddings),
            draining: AtomicBool::new(false),
            under_way: UnderWay::default(),
            unwritten: Mutex::default(),
            sign_ins: SignIns::new(&compiled.sign_in),
            refusals: Refusals::new(compiled.store.audit_refusals_per_minute),
            changing: Mutex::default(),
            in_force,
            provisioning: Mutex::default(),
            applying: Mutex::default(),
        };
        let declared = super::keys::prepare(&app, &compiled.keys).map_err(ApplyError::Keys)?;
        declared.put_in_force(&app.gateway.keys);
        Ok(app)
    }

    /// All changes up to this one are in force.
    pub(crate) fn note_in_force(&self, revision: i64) {
        self.in_force.store(revision, Ordering::Release);
    }

    /// The latest change that is known to be in force; `None` where nobody else changes anything, so that all are.
    pub(crate) fn seen(&self) -> Option<i64> {
        self.storage.database.is_shared().then(|| self.in_force.load(Ordering::Acquire))
    }

    /// Puts a new configuration in force: all of it, or nothing. What can fail comes first, the database last
    /// of it; then nothing can.
    pub(crate) fn apply(&self, compiled: Compiled, emulator: Option<SocketAddr>) -> Result<(), ApplyError> {
        self.apply_with(compiled, emulator, |entry| {
            audit::note_or_later(self, entry).map_err(ApplyError::Audit)
        })
    }

    /// The same, where it is written down with `commit`, which gets the audit log's entry: when all else that can fail has not.
    pub(crate) fn apply_with<E: From<ApplyError>>(
        &self,
        mut compiled: Compiled,
        emulator: Option<SocketAddr>,
        commit: impl FnOnce(&AuditDraft) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(addr) = emulator {
            demo::connect(&mut compiled.snapshot, addr);
        }
        let _changing = self.changing.lock();
        let tls = load_tls(&compiled.server)?;
        let issuers = Accepted::new(&compiled.tokens).map_err(ApplyError::Tokens)?;
        let before = self.embeddings.lock().clone();
        let loaded = embeddings::load(compiled.embeddings.as_ref(), before.as_ref(), Reading::Now)
            .map_err(ApplyError::Embeddings)?;
        let models =
            local_models::load(&compiled.local_models, Reading::Now).map_err(ApplyError::Embeddings)?;
        plugins::load(&compiled.plugins).map_err(ApplyError::Embeddings)?;
        let embedding = embeddings::of(loaded.as_ref());
        let file = of_file(&compiled);
        let base = merge::with_all(self, &file).map_err(ApplyError::Block)?;
        let mut snapshot = routes::with_all(&base, &*self.storage.database).map_err(ApplyError::Route)?;
        snapshot.revision = snapshot.revision.max(self.gateway.live().snapshot.revision + 1);
        let live = self.gateway.prepare(snapshot, embedding).map_err(ApplyError::Publish)?;
        let declared = super::keys::prepare(self, &compiled.keys).map_err(ApplyError::Keys)?;
        let mut entry = audit::draft(self, &Origin::system(), "configuration.reload", "configuration");
        (entry.before, entry.after) = self.difference(&compiled, live.snapshot.revision);
        commit(&entry)?;

        declared.put_in_force(&self.gateway.keys);
        self.tls.store(Arc::new(tls));
        if !self.issuers.load().is_same(&issuers) {
            self.issuers.store(Arc::new(issuers));
            self.gateway.keys.forget_tokens(|_| true);
        }
        self.sign_ins.settings.store(Arc::clone(&compiled.sign_in));
        self.scim.store(compiled.scim);
        self.exports.store(compiled.exports);
        self.export_bell.ring();
        self.datasets.store(Arc::new(compiled.datasets));
        self.evaluations.store(Arc::new(compiled.evaluations));
        self.alerts.policy.store(Arc::clone(&compiled.alerts));
        self.cors.store(Arc::new(compiled.server.cors.clone()));
        self.server.store(Arc::new(compiled.server));
        self.file.store(Arc::new(file));
        self.base.store(Arc::new(base));
        *self.embeddings.lock() = loaded;
        local_models::serve(models, &self.gateway);
        plugins::serve(&compiled.plugins, &self.gateway);
        let (database, now) = (&*self.storage.database, self.gateway.clock().now());
        super::called::restore(database, &live, now);
        self.gateway.publish(live);
        self.price_bell.ring();
        Ok(())
    }

    /// What a new configuration changes, in names; of keys, what is different.
    fn difference(&self, compiled: &Compiled, revision: u64) -> (Option<Value>, Option<Value>) {
        let file = self.file.load();
        let names = |snapshot: &Snapshot| {
            let mut models: Vec<String> = snapshot.models.keys().map(ToString::to_string).collect();
            models.sort_unstable();
            let providers: Vec<String> = snapshot.providers.keys().map(ToString::to_string).collect();
            (models, providers)
        };
        let (was, is) = (names(&file.snapshot), names(&compiled.snapshot));
        let (keys_were, keys_are) =
            super::keys::difference(&self.gateway.keys, &compiled.keys, self.gateway.clock().now());
        let before = json!({ "revision": self.gateway.live().snapshot.revision, "models": was.0, "providers": was.1,
            "keys": keys_were });
        let after = json!({ "revision": revision, "models": is.0, "providers": is.1, "keys": keys_are });
        let (before, after) = changed(&before, &after);
        (Some(before), Some(after))
    }

    /// The configuration file as it was named, or `environment`.
    pub(crate) fn file_name(&self) -> Arc<str> {
        Arc::clone(&self.file.load().declared.source)
    }

    /// The certificate's files, to be watched.
    pub(crate) fn tls_files(&self) -> Option<(PathBuf, PathBuf)> {
        let server = self.server.load();
        server.tls.as_ref().map(|t| (PathBuf::from(&t.cert_file), PathBuf::from(&t.key_file)))
    }

    /// Who may read the metrics.
    pub(crate) fn metric_access(&self) -> MetricAccess {
        self.server.load().metric_access
    }

    /// Files that the configuration in force is made of, beside its own and those of TLS.
    pub(crate) fn other_files(&self) -> Vec<PathBuf> {
        self.server.load().files.iter().map(PathBuf::from).collect()
    }

    /// Is the process about to end?
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// From now on `/readyz` says no.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Is traffic welcome, and the state in words. Redis is only told of: requests do without it.
    pub(crate) fn readiness(&self) -> (bool, String) {
        let draining = self.draining.load(Ordering::Relaxed);
        let store_up = self.storage.is_up();
        let journal = self.gateway.journal_is_writable();
        let ready = !draining && journal;
        let status = match (draining, journal) {
            (true, _) => "draining",
            (false, true) => "ready",
            (false, false) => "journal_full",
        };
        let store = if store_up { "up" } else { "down" };
        let redis = match &self.sharing {
            None => "",
            Some(sharing) if sharing.up.get() > 0 => ",\"redis\":\"up\"",
            Some(_) => ",\"redis\":\"down\"",
        };
        (ready, format!("{{\"status\":\"{status}\",\"store\":\"{store}\"{redis}}}"))
    }
}

fn of_file(compiled: &Compiled) -> OfFile {
    OfFile { snapshot: compiled.snapshot.clone(), declared: Arc::clone(&compiled.declared) }
}

fn load_tls(server: &ServerSettings) -> Result<Option<Arc<ServerConfig>>, ApplyError> {
    let Some(files) = &server.tls else { return Ok(None) };
    tls::load(Path::new(&files.cert_file), Path::new(&files.key_file)).map(Some).map_err(ApplyError::Tls)
}

#[cfg(test)]
mod tests;

//! The top level of the file, and the settings as a whole.

use super::alerts::AlertSettings;
use super::analytics::AnalyticsSettings;
use super::auth::AuthBlock;
use super::cache::CacheSettings;
use super::customers::CustomerSettings;
use super::datasets::DatasetBlock;
use super::embeddings::EmbeddingsSettings;
use super::evaluations::EvaluationBlock;
use super::exports::ExportBlock;
use super::guardrails::GuardrailSettings;
use super::health::HealthSettings;
use super::keys::KeySettings;
use super::listen::Listen;
use super::models::ModelSettings;
use super::network::{CorsSettings, ServerBlock, TlsSettings};
use super::otlp::OtelEnv;
use super::overload::SaturationSettings;
use super::path::PathBlock;
use super::providers::ProviderSettings;
use super::records::RecordSettings;
use super::routes::RouteSettings;
use super::scim::ScimBlock;
use super::storage::StorageSettings;
use super::telemetry::TelemetrySettings;
use crate::listed::AllGiven;
use crate::place::At;
use crate::shape::{Named, Text, Whole, settings};
use gw_model::Secret;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

settings! {
    /// Configuration of Gatewright.
    pub struct FileSettings {
        /// Address and port to listen on. `--listen` and `GATEWRIGHT_LISTEN` override it.
        default("127.0.0.1:4000") listen: Listen,
        /// Address and port for `/api`, `/ui` and `/metrics`, apart from the data plane.
        optional admin_listen: Listen,
        /// Seconds that new connections are still accepted after SIGTERM, while `/readyz` says 503.
        default(0) drain_delay_seconds: Whole<0, 3600>,
        /// Seconds that running requests may take to end after that.
        default(25) shutdown_grace_seconds: Whole<0, 86_400>,
        /// Certificate and key to listen with TLS.
        optional tls: TlsSettings,
        /// Lets browsers of other origins call the data plane. Off unless given.
        optional cors: CorsSettings,
        /// Threads, connection limits and slow-client limits.
        section server: ServerBlock,
        /// Where requests go, by a name of your own.
        section providers: Named<ProviderSettings>,
        /// The names (aliases) that callers use for models.
        section models: Named<ModelSettings>,
        /// Dynamic routes (docs/guides/dynamic-routes.md), called by name as models are.
        section routes: Named<RouteSettings>,
        /// Allow `provider/model` and bare model names besides aliases.
        default(true) direct_models: bool,
        /// Virtual keys, declared here instead of through the API.
        section keys: Vec<At<KeySettings>>,
        /// Callers with tokens of identity providers, in place of virtual keys.
        section auth: AuthBlock,
        /// People and groups that directories provision over SCIM.
        section scim: ScimBlock,
        /// End users of applications, whom callers name.
        section customers: CustomerSettings,
        /// Answer cache.
        optional cache: CacheSettings,
        /// Content policies by name.
        section guardrails: Named<GuardrailSettings>,
        /// Text embeddings in the process, for strategy `semantic`.
        section embeddings: EmbeddingsSettings,
        /// When deployments are taken for down.
        section health: HealthSettings,
        /// When calls are refused since the gateway itself has too much to do.
        section limits: SaturationSettings,
        /// Limits of the request path.
        section settings: PathBlock,
        /// Where keys, usage and records are kept, in place of the file `gatewright.db` in the data directory: `postgres://USER:PASSWORD@HOST[:PORT]/DATABASE[?sslmode=...]` (docs/guides/postgresql.md), the path of an SQLite file, or `memory:`, where all of it is gone with the process, however that ends (for trials and tests; not in a data directory whose own database lacks calls of a gateway that was killed). `GATEWRIGHT_DATABASE_URL` overrides it. Read at start.
        optional database_url: Secret,
        /// Redis where gateways count limits and budgets together, and tell each other of deployments: `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, or `rediss://` with TLS. `GATEWRIGHT_REDIS_URL` overrides it. Read at start.
        optional redis_url: Secret,
        /// What the names of channels and keys there begin with; the same for gateways that belong together.
        default("gatewright") redis_prefix: Text,
        /// Longest time in milliseconds that a call waits for an answer about limits and budgets; then `on_unavailable` says what holds.
        default(250) redis_timeout_ms: Whole<1, 10_000>,
        /// A gateway that was silent for so many milliseconds is taken for dead: what its calls hold is charged.
        default(15_000) redis_dead_after_ms: Whole<3_000, 3_600_000>,
        /// What is written down of calls.
        section records: RecordSettings,
        /// Datasets.
        section datasets: DatasetBlock,
        /// Evaluations of datasets.
        section evaluations: EvaluationBlock,
        /// Exports of records to files and object storage.
        section exports: ExportBlock,
        /// Journal and store.
        section storage: StorageSettings,
        /// Sums by minute, hour and day.
        section analytics: AnalyticsSettings,
        /// Alerts: who is told of what.
        section alerts: AlertSettings,
        /// Logs, and what a collector of OpenTelemetry is told.
        section telemetry: TelemetrySettings,
    } later { "mcp", "credentials" }
}

/// The settings in force before they are compiled: those of a file, or those made from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name of the source in messages: the file as it was given, or `environment`.
    pub source: Arc<str>,
    /// What the source says.
    pub file: FileSettings,
    /// Add the built-in emulator as provider `demo`.
    pub demo: bool,
    /// The files that it names, as far as they were read.
    pub files: Files,
    /// What the environment says about OpenTelemetry.
    pub otel: OtelEnv,
    /// What is said of plain settings, and where.
    pub(crate) given: AllGiven,
}

/// Files by the names that a configuration gives them.
pub type Files = HashMap<String, TermsFile>;

/// A file of terms.
#[derive(Clone, Debug)]
pub enum TermsFile {
    /// What it says. What is no UTF-8 stands in it as U+FFFD.
    Read(Arc<str>),
    /// Why it can not be read.
    Unread(String),
}

impl Settings {
    /// Replaces the address to listen on, for `--listen` and `GATEWRIGHT_LISTEN`.
    #[must_use]
    pub fn with_listen(mut self, listen: Option<SocketAddr>) -> Self {
        if let Some(address) = listen {
            self.file.listen = At::nowhere(Listen(address));
            self.note_start("listen", Some(address.to_string().into()));
        }
        self
    }

    /// Replaces the place of the database, for `GATEWRIGHT_DATABASE_URL`.
    #[must_use]
    pub fn with_database(mut self, url: Option<Secret>) -> Self {
        if let Some(url) = url {
            self.file.database_url = Some(At::nowhere(url));
            self.note_start("database_url", None);
        }
        self
    }

    /// Replaces the address of Redis, for `GATEWRIGHT_REDIS_URL`.
    #[must_use]
    pub fn with_redis(mut self, url: Option<Secret>) -> Self {
        if let Some(url) = url {
            self.file.redis_url = Some(At::nowhere(url));
            self.note_start("redis_url", None);
        }
        self
    }

    /// The files that the settings name, to be read and given back by [`Self::with_files`].
    #[must_use]
    pub fn named_files(&self) -> Vec<String> {
        crate::compile::named_files(&self.file)
    }

    /// Takes the files that the settings name.
    #[must_use]
    pub fn with_files(mut self, files: Files) -> Self {
        self.files = files;
        self
    }

    /// Hears what the environment says about OpenTelemetry, where the file says nothing.
    #[must_use]
    pub fn with_otel(mut self, otel: OtelEnv) -> Self {
        self.otel = otel;
        self
    }

    /// A copy without the keys, of which there may be very many.
    pub(crate) fn without_keys(&self) -> Self {
        let mut copy = self.clone();
        copy.file.keys = At::default();
        copy
    }

    /// Adds the built-in emulator as provider `demo`, so that `demo/chat` answers without any key.
    #[must_use]
    pub fn with_demo(mut self, demo: bool) -> Self {
        self.demo = demo;
        self
    }
}

//! Settings to the snapshot of the request path. Everything that needs the catalogue or looks at two
//! settings at once is checked here, each fault with its place. It must not read the environment.

mod access;
mod address;
mod alerts;
mod auth;
mod auto;
mod aws;
mod bodies;
mod cache;
mod conditions;
mod connection;
mod credentials;
mod database;
mod demo;
mod evaluations;
mod exports;
mod filters;
mod formats;
mod guardrails;
mod health_check;
mod hedge;
mod identity;
mod kept;
mod keys;
mod limits;
mod models;
mod outlier;
mod placeholders;
mod prices;
mod provider_kind;
mod providers;
mod quotas;
mod records;
mod redis;
pub mod routes;
mod scim;
mod semantic;
mod server;
mod sign_in;
pub mod stored;
mod subcalls;
mod targets;
mod telemetry;
mod url;

pub use alerts::AlertPolicy;
pub use auth::{Belongs, ClaimNames, IssuerSettings, KeysAt, MapRule, TokenSettings};
pub use bodies::{BodyStorage, BodyUpload};
pub use database::DatabaseSettings;
pub use evaluations::{DatasetSettings, EvaluationSettings};
pub use exports::{ExportSettings, S3Settings, Schedule};
pub use filters::{FILTERS, FILTERS_OF_CALLS, joined};
pub use guardrails::{LocalModelFolder, PluginFile};
pub use keys::DeclaredKey;
pub use redis::RedisSettings;
pub use scim::{GroupRule, ScimSettings};
pub use semantic::LocalEmbeddings;
pub use server::{Cors, RollupSettings, ServerLimits, ServerSettings, StoreSettings, TlsFiles};
pub use sign_in::{GroupRole, OidcClaims, OidcSettings, SignInSettings};

use crate::errors::{ConfigErrors, Faults, Warning};
use crate::settings::{FileSettings, Settings};
use gw_model::catalog::Catalog;
use gw_model::routing::HealthPolicy;
use gw_model::snapshot::{Model, PathSettings, SessionSettings};
use gw_model::{CustomerPolicy, Snapshot};
use std::collections::HashMap;
use std::sync::Arc;

/// A configuration in force.
#[derive(Clone)]
pub struct Compiled {
    /// For the request path.
    pub snapshot: Snapshot,
    /// Keys declared in the file.
    pub keys: Vec<DeclaredKey>,
    /// Callers with tokens of identity providers.
    pub tokens: Arc<TokenSettings>,
    /// How people sign in.
    pub sign_in: Arc<SignInSettings>,
    /// What people get whom directories provision.
    pub scim: Arc<ScimSettings>,
    /// How large datasets may be.
    pub datasets: DatasetSettings,
    /// Evaluations of datasets.
    pub evaluations: EvaluationSettings,
    /// Exports of records.
    pub exports: Arc<ExportSettings>,
    /// Who is told of what.
    pub alerts: Arc<AlertPolicy>,
    /// For the listening side.
    pub server: ServerSettings,
    /// For journal and store.
    pub store: StoreSettings,
    /// Where gateways meet; `None` keeps to itself what it learns of deployments.
    pub redis: Option<RedisSettings>,
    /// The model for embeddings in the process.
    pub embeddings: Option<LocalEmbeddings>,
    /// The files of guardrails' plugins.
    pub plugins: Vec<PluginFile>,
    /// The models in the process that guardrails ask.
    pub local_models: Vec<LocalModelFolder>,
    /// What is allowed but looks like a mistake.
    pub warnings: Vec<Warning>,
    /// The settings themselves, without the keys, for what the API adds to them (see [`stored`]).
    pub declared: Arc<Settings>,
}

/// Files that settings name and that are part of them.
pub(crate) fn named_files(file: &FileSettings) -> Vec<String> {
    guardrails::files(&file.guardrails.value)
}

/// Checks the settings against the catalogue and makes the snapshot.
///
/// # Errors
/// Every fault that was found, each with its place.
pub fn compile(
    settings: &Settings,
    catalog: Arc<dyn Catalog>,
    revision: u64,
) -> Result<Compiled, ConfigErrors> {
    let file = &settings.file;
    let mut faults = Faults::default();
    let mut warnings = Faults::default();
    let (compiled, models) = callable(settings, &*catalog, &mut faults, &mut warnings);
    let telemetry = telemetry::telemetry(settings, &mut faults, &mut warnings);
    let settings_of_path = PathSettings { telemetry, ..path(file, &compiled, &mut faults) };
    let mut snapshot = Snapshot {
        revision,
        providers: compiled.providers,
        models,
        absent: Arc::default(),
        direct_models: file.direct_models.value,
        catalog: Arc::clone(&catalog),
        custom_models: compiled.custom,
        health: health(&file.health.value),
        saturation: file.limits.value.policy(),
        settings: settings_of_path,
        guardrails: guardrails::compile(&file.guardrails.value.0, &settings.files, &mut faults),
        quotas: quotas::compile(file, &mut faults),
    };
    for model in &file.models.value.0 {
        guardrails::names(&model.value.guardrails.value, &file.guardrails.value, &mut faults);
    }
    routes::compile(file, &compiled.broken, &mut snapshot, &mut faults, &mut warnings);
    guardrails::check_references(&file.guardrails.value.0, &snapshot, &mut faults);
    let known = keys::KnownModels {
        models: &snapshot.models,
        providers: &snapshot.providers,
        catalog: &*catalog,
        direct: file.direct_models.value,
        guardrails: &file.guardrails.value,
    };
    let keys = keys::compile(&file.keys.value, &known, &mut faults, &mut warnings);
    let tokens = Arc::new(auth::tokens(&file.auth.value, &known, &mut faults, &mut warnings));
    let sign_in = Arc::new(sign_in::sign_in(&file.auth.value, &mut faults, &mut warnings));
    let scim = Arc::new(scim::scim(&file.scim.value, &mut faults));
    let exports = Arc::new(exports::exports(&file.exports.value, &mut faults));
    let alerts = Arc::new(alerts::alerts(&file.alerts.value, &mut faults));
    let server = server::server(file, &mut faults);
    let database = database::database(file, &mut faults);
    let store = server::store(file, database, &mut faults);
    let redis = redis::redis(file, &mut faults);
    let warnings = warnings.warnings(&settings.source);
    let compiled = Compiled {
        snapshot,
        keys,
        tokens,
        scim,
        sign_in,
        datasets: evaluations::datasets(&file.datasets.value),
        evaluations: evaluations::evaluations(&file.evaluations.value),
        exports,
        alerts,
        server,
        store,
        redis,
        embeddings: semantic::local(&file.embeddings.value, &settings.source),
        plugins: guardrails::plugins(&file.guardrails.value, &settings.source),
        local_models: guardrails::local_models(&file.guardrails.value, &settings.source),
        warnings,
        declared: Arc::new(settings.without_keys()),
    };
    faults.finish(&settings.source, Some(compiled))
}

/// The providers, and the aliases of their models.
fn callable(
    settings: &Settings,
    catalog: &dyn Catalog,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> (providers::Providers, HashMap<Arc<str>, Arc<Model>>) {
    let file = &settings.file;
    let mut compiled = providers::compile(&file.providers.value, file.listen.value.0, catalog, faults);
    if settings.demo {
        demo::add(&mut compiled, catalog, faults);
    }
    if compiled.providers.is_empty() && compiled.broken.is_empty() {
        warnings.add(file.providers.place, "there is no provider, so no model can be called");
    }
    semantic::check(file, &compiled, faults);
    let known = models::Known { models: &file.models.value, providers: &compiled, catalog };
    let models = subcalls::compile(&known, faults, warnings);
    (compiled, models)
}

fn path(
    file: &crate::settings::FileSettings,
    providers: &providers::Providers,
    faults: &mut Faults,
) -> PathSettings {
    let block = &file.settings.value;
    let storage = &file.storage.value;
    PathSettings {
        reserve_output_tokens: block.reserve_output_tokens.value.get(),
        max_body_bytes: block.max_body_bytes.value.size(),
        max_metadata_bytes: block.max_metadata_bytes.value.size(),
        max_json_depth: block.max_json_depth.value.size(),
        cost_header_buffer_bytes: block.cost_header_buffer_bytes.value.size(),
        max_translated_bytes: block.max_translated_bytes.value.size(),
        max_event_bytes: block.max_event_bytes.value.size(),
        stream_ping_ms: block.stream_ping_ms.value.get(),
        response_retention_days: u32::try_from(storage.response_retention_days.value.get())
            .unwrap_or(u32::MAX),
        max_stored_response_bytes: storage.max_stored_response_bytes.value.size(),
        realtime: realtime(&block.realtime.value),
        embeddings_cache_bytes: file.embeddings.value.cache_bytes.value.size(),
        customers: customers(&file.customers.value, faults),
        cache: cache::policies(file, providers, faults),
        client_ip: records::client_ip(&file.records.value),
        logging: records::logging(&file.records.value, faults),
        telemetry: None,
    }
}

fn customers(
    block: &crate::settings::customers::CustomerSettings,
    faults: &mut Faults,
) -> Arc<CustomerPolicy> {
    let policy = CustomerPolicy {
        on_sight: block.on_sight.value,
        required: block.required.value,
        max: block.max.value.size(),
        limits: limits::limits(&block.limits.value, faults),
        budgets: limits::budgets(&block.budgets, faults),
    };
    let has_rules = !policy.limits.list().is_empty() || !policy.budgets.is_empty();
    if has_rules && !policy.on_sight {
        let text = "limits and budgets of customers made on sight need 'on_sight: true'";
        faults.add(block.place, text);
    }
    Arc::new(policy)
}

fn health(block: &crate::settings::health::HealthSettings) -> HealthPolicy {
    HealthPolicy {
        consecutive_failures: block.consecutive_failures.value.small(),
        failure_rate_permille: block.failure_rate_percent.value.small() * 10,
        min_requests: block.min_requests.value.small(),
        window_ms: block.window_ms.value.get(),
        open_ms: block.open_ms.value.get(),
        max_open_ms: block.max_open_ms.value.get(),
        slow_start_ms: block.slow_start_ms.value.get(),
        max_park_ms: block.max_park_ms.value.get(),
    }
}

fn realtime(block: &crate::settings::realtime::RealtimeBlock) -> SessionSettings {
    SessionSettings {
        max_message_bytes: block.max_message_bytes.value.size(),
        max_session_ms: block.max_session_ms.value.get(),
        idle_ms: block.idle_ms.value.get(),
        buffer_bytes: block.buffer_bytes.value.size(),
    }
}

#[cfg(test)]
mod tests;

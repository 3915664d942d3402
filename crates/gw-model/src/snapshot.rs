//! The configuration in force, compiled: immutable, swapped whole. It holds policy only; keys and their
//! counters live in `gw-store`.

use crate::caching::CachePolicies;
use crate::catalog::{AuthScheme, Catalog, ModelInfo, ProviderKind, Quirks};
use crate::credential::Credential;
use crate::failure::ErrorClass;
use crate::format::WireFormat;
use crate::guardrail::GuardrailSpec;
use crate::limits::{Budget, Limits};
use crate::logging::LoggingRules;
use crate::record::ClientIp;
use crate::routing::{
    Capacity, FailurePolicy, Fallbacks, Group, HealthCheck, HealthPolicy, Hedge, OutlierPolicy, QueuePolicy,
    SaturationPolicy, stable_hash,
};
use crate::secret::Secret;
use crate::subcalls::{Ensemble, Mirror};
use crate::telemetry::Telemetry;
use crate::tenancy::{AccountId, CustomerPolicy, Level};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Everything the request path needs to know of the configuration.
#[derive(Clone)]
pub struct Snapshot {
    /// Grows with every change.
    pub revision: u64,
    /// Providers by configured name.
    pub providers: BTreeMap<Arc<str>, Arc<Provider>>,
    /// Aliases that callers use.
    pub models: HashMap<Arc<str>, Arc<Model>>,
    /// Names of aliases and routes that somebody made and that cannot be in force. They stand for nothing else meanwhile: an alias may
    /// have been made for its guardrails, and a provider may know a model of that name.
    pub absent: Arc<BTreeSet<Arc<str>>>,
    /// `provider/model` and bare names may be called, besides aliases.
    pub direct_models: bool,
    /// Model facts.
    pub catalog: Arc<dyn Catalog>,
    /// Facts and prices from the configuration: provider, then model. They replace the catalogue's whole.
    pub custom_models: HashMap<Arc<str>, HashMap<Arc<str>, Arc<ModelInfo>>>,
    /// When deployments are taken for down.
    pub health: HealthPolicy,
    /// When calls are refused since the gateway has too much to do.
    pub saturation: SaturationPolicy,
    /// Limits and times of the request path.
    pub settings: PathSettings,
    /// Guardrails, in the order of the file.
    pub guardrails: Vec<Arc<GuardrailSpec>>,
    /// Limits and budgets of what is called, each once.
    pub quotas: Vec<Quota>,
}

/// Limits and budgets of an alias, of a model at a provider, or of a provider: for all calls together, whoever makes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What is called; the same in every gateway of the same configuration.
    pub id: AccountId,
    /// Its name, for messages.
    pub name: Arc<str>,
    /// The limits.
    pub limits: Limits,
    /// The budgets.
    pub budgets: Vec<Budget>,
}

impl Quota {
    /// The id of an alias.
    #[must_use]
    pub fn of_model(name: &str) -> AccountId {
        called(Level::Model, [name, ""])
    }

    /// The id of a model at a provider.
    #[must_use]
    pub fn of_deployment(provider: &str, model: &str) -> AccountId {
        called(Level::Deployment, [provider, model])
    }

    /// The id of a provider.
    #[must_use]
    pub fn of_provider(name: &str) -> AccountId {
        called(Level::Provider, [name, ""])
    }
}

fn called(level: Level, names: [&str; 2]) -> AccountId {
    let half = |salt: &'static [u8]| {
        let [first, second] = names.map(str::as_bytes);
        u128::from(stable_hash([salt, first, second]))
    };
    AccountId { level, number: half(b"a") << 64 | half(b"b") }
}

/// A configured provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Configured name.
    pub name: Arc<str>,
    /// How to speak to it.
    pub kind: ProviderKind,
    /// Base URL without a trailing slash, in the form of its SDK.
    pub base_url: Arc<str>,
    /// Where the key goes.
    pub auth: AuthScheme,
    /// The key.
    pub api_key: Option<Secret>,
    /// What requests are signed with, in place of a key (Bedrock).
    pub aws: Option<AwsCredentials>,
    /// Several credentials, or one that changes while we run; empty when `api_key` or `aws` is all there is.
    pub credentials: Vec<Credential>,
    /// Formats it understands, preferred first.
    pub formats: Vec<WireFormat>,
    /// Headers added to each request.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// Azure's `api-version`; Anthropic's, where the configuration pins it.
    pub api_version: Option<Arc<str>>,
    /// Region, for residency rules and reports.
    pub region: Option<Arc<str>>,
    /// Key of its models in the price list.
    pub price_key: Arc<str>,
    /// Models that it is known to serve (from the configuration); empty when unknown.
    pub listed_models: Vec<Arc<str>>,
    /// Parameters to rename.
    pub rename_params: Vec<(Arc<str>, Arc<str>)>,
    /// Members that choose other models; refused.
    pub routing_members: Vec<Arc<str>>,
    /// What its requests must not have.
    pub quirks: Quirks,
    /// How to connect.
    pub connect: ConnectOptions,
    /// Whether it is asked by itself how it is.
    pub health_check: Option<HealthCheck>,
    /// What each of its targets can take that does not say otherwise.
    pub capacity: Option<Capacity>,
}

/// What requests to AWS are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsCredentials {
    /// Names the credential.
    pub access_key_id: Arc<str>,
    /// The secret.
    pub secret_access_key: Secret,
    /// Goes with temporary credentials.
    pub session_token: Option<Secret>,
}

/// How to reach a host. Connections are shared between providers with equal options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConnectOptions {
    /// PEM file with extra certificate authorities.
    pub ca_file: Option<Arc<str>>,
    /// PEM file with the client certificate chain.
    pub client_cert_file: Option<Arc<str>>,
    /// PEM file with the client key.
    pub client_key_file: Option<Arc<str>>,
    /// `http://` or `https://` proxy; overrides the environment. Empty text means none.
    pub proxy: Option<Arc<str>>,
    /// Link-local, metadata and similar addresses are allowed for this provider.
    pub allow_link_local: bool,
    /// Addresses of private networks and of the machine itself are refused: somebody chose the host who has no say over
    /// the gateway.
    pub only_public: bool,
    /// Use HTTP/2 on plain connections (prior knowledge).
    pub http2_prior_knowledge: bool,
}

/// A model alias: what callers name.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name.
    pub name: Arc<str>,
    /// How a target is chosen.
    pub group: Group,
    /// How many groups there are, [`Self::fallbacks`] included.
    pub groups: u16,
    /// Targets of all groups; never empty.
    pub targets: Vec<Arc<Target>>,
    /// Where to go when those of the group cannot serve a request.
    pub fallbacks: Fallbacks,
    /// What becomes of failures.
    pub failure_policy: FailurePolicy,
    /// Most targets that one request goes through.
    pub max_targets: u32,
    /// Retries.
    pub retry: RetryPolicy,
    /// Time limits.
    pub timeouts: Timeouts,
    /// A second target is asked while the first is silent.
    pub hedge: Option<Hedge>,
    /// Targets that are much worse than their peers go behind them.
    pub outlier: Option<OutlierPolicy>,
    /// How calls wait while all targets are full.
    pub queue: QueuePolicy,
    /// Where some requests are copied to.
    pub mirror: Option<Mirror>,
    /// Set where several are asked, and not the group.
    pub ensemble: Option<Ensemble>,
    /// Guardrails of its calls, by name.
    pub guardrails: Vec<Arc<str>>,
}

/// Most targets that one request goes through, unless the configuration says otherwise.
pub const MAX_TARGETS_OF_ONE_REQUEST: u32 = 8;

impl Model {
    /// A model with one target, and nothing to choose.
    #[must_use]
    pub fn single(name: Arc<str>, target: Target) -> Self {
        Self::new(name, Group::in_order(1), 1, vec![Arc::new(target)])
    }

    /// A model of which nothing but its tree is given. `groups` is how many there are in it.
    #[must_use]
    pub fn new(name: Arc<str>, group: Group, groups: u16, targets: Vec<Arc<Target>>) -> Self {
        Self {
            name,
            group,
            groups,
            targets,
            fallbacks: Fallbacks::default(),
            failure_policy: FailurePolicy::default(),
            max_targets: MAX_TARGETS_OF_ONE_REQUEST,
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            hedge: None,
            outlier: None,
            queue: QueuePolicy::default(),
            mirror: None,
            ensemble: None,
            guardrails: Vec::new(),
        }
    }
}

impl Model {
    /// Retries at a target of this model.
    #[must_use]
    pub fn retry_at<'a>(&'a self, target: &'a Target) -> &'a RetryPolicy {
        target.terms.as_ref().map_or(&self.retry, |terms| &terms.retry)
    }

    /// Time limits at a target of this model.
    #[must_use]
    pub fn timeouts_at<'a>(&'a self, target: &'a Target) -> &'a Timeouts {
        target.terms.as_ref().map_or(&self.timeouts, |terms| &terms.timeouts)
    }
}

/// One provider and model behind an alias.
#[derive(Clone, Debug)]
pub struct Target {
    /// The provider.
    pub provider: Arc<Provider>,
    /// The model's name there (Azure: the deployment).
    pub model: Arc<str>,
    /// The provider's credential of that name, and no other.
    pub credential: Option<Arc<str>>,
    /// What it can take.
    pub capacity: Option<Capacity>,
    /// Targets of the same family are as good as each other; the model's name unless the configuration says otherwise.
    pub family: Arc<str>,
    /// Facts and prices, custom prices included.
    pub info: Arc<ModelInfo>,
    /// Retries and time limits here, in place of the model's.
    pub terms: Option<Arc<Terms>>,
}

/// How a target is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Retries.
    pub retry: RetryPolicy,
    /// Time limits; that of the whole request is the model's alone.
    pub timeouts: Timeouts,
}

impl Target {
    /// A provider's model of which the configuration says nothing more.
    #[must_use]
    pub fn plain(provider: &Arc<Provider>, model: &str, info: Arc<ModelInfo>) -> Self {
        let model: Arc<str> = model.into();
        Self {
            provider: Arc::clone(provider),
            family: Arc::clone(&model),
            model,
            credential: None,
            capacity: provider.capacity,
            terms: None,
            info,
        }
    }
}

/// When to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries at one target, the first included; at least 1.
    pub attempts: u32,
    /// What is worth another try at the same target.
    pub on: Vec<RetryOn>,
    /// First back-off in milliseconds; doubles, with full jitter.
    pub backoff_ms: u64,
    /// Longest back-off, and the longest Retry-After that is waited for, in milliseconds.
    pub max_backoff_ms: u64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 2,
            on: vec![RetryOn::Status429, RetryOn::Status5xx, RetryOn::Timeout, RetryOn::Connect],
            backoff_ms: 200,
            max_backoff_ms: 5_000,
        }
    }
}

/// A kind of failure that is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryOn {
    /// Status 429.
    Status429,
    /// Any 5xx.
    Status5xx,
    /// This status.
    Status(u16),
    /// This class of errors.
    Class(ErrorClass),
    /// A time limit before the first byte.
    Timeout,
    /// The connection could not be made, or broke before the first byte.
    Connect,
}

/// Time limits of one attempt (`total_ms` of the whole request). All in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP and TLS.
    pub connect_ms: u64,
    /// From the request's last byte to the answer's head.
    pub first_byte_ms: u64,
    /// Between two pieces of the answer.
    pub idle_ms: u64,
    /// Whole request, retries included.
    pub total_ms: u64,
    /// From a stream's head to its first token, while another target is left.
    pub first_token_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect_ms: 5_000,
            first_byte_ms: 120_000,
            idle_ms: 60_000,
            total_ms: 600_000,
            first_token_ms: 60_000,
        }
    }
}

/// Limits of the request path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathSettings {
    /// Output bound that is reserved when neither request nor model states one.
    pub reserve_output_tokens: u64,
    /// Largest request body in bytes.
    pub max_body_bytes: usize,
    /// Largest metadata that a caller may send in a header.
    pub max_metadata_bytes: usize,
    /// Largest JSON nesting.
    pub max_json_depth: usize,
    /// Largest whole answer that is held back to state its cost in a header, in bytes.
    pub cost_header_buffer_bytes: usize,
    /// Largest answer that is translated (it must be held whole), in bytes.
    pub max_translated_bytes: usize,
    /// Largest single event of a stream, in bytes.
    pub max_event_bytes: usize,
    /// Silence after which a stream gets an SSE comment, in milliseconds; 0 turns it off.
    pub stream_ping_ms: u64,
    /// How long stored responses are kept, in days.
    pub response_retention_days: u32,
    /// Largest conversation that the gateway stores itself, in bytes of its request.
    pub max_stored_response_bytes: usize,
    /// Sessions over a WebSocket.
    pub realtime: SessionSettings,
    /// What vectors of one model for embeddings may take in memory, in bytes.
    pub embeddings_cache_bytes: usize,
    /// What becomes of customers that nobody made.
    pub customers: Arc<CustomerPolicy>,
    /// How answers are reused; `None` when none are.
    pub cache: Option<Arc<CachePolicies>>,
    /// What records say of clients' addresses.
    pub client_ip: ClientIp,
    /// How much is written down of calls.
    pub logging: LoggingRules,
    /// What a collector of OpenTelemetry is told; `None` when nothing is.
    pub telemetry: Option<Arc<Telemetry>>,
}

/// Limits of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// Largest message, of either side, in bytes.
    pub max_message_bytes: usize,
    /// Longest life of a session, in milliseconds.
    pub max_session_ms: u64,
    /// Silence of a side after which it gets a ping, and after as much again is taken for gone, in milliseconds; 0
    /// turns it off.
    pub idle_ms: u64,
    /// Most bytes that wait to be written, in each direction; reading stops above that.
    pub buffer_bytes: usize,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            max_message_bytes: 16 << 20,
            max_session_ms: 7_200_000,
            idle_ms: 60_000,
            buffer_bytes: 1 << 20,
        }
    }
}

impl Default for PathSettings {
    fn default() -> Self {
        Self {
            reserve_output_tokens: 4096,
            max_body_bytes: 64 << 20,
            max_metadata_bytes: 8 << 10,
            max_json_depth: 128,
            cost_header_buffer_bytes: 1 << 20,
            max_translated_bytes: 64 << 20,
            max_event_bytes: 8 << 20,
            stream_ping_ms: 15_000,
            response_retention_days: 30,
            max_stored_response_bytes: 16 << 20,
            realtime: SessionSettings::default(),
            embeddings_cache_bytes: 16 << 20,
            customers: Arc::default(),
            cache: None,
            client_ip: ClientIp::Off,
            logging: LoggingRules::default(),
            telemetry: None,
        }
    }
}

impl Snapshot {
    /// Facts and prices that the configuration gives a provider's model, in place of the catalogue's.
    #[must_use]
    pub fn custom_info(&self, provider: &str, model: &str) -> Option<Arc<ModelInfo>> {
        self.custom_models.get(provider)?.get(model).map(Arc::clone)
    }
}

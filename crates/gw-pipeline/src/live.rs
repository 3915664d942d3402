//! A snapshot made ready for traffic: destinations parsed, credentials turned into header values, and
//! names resolved once. Immutable apart from a bounded memo of resolved names.

use crate::credentials::{Credentials, Room};
use crate::embedding::Embedding;
use crate::guard::Guards;
use crate::health::Board;
use crate::lineup::{Lineup, Quotas};
use crate::route::meaning::{SemanticGroup, Source, Sources};
use crate::route::resolve::{self, Resolution};
use ahash::AHashMap;
use gw_model::routing::EmbedderName;
use gw_model::snapshot::{Model, Provider, Quota};
use gw_model::{AccountPolicy, Micros, Refusal, Snapshot, WireFormat};
use gw_providers::PreparedProvider;
use gw_store::memory::{Account, AccountTable, NewAccount};
use gw_upstream::{Destination, DestinationError, ProxyEnv};
use parking_lot::Mutex;
use std::sync::Arc;

/// Resolved names kept per snapshot; callers choose names, so the memo is bounded.
const MAX_RESOLVED: usize = 2048;

/// Where a provider is and how it wants to be spoken to.
pub(crate) struct ProviderEndpoint {
    pub(crate) destination: Destination,
    /// Where some formats go instead.
    pub(crate) others: Vec<(WireFormat, Destination)>,
    /// With the provider's own credential; see `credentials` for those that are chosen per request.
    pub(crate) prepared: PreparedProvider,
    pub(crate) credentials: Credentials,
}

impl ProviderEndpoint {
    /// Where requests in that format go.
    pub(crate) fn destination(&self, format: WireFormat) -> &Destination {
        let other = self.others.iter().find(|(known, _)| *known == format);
        other.map_or(&self.destination, |(_, destination)| destination)
    }
}

/// See the module.
pub struct Live {
    /// The configuration.
    pub snapshot: Snapshot,
    endpoints: AHashMap<Arc<str>, ProviderEndpoint>,
    /// Aliases, ready for routing.
    aliases: AHashMap<Arc<str>, Arc<Lineup>>,
    board: Arc<Board>,
    sources: Sources,
    quotas: Quotas,
    pub(crate) guards: Guards,
    resolved: Mutex<AHashMap<(WireFormat, String), Resolution>>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("revision", &self.snapshot.revision).finish_non_exhaustive()
    }
}

/// Why a snapshot cannot be put in force.
#[derive(Debug)]
pub enum PublishError {
    /// A provider's address or connection options are unusable.
    Destination {
        /// The provider.
        provider: Arc<str>,
        /// What is wrong.
        source: DestinationError,
    },
    /// A provider's headers or credential cannot be sent.
    Headers {
        /// The provider.
        provider: Arc<str>,
        /// What is wrong.
        source: gw_providers::PrepareError,
    },
    /// The host of a guardrail is unusable.
    Guardrail {
        /// The guardrail.
        guardrail: Arc<str>,
        /// What is wrong.
        source: DestinationError,
    },
}

impl std::fmt::Display for PublishError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Destination { provider, .. } | Self::Headers { provider, .. } => {
                write!(f, "provider '{provider}' cannot be used as configured")
            }
            Self::Guardrail { guardrail, .. } => {
                write!(f, "guardrail '{guardrail}' cannot be used as configured")
            }
        }
    }
}

impl std::error::Error for PublishError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Destination { source, .. } | Self::Guardrail { source, .. } => Some(source),
            Self::Headers { source, .. } => Some(source),
        }
    }
}

/// What is called, with its limits and budgets of now.
fn called(quota: &Quota) -> NewAccount {
    let (limits, budgets) = (quota.limits.clone(), quota.budgets.clone());
    let policy = AccountPolicy { limits, budgets, ..AccountPolicy::default() };
    let name = Arc::clone(&quota.name);
    NewAccount { id: quota.id, name, parent: None, policy, plan: None, disabled: false }
}

impl Live {
    pub(crate) fn new(
        snapshot: Snapshot,
        room: &Room,
        board: &Arc<Board>,
        embedding: Option<Arc<dyn Embedding>>,
        accounts: &AccountTable,
        before: Option<&Self>,
    ) -> Result<Self, PublishError> {
        let proxies = ProxyEnv::from_vars(|name| std::env::var(name).ok());
        let mut endpoints = AHashMap::new();
        for (name, provider) in &snapshot.providers {
            endpoints.insert(Arc::clone(name), endpoint(provider, &proxies, room)?);
        }
        let sources = Sources::new(embedding, snapshot.settings.embeddings_cache_bytes);
        if let Some(before) = before {
            sources.go_on(&before.sources, |name| is_same_model(name, &snapshot, &before.snapshot));
        }
        let guards = Guards::new(&snapshot.guardrails, &proxies, before.map(|before| &before.guards))?;
        // Rules that are others than those in force wait until this is in force: it may never be.
        let prepared = |quota: &Quota| (quota.id, accounts.prepared(called(quota)));
        let quotas: Quotas = snapshot.quotas.iter().map(prepared).collect();
        let lineup = |(name, model): (&Arc<str>, &Arc<Model>)| {
            (Arc::clone(name), Lineup::new(Arc::clone(model), board, &sources, &quotas))
        };
        let aliases: AHashMap<_, _> = snapshot.models.iter().map(lineup).collect();
        for (name, lineup) in &aliases {
            let known = before.and_then(|before| before.aliases.get(name));
            let known = known.map_or(&[][..], |known| known.semantic());
            lineup.semantic().iter().for_each(|group| group.go_on(known));
        }
        Ok(Self {
            snapshot,
            endpoints,
            aliases,
            board: Arc::clone(board),
            sources,
            quotas,
            guards,
            resolved: Mutex::default(),
        })
    }

    /// Everything that is called and has limits or budgets, each with what counts for it.
    pub fn called(&self) -> impl Iterator<Item = (&Quota, &Arc<Account>)> {
        self.snapshot.quotas.iter().filter_map(|quota| Some((quota, self.quotas.get(&quota.id)?)))
    }

    /// From now on what is called is counted by the limits and budgets of this; what was counted before stays.
    pub(crate) fn count_by(&self, accounts: &AccountTable) {
        self.called().for_each(|(quota, account)| accounts.adopt(account, called(quota)));
    }

    /// Has the provider a budget that may refuse, or anything that is called there?
    pub(crate) fn has_budget(&self, provider: &str) -> bool {
        if self.quotas.is_empty() {
            return false;
        }
        let quota = self.quotas.get(&Quota::of_provider(provider));
        let is_there =
            |lineup: &Lineup| lineup.targets.iter().any(|target| *target.provider.name == *provider);
        quota.is_some_and(|quota| quota.rules().budgets().iter().any(|budget| !budget.shadow))
            || self.aliases.values().any(|lineup| lineup.has_budgets() && is_there(lineup))
    }

    /// A configuration that serves nobody, to ask where requests would go. Errors: a provider cannot be connected to.
    pub fn alone(snapshot: Snapshot, embedding: Option<Arc<dyn Embedding>>) -> Result<Self, PublishError> {
        Self::new(
            snapshot,
            &Room::default(),
            &Arc::new(Board::default()),
            embedding,
            &AccountTable::default(),
            None,
        )
    }

    /// Does a condition read headers of callers?
    pub(crate) fn reads_headers(&self) -> bool {
        self.aliases.values().any(|model| model.reads().is_some_and(|reads| reads.headers))
    }

    pub(crate) fn endpoint(&self, provider: &Provider) -> Option<&ProviderEndpoint> {
        self.endpoints.get(&provider.name)
    }

    /// What makes vectors, by its name in the configuration.
    pub(crate) fn vectors(&self, name: &EmbedderName) -> Source {
        self.sources.named(name)
    }

    /// The semantic groups of all aliases, each with its alias.
    pub(crate) fn semantic_groups(&self) -> impl Iterator<Item = (&str, &SemanticGroup)> {
        let groups = |(name, lineup)| {
            let (name, lineup): (&Arc<str>, &Arc<Lineup>) = (name, lineup);
            lineup.semantic().iter().map(move |group| (&**name, group))
        };
        self.aliases.iter().flat_map(groups)
    }

    /// Compares the targets of each model that wants that, and ejects who is much worse than its peers.
    pub(crate) fn compare_targets(&self, now: Micros) {
        self.aliases
            .values()
            .filter_map(|lineup| lineup.outliers())
            .for_each(|outliers| outliers.compare(now));
    }

    /// A model, ready for routing; most of them are no aliases.
    pub(crate) fn lineup(&self, model: Arc<Model>) -> Arc<Lineup> {
        let known = self.aliases.get(&model.name).filter(|known| Arc::ptr_eq(known.model(), &model));
        known.map_or_else(|| Lineup::new(model, &self.board, &self.sources, &self.quotas), Arc::clone)
    }

    /// What a model name means, in the caller's format. Errors: 404 `model_not_found`, naming candidates.
    pub fn resolve(&self, name: &str, format: WireFormat) -> Result<Resolution, Refusal> {
        if let Some(model) = self.aliases.get(name) {
            return Ok(Resolution { model: Arc::clone(model), qualified: None, is_configured: true });
        }
        let key = (format, name.to_owned());
        if let Some(found) = self.resolved.lock().get(&key) {
            return Ok(found.clone());
        }
        let model = resolve::direct(&self.snapshot, name, format)?;
        let qualified = Some(Arc::clone(&model.name));
        let is_configured = resolve::is_configured(&self.snapshot, &model);
        let found = Resolution { model: self.lineup(Arc::new(model)), qualified, is_configured };
        let mut memo = self.resolved.lock();
        if memo.len() >= MAX_RESOLVED {
            memo.clear();
        }
        memo.insert(key, found.clone());
        Ok(found)
    }
}

/// Does a model's name mean the very same in both? A file that is read again makes all models anew.
fn is_same_model(name: &str, one: &Snapshot, other: &Snapshot) -> bool {
    match (one.models.get(name), other.models.get(name)) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => {
            let provider = name.split_once('/').map_or("", |(provider, _)| provider);
            let both = one.providers.get(provider).zip(other.providers.get(provider));
            both.is_some_and(|(one, other)| Arc::ptr_eq(one, other))
        }
        _ => false,
    }
}

fn endpoint(
    provider: &Arc<Provider>,
    proxies: &ProxyEnv,
    room: &Room,
) -> Result<ProviderEndpoint, PublishError> {
    let parse = |url: &str| {
        let parsed = Destination::parse(url, &provider.connect, proxies);
        parsed
            .map(|(destination, _)| destination)
            .map_err(|source| PublishError::Destination { provider: Arc::clone(&provider.name), source })
    };
    let destination = parse(&provider.base_url)?;
    let wrong = |source| PublishError::Headers { provider: Arc::clone(&provider.name), source };
    let prepared = PreparedProvider::new(provider).map_err(wrong)?;
    let credentials = Credentials::new(provider, room).map_err(wrong)?;
    let mut others = Vec::new();
    for format in &provider.formats {
        if let Some(authority) = prepared.other_authority(*format) {
            others.push((*format, parse(&format!("{}://{authority}", prepared.scheme()))?));
        }
    }
    Ok(ProviderEndpoint { destination, others, prepared, credentials })
}

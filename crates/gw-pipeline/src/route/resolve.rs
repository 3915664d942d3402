//! What a model name means when it is not an alias: `provider/model`, a bare name of the path format's
//! native provider, or the only enabled provider that lists it. Pure.

use crate::lineup::Lineup;
use gw_model::catalog::ProviderKind;
use gw_model::snapshot::{Model, Provider, Snapshot, Target};
use gw_model::{ErrorCode, Refusal, WireFormat};
use std::sync::Arc;

/// How many candidates a 404 names.
const MAX_CANDIDATES: usize = 5;

/// A resolved name.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// What would run.
    pub model: Arc<Lineup>,
    /// The `provider/model` spelling, when the name is not an alias.
    pub qualified: Option<Arc<str>>,
    /// It is an alias, or a name that the configuration or the catalogue has. Behind `provider/` callers may write anything.
    pub is_configured: bool,
}

/// Does the configuration or the catalogue know what a name that is no alias stands for?
pub(crate) fn is_configured(snapshot: &Snapshot, model: &Model) -> bool {
    let [target] = &*model.targets else { return false };
    let (provider, name) = (&target.provider, &*target.model);
    let is_same = |other: &Arc<Target>| *other.model == *name && other.provider.name == provider.name;
    lists(snapshot, provider, name)
        || snapshot.custom_info(&provider.name, name).is_some()
        || snapshot.models.values().any(|model| model.targets.iter().any(is_same))
}

/// Resolves a name that is no alias.
pub(crate) fn direct(snapshot: &Snapshot, name: &str, format: WireFormat) -> Result<Model, Refusal> {
    if snapshot.absent.contains(name) {
        return Err(absent(name));
    }
    if !snapshot.direct_models {
        return Err(not_found(snapshot, name));
    }
    if let Some((prefix, rest)) = name.split_once('/')
        && let Some(provider) = snapshot.providers.get(prefix)
        && !rest.is_empty()
    {
        return Ok(single(snapshot, provider, rest));
    }
    let native = format.api().native_provider();
    // A name with a slash that nobody lists is meant for a provider that is not here: sending it to another
    // one would be a guess.
    if let Some(provider) = snapshot.providers.get(native)
        && (lists(snapshot, provider, name)
            || name.starts_with("arn:")
            || !(name.contains('/') || listed_elsewhere(snapshot, native, name)))
    {
        return Ok(single(snapshot, provider, name));
    }
    let mut listing = snapshot.providers.values().filter(|p| lists(snapshot, p, name));
    match (listing.next(), listing.next()) {
        (Some(only), None) => Ok(single(snapshot, only, name)),
        _ => Err(not_found(snapshot, name)),
    }
}

fn listed_elsewhere(snapshot: &Snapshot, native: &str, name: &str) -> bool {
    snapshot.providers.values().any(|p| *p.name != *native && lists(snapshot, p, name))
}

/// Does the provider list the model, in the configuration or in the catalogue?
fn lists(snapshot: &Snapshot, provider: &Provider, name: &str) -> bool {
    provider.listed_models.iter().any(|m| **m == *name)
        || snapshot.catalog.model(&provider.price_key, name).is_some()
}

/// A model with one target, as good as an alias written for it; its name is `provider/model`.
pub(crate) fn single(snapshot: &Snapshot, provider: &Arc<Provider>, name: &str) -> Model {
    let info = snapshot.catalog.model(&provider.price_key, name).unwrap_or_default();
    let info = snapshot.custom_info(&provider.name, name).unwrap_or_else(|| Arc::new(info));
    let qualified = format!("{}/{name}", provider.name).into();
    Model::single(qualified, Target::plain(provider, name, info))
}

/// A provider as the only target, for a call that names a path there. `name` is the model, as far as it is known.
pub(crate) fn provider_itself(snapshot: &Snapshot, provider: &Arc<Provider>, name: &str) -> Model {
    if !name.is_empty() {
        return single(snapshot, provider, name);
    }
    Model::single(Arc::clone(&provider.name), Target::plain(provider, name, Arc::default()))
}

/// What a model's name, as callers write it, is called at that provider: for requests that go there whatever they name.
/// Errors: 404 `model_not_found`; 400 `invalid_request` when the name stands for models of other providers only.
pub(crate) fn name_at(
    snapshot: &Snapshot,
    provider: &Arc<Provider>,
    name: &str,
) -> Result<Arc<str>, Refusal> {
    if let Some(model) = snapshot.models.get(name) {
        let here = model.targets.iter().find(|target| target.provider.name == provider.name);
        return here.map(|target| Arc::clone(&target.model)).ok_or_else(|| elsewhere(provider, name));
    }
    if snapshot.absent.contains(name) {
        return Err(absent(name));
    }
    if !snapshot.direct_models {
        return Err(not_found(snapshot, name));
    }
    if let Some((prefix, rest)) = name.split_once('/')
        && snapshot.providers.contains_key(prefix)
        && !rest.is_empty()
    {
        return if *prefix == *provider.name { Ok(rest.into()) } else { Err(elsewhere(provider, name)) };
    }
    // Azure's names are those of deployments, which no list has.
    let takes_any = *provider.name == *"openai" || provider.kind == ProviderKind::AzureOpenAi;
    let is_bare = takes_any && !name.contains('/');
    if lists(snapshot, provider, name) || (is_bare && !listed_elsewhere(snapshot, &provider.name, name)) {
        return Ok(name.into());
    }
    Err(not_found(snapshot, name))
}

fn elsewhere(provider: &Provider, name: &str) -> Refusal {
    let text = format!(
        "the model '{name}' is not served by the provider '{}', which is to run this; requests for models of other \
             providers need a file of their own, and 'x-gatewright-provider' names the provider that keeps a file",
        provider.name
    );
    Refusal::new(ErrorCode::InvalidRequest, text).param("model")
}

fn absent(name: &str) -> Refusal {
    let text = format!(
        "the model '{name}' of this gateway cannot be used now; tell its operator, who finds why in its list of models"
    );
    Refusal::new(ErrorCode::ModelNotFound, text).param("model")
}

fn not_found(snapshot: &Snapshot, name: &str) -> Refusal {
    let mut candidates: Vec<String> = if snapshot.direct_models {
        let listing = snapshot.providers.values().filter(|p| lists(snapshot, p, name));
        listing.map(|p| format!("{}/{name}", p.name)).collect()
    } else {
        Vec::new()
    };
    if candidates.is_empty() {
        candidates = snapshot.models.keys().map(ToString::to_string).collect();
        candidates
            .sort_by_key(|c| (common_prefix(c, name) == 0, usize::MAX - common_prefix(c, name), c.clone()));
    }
    candidates.truncate(MAX_CANDIDATES);
    let hint = if candidates.is_empty() {
        "name it as 'provider/model'; 'GET /v1/models' lists what there is".to_owned()
    } else {
        format!("did you mean {}? 'GET /v1/models' lists what there is", candidates.join(", "))
    };
    Refusal::new(ErrorCode::ModelNotFound, format!("there is no model '{name}'; {hint}")).param("model")
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count()
}

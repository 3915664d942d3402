//! Which provider keeps a file or runs a batch, and where its endpoints are.

use crate::live::Live;
use crate::route::resolve;
use gw_model::snapshot::Provider;
use gw_model::{Call, ErrorCode, ObjectAsk, RawLine, Refusal, WireFormat};
use gw_store::objects::Object;
use std::sync::Arc;

/// The provider that is taken when there is a choice.
const PREFERRED: &str = "openai";

/// Has this provider files and batches of OpenAI's shape?
pub(super) fn has_files(provider: &Provider) -> bool {
    gw_providers::object_path(provider, "").is_some()
}

/// The provider for a file of requests that names these models, unless the caller names it: of those that serve the
/// first model, in the order of its targets or with `openai` before others, the first that serves all of them, else
/// the first. Lines that it does not serve are refused one by one. `None` when nothing is known to serve the first.
pub(super) fn by_models(live: &Live, call: &Call, models: &[&str]) -> Option<Arc<Provider>> {
    let first = models.first()?;
    if call.raw.as_ref().is_none_or(|line| !line.provider.is_empty()) {
        return None;
    }
    let snapshot = &live.snapshot;
    let serves = |provider: &Arc<Provider>, model: &str| resolve::name_at(snapshot, provider, model).is_ok();
    let mut serving: Vec<&Arc<Provider>> = match snapshot.models.get(*first) {
        Some(alias) => alias.targets.iter().map(|target| &target.provider).collect(),
        None => {
            let preferred = snapshot.providers.get(PREFERRED);
            let all = preferred.into_iter().chain(snapshot.providers.values());
            all.filter(|provider| serves(provider, first)).collect()
        }
    };
    serving.retain(|provider| has_files(provider));
    let serves_all = |provider: &&&Arc<Provider>| models.iter().all(|model| serves(provider, model));
    serving.iter().find(serves_all).or(serving.first()).map(|provider| Arc::clone(provider))
}

/// The provider: that of the object which is named, else the one that the caller names, else that of a new batch's
/// file, else `openai`, else the first that has files.
pub(super) fn provider(
    live: &Live,
    call: &Call,
    ask: &ObjectAsk,
    object: Option<&Object>,
) -> Result<Arc<Provider>, Refusal> {
    let providers = &live.snapshot.providers;
    let hint = call.raw.as_ref().map(|line| &*line.provider).filter(|name| !name.is_empty());
    if let Some(object) = object.filter(|_| ask.id().is_some() || hint.is_none()) {
        // Behind another provider's path the id is nobody's.
        if call.format == WireFormat::Passthrough && hint != Some(&*object.provider) {
            let kind = if ask.is_about_file() { "file" } else { "batch" };
            let text = format!("there is no {kind} of that id at this provider");
            return Err(Refusal::new(ErrorCode::NotFound, text).param("id"));
        }
        let gone = || {
            let text =
                format!("the provider '{}', which keeps this, is not configured any more", object.provider);
            Refusal::new(ErrorCode::NotFound, text)
        };
        return providers.get(&*object.provider).map(Arc::clone).ok_or_else(gone);
    }
    if let Some(name) = hint {
        return match providers.get(name) {
            Some(provider) if has_files(provider) => Ok(Arc::clone(provider)),
            Some(_) => {
                Err(refuse(format!("the provider '{name}' has no files and batches of OpenAI's shape")))
            }
            None => Err(refuse(format!("there is no provider '{name}' here"))),
        };
    }
    let preferred = providers.get(PREFERRED).filter(|provider| has_files(provider));
    let found = preferred.or_else(|| providers.values().find(|provider| has_files(provider)));
    found.map(Arc::clone).ok_or_else(|| {
        refuse(
            "no configured provider has files and batches; name one with 'x-gatewright-provider'".to_owned(),
        )
    })
}

fn refuse(text: String) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, text).param("provider")
}

/// Writes provider, path and query into the request's line.
pub(super) fn address(provider: &Provider, ask: &ObjectAsk, line: &mut RawLine) -> Result<(), Refusal> {
    let Some((path, query)) = gw_providers::object_path(provider, &ask.path()) else {
        return Err(refuse(format!("the provider '{}' has no files and batches", provider.name)));
    };
    line.provider = provider.name.to_string();
    line.path = path;
    if let Some(query) = query {
        let join = if line.query.is_empty() { "" } else { "&" };
        line.query = [&query, join, &line.query].concat();
    }
    Ok(())
}

//! Which kept things a call could come by: those of the providers that it may go to. An id means nothing at a provider
//! that did not give it, and some let their users choose ids. It must not judge whose a thing is.

use crate::live::Live;
use gw_model::Call;
use gw_model::catalog::ProviderKind;
use gw_model::snapshot::{Provider, Snapshot};
use gw_store::objects::Object;

/// See the module.
pub(super) struct Reach<'a> {
    snapshot: &'a Snapshot,
    /// Kinds and hosts of the providers. `None`: it is not known where the call goes.
    places: Option<Vec<(ProviderKind, String)>>,
}

impl<'a> Reach<'a> {
    /// Of a call to the provider whose path it names, or to those that serve its model.
    pub(super) fn of(live: &'a Live, call: &Call) -> Self {
        let snapshot = &live.snapshot;
        let places = match call.raw.as_deref() {
            Some(line) => snapshot.providers.get(&*line.provider).map(|provider| vec![place(provider)]),
            None => live.resolve(&call.facts.model, call.format).ok().map(|found| {
                found.model.targets.iter().map(|target| place(&target.provider)).collect::<Vec<_>>()
            }),
        };
        Self { snapshot, places }
    }

    /// Of a call to this provider.
    pub(super) fn at(live: &'a Live, provider: &Provider) -> Self {
        Self { snapshot: &live.snapshot, places: Some(vec![place(provider)]) }
    }

    /// Could the call come by this? Providers of one kind, and those at one host, may share an account; so may one
    /// that was configured under another name.
    pub(super) fn has(&self, object: &Object) -> bool {
        let Some(places) = &self.places else { return true };
        let Some(keeper) = self.snapshot.providers.get(&*object.provider) else { return true };
        let (kind, host) = place(keeper);
        places.iter().any(|(other, at)| *other == kind || *at == host)
    }
}

fn place(provider: &Provider) -> (ProviderKind, String) {
    let url = &*provider.base_url;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    (provider.kind, rest.split('/').next().unwrap_or_default().to_ascii_lowercase())
}

//! The provider `demo`: the built-in emulator, so that a first request works without any key.

use super::address::EMULATOR_URL;
use super::provider_kind;
use super::providers::Providers;
use crate::errors::Faults;
use crate::place::Place;
use gw_model::catalog::{Catalog, ProviderKind, Quirks};
use gw_model::snapshot::{ConnectOptions, Provider};
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = "demo";

/// Adds the provider, unless the file has one of that name.
pub(super) fn add(providers: &mut Providers, catalog: &dyn Catalog, faults: &mut Faults) {
    if providers.providers.contains_key(NAME) {
        faults.add(
            Place::NONE,
            "--demo adds a provider 'demo', and the file has one too: rename that, or leave --demo out",
        );
        return;
    }
    let Ok(spec) = provider_kind::find(Some("emulator"), NAME, catalog) else { return };
    let provider = Provider {
        name: NAME.into(),
        kind: ProviderKind::Emulator,
        base_url: EMULATOR_URL.into(),
        auth: spec.auth.clone(),
        api_key: None,
        aws: None,
        credentials: Vec::new(),
        formats: spec.formats.clone(),
        headers: Vec::new(),
        api_version: None,
        region: None,
        price_key: Arc::clone(&spec.price_key),
        // The catalogue names its models and their made-up prices.
        listed_models: Vec::new(),
        health_check: None,
        capacity: None,
        rename_params: Vec::new(),
        routing_members: Vec::new(),
        quirks: Quirks::default(),
        connect: ConnectOptions::default(),
    };
    providers.providers.insert(NAME.into(), Arc::new(provider));
}

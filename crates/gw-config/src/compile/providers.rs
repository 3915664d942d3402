//! Providers: kind, base URL, credential, headers and connection, each checked.

use super::{address, connection, credentials, formats, prices, provider_kind};
use crate::errors::Faults;
use crate::settings::providers::ProviderSettings;
use crate::shape::{Named, NamedEntry};
use gw_model::catalog::{Catalog, ModelInfo, ProviderKind, ProviderSpec};
use gw_model::snapshot::Provider;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

/// Azure's `api-version` when the file names none.
pub(super) const AZURE_API_VERSION: &str = "v1";
/// Longest provider name in bytes; it is a metric label.
const MAX_NAME_BYTES: usize = 64;

/// Facts of models by name, from the file.
pub(super) type CustomModels = HashMap<Arc<str>, Arc<ModelInfo>>;

/// The providers, and the models that they have from the file.
pub(super) struct Providers {
    pub(super) providers: BTreeMap<Arc<str>, Arc<Provider>>,
    pub(super) custom: HashMap<Arc<str>, CustomModels>,
    /// Names in the file whose provider has a fault: targets that name them are not missing.
    pub(super) broken: Vec<String>,
}

impl Providers {
    /// Facts of a provider's model: the file's, else the catalogue's.
    pub(super) fn info(&self, provider: &Provider, model: &str, catalog: &dyn Catalog) -> Arc<ModelInfo> {
        let custom = self.custom.get(&provider.name).and_then(|models| models.get(model));
        custom.map_or_else(
            || Arc::new(catalog.model(&provider.price_key, model).unwrap_or_default()),
            Arc::clone,
        )
    }
}

pub(super) fn compile(
    settings: &Named<ProviderSettings>,
    listen: SocketAddr,
    catalog: &dyn Catalog,
    faults: &mut Faults,
) -> Providers {
    let mut all = Providers { providers: BTreeMap::new(), custom: HashMap::new(), broken: Vec::new() };
    for entry in &settings.0 {
        match provider(entry, catalog, faults) {
            Some(provider) => {
                address::check_not_ourselves(entry, &provider, listen, faults);
                let custom = custom_models(entry, &provider.price_key, catalog, faults);
                if !custom.is_empty() {
                    all.custom.insert(Arc::clone(&provider.name), custom);
                }
                all.providers.insert(Arc::clone(&provider.name), Arc::new(provider));
            }
            None => all.broken.push(entry.name.clone()),
        }
    }
    all
}

fn provider(
    entry: &NamedEntry<ProviderSettings>,
    catalog: &dyn Catalog,
    faults: &mut Faults,
) -> Option<Provider> {
    let (name, settings) = (&entry.name, &entry.value);
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(plain) {
        let message = format!(
            "provider name '{name}' may have letters, digits, '-', '_' and '.' only, at most {MAX_NAME_BYTES}"
        );
        faults.add(entry.place, message);
        return None;
    }
    let kind_at = settings.kind.as_ref().map_or(entry.place, |kind| kind.place);
    let kind = settings.kind.as_ref().map(|kind| kind.value.as_str());
    let spec = match provider_kind::find(kind, name, catalog) {
        Ok(spec) => spec,
        Err(message) => {
            faults.add(kind_at, message);
            return None;
        }
    };
    let base_url = address::base_url(entry, &spec, faults);
    let credentials = credentials::compile(entry, &spec, faults);
    let formats = formats::formats(settings, &spec, faults);
    let headers = connection::headers(&settings.headers.value, &spec, faults);
    let connect = connection::connect(settings, faults);
    let api_version = api_version(settings, &spec, faults);
    let health_check = super::health_check::compile(settings, spec.kind, faults);
    Some(Provider {
        name: name.as_str().into(),
        kind: spec.kind,
        base_url: base_url?.into(),
        auth: spec.auth.clone(),
        api_key: credentials.api_key,
        aws: credentials.aws,
        credentials: credentials.list,
        formats,
        headers,
        api_version,
        region: settings.region.as_ref().or(settings.location.as_ref()).map(|at| at.value.as_str().into()),
        price_key: Arc::clone(&spec.price_key),
        listed_models: settings.models.value.0.iter().map(|model| model.name.as_str().into()).collect(),
        rename_params: spec.rename_params.clone(),
        routing_members: spec.routing_members.clone(),
        quirks: spec.quirks.clone(),
        connect,
        health_check,
        capacity: settings.capacity.as_ref().map(|at| at.value.capacity()),
    })
}

fn custom_models(
    entry: &NamedEntry<ProviderSettings>,
    price_key: &str,
    catalog: &dyn Catalog,
    faults: &mut Faults,
) -> CustomModels {
    let mut models = HashMap::new();
    for model in entry.value.models.value.0.iter().filter(|model| prices::says_something(&model.value)) {
        let base = catalog.model(price_key, &model.name).unwrap_or_default();
        let info = prices::resolve(&model.value, model.place, base, price_key, catalog, faults);
        models.insert(model.name.as_str().into(), Arc::new(info));
    }
    models
}

pub(super) fn fits_header(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_graphic())
}

fn api_version(settings: &ProviderSettings, spec: &ProviderSpec, faults: &mut Faults) -> Option<Arc<str>> {
    let given = settings.api_version.as_ref();
    let (example, default) = match spec.kind {
        ProviderKind::AzureOpenAi => ("v1, preview, or a date such as 2024-10-21", Some(AZURE_API_VERSION)),
        ProviderKind::Anthropic => ("a date such as 2023-06-01", None),
        _ => {
            if let Some(version) = given {
                faults.add(version.place, "'api_version' is for azure-openai and anthropic only: remove it");
            }
            return None;
        }
    };
    let Some(version) = given else { return default.map(Into::into) };
    let text = version.value.as_str();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if text.is_empty() || !text.bytes().all(plain) {
        faults.add(version.place, format!("'api_version' must be {example}"));
    }
    Some(text.into())
}

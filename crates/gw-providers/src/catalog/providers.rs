//! Provider files: what stands in a `catalog/<name>.toml`. The file's name is the provider's name.

use super::file::{Auth, File};
use gw_model::catalog::{AuthScheme, ModelInfo, Placeholder, ProviderSpec, Quirks};
use gw_model::format::WireFormat;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Names and texts of the provider files.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/provider_files.rs"));

/// How a provider treats usage in streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StreamUsage {
    /// Sent when `stream_options.include_usage` asks for it.
    #[default]
    OnRequest,
    /// Always sent; the request must not ask.
    Always,
}

/// What the provider files say.
#[derive(Default)]
pub(crate) struct Providers {
    /// Providers by name.
    pub(crate) specs: HashMap<Arc<str>, ProviderSpec>,
    /// Files that could not be read.
    pub(crate) faults: Vec<String>,
    models: BTreeMap<Arc<str>, BTreeMap<Arc<str>, ModelInfo>>,
    always_usage: Vec<Arc<str>>,
}

impl Providers {
    /// Reads every file.
    pub(crate) fn load() -> Self {
        let mut all = Self::default();
        for (name, text) in FILES {
            if let Err(fault) = all.add(name, text) {
                all.faults.push(format!("{name}.toml: {fault}"));
            }
        }
        all
    }

    /// Reads one file.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> Result<(), String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let name: Arc<str> = Arc::from(name);
        let price_key = file.price_key.unwrap_or_else(|| Arc::clone(&name));
        for (model, facts) in file.models {
            let info = facts.info()?;
            self.models.entry(Arc::clone(&price_key)).or_default().insert(model, info);
        }
        let placeholders = file.placeholders.into_iter();
        let placeholders =
            placeholders.map(|(name, rest)| Placeholder { name, env: rest.env, example: rest.example });
        let placeholders = placeholders.collect();
        if file.stream_usage == StreamUsage::Always {
            self.always_usage.extend(file.base_url.as_deref().map(host).map(Arc::from));
            // Behind a proxy it is known by its price list.
            self.always_usage.extend((price_key == name).then(|| Arc::clone(&name)));
        }
        let spec = ProviderSpec {
            name: Arc::clone(&name),
            display_name: file.display_name,
            kind: file.kind.into(),
            base_url: file.base_url,
            key_env: file.key_env,
            auth: match (file.auth_header, file.auth) {
                (Some(header), _) => AuthScheme::Header(header),
                (None, Auth::Bearer) => AuthScheme::Bearer,
                (None, Auth::None) => AuthScheme::None,
            },
            formats: file.formats.iter().map(|name| format(name)).collect::<Result<_, _>>()?,
            price_key,
            rename_params: file.rename_params.into_iter().collect(),
            routing_members: file.routing_members,
            endpoints: file.endpoints,
            headers: file.headers.into_iter().collect(),
            placeholders,
            quirks: Quirks {
                drop_params: file.drop_params,
                refuse_params: file.refuse_params,
                string_content: file.string_content,
                temperature_max: file.temperature_max,
                bad_key_words: file.bad_key_words,
            },
        };
        self.specs.insert(name, spec);
        Ok(())
    }

    /// A model that a provider file describes.
    pub(crate) fn model(&self, price_key: &str, model: &str) -> Option<ModelInfo> {
        self.models.get(price_key)?.get(model).cloned()
    }

    /// Names of the models that provider files describe.
    pub(crate) fn model_names(&self, price_key: &str) -> impl Iterator<Item = &str> {
        let models = self.models.get(price_key).into_iter().flat_map(BTreeMap::keys);
        models.map(AsRef::as_ref).filter(|name| *name != "*")
    }

    /// By host, so that it holds whatever name the configuration gives to the provider; or by price key.
    pub(crate) fn stream_usage(&self, host: &str) -> StreamUsage {
        let always = self.always_usage.iter().any(|known| **known == *host);
        if always { StreamUsage::Always } else { StreamUsage::OnRequest }
    }
}

/// The format of that name.
fn format(name: &str) -> Result<WireFormat, String> {
    let found = WireFormat::ALL.iter().copied().find(|format| format.as_str() == name);
    found.ok_or_else(|| format!("no format `{name}`"))
}

/// Host and port of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

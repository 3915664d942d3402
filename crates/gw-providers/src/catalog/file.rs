//! What may stand in a provider's file. Serves the catalogue's loading. It must not know which files there are.

use super::providers::StreamUsage;
use gw_model::abilities::{Abilities, Ability, DropParams};
use gw_model::catalog::{ModelInfo, ProviderKind};
use gw_model::money::FemtoUsd;
use gw_model::price::{PriceSheet, Rate, ServiceTier, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    #[serde(rename = "openai-compatible")]
    OpenAiCompatible,
    #[serde(rename = "azure-openai")]
    AzureOpenAi,
    Anthropic,
    Gemini,
    Cohere,
    Bedrock,
    Vertex,
    Emulator,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(super) enum Auth {
    #[default]
    Bearer,
    None,
}

/// A provider's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) display_name: Arc<str>,
    pub(super) kind: Kind,
    pub(super) base_url: Option<Arc<str>>,
    #[serde(default)]
    pub(super) key_env: Vec<Arc<str>>,
    #[serde(default)]
    pub(super) auth: Auth,
    /// Header that takes the key as it is; `auth` is then of no use.
    pub(super) auth_header: Option<Arc<str>>,
    pub(super) formats: Vec<String>,
    /// The provider's name when absent; empty when no list can know its prices.
    pub(super) price_key: Option<Arc<str>>,
    #[serde(default)]
    pub(super) routing_members: Vec<Arc<str>>,
    #[serde(default)]
    pub(super) stream_usage: StreamUsage,
    #[serde(default)]
    pub(super) rename_params: BTreeMap<Arc<str>, Arc<str>>,
    /// Endpoints besides those of `formats`.
    #[serde(default)]
    pub(super) endpoints: Vec<Arc<str>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<Arc<str>, Arc<str>>,
    #[serde(default)]
    pub(super) placeholders: BTreeMap<Arc<str>, FilePlaceholder>,
    #[serde(default)]
    pub(super) drop_params: Vec<Arc<str>>,
    #[serde(default)]
    pub(super) refuse_params: Vec<Arc<str>>,
    #[serde(default)]
    pub(super) string_content: bool,
    /// A JSON number as text.
    pub(super) temperature_max: Option<Arc<str>>,
    pub(super) bad_key_words: Option<Arc<str>>,
    #[serde(default)]
    pub(super) models: BTreeMap<Arc<str>, FileModel>,
}

/// A model that a file describes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileModel {
    mode: Arc<str>,
    #[serde(default)]
    max_input_tokens: u32,
    #[serde(default)]
    max_output_tokens: u32,
    #[serde(default)]
    capabilities: Vec<Arc<str>>,
    /// What it is known not to have.
    #[serde(default)]
    lacks: Vec<String>,
    /// Decimal text by unit.
    #[serde(default)]
    usd_per_unit: BTreeMap<String, String>,
}

/// A `{name}` in the base URL.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilePlaceholder {
    #[serde(default)]
    pub(super) env: Vec<Arc<str>>,
    pub(super) example: Arc<str>,
}

impl From<Kind> for ProviderKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::OpenAiCompatible => Self::OpenAiCompatible,
            Kind::AzureOpenAi => Self::AzureOpenAi,
            Kind::Anthropic => Self::Anthropic,
            Kind::Gemini => Self::Gemini,
            Kind::Cohere => Self::Cohere,
            Kind::Bedrock => Self::Bedrock,
            Kind::Vertex => Self::Vertex,
            Kind::Emulator => Self::Emulator,
        }
    }
}

impl FileModel {
    /// Its facts.
    pub(super) fn info(self) -> Result<ModelInfo, String> {
        let mut rates = Vec::new();
        for (unit, usd) in &self.usd_per_unit {
            rates.push(Rate {
                unit: Unit::from_name(unit).ok_or_else(|| format!("no unit `{unit}`"))?,
                tier: ServiceTier::Standard,
                above_tokens: 0,
                price: FemtoUsd::parse_usd(usd).map_err(|error| format!("{unit}: {error}"))?,
            });
        }
        let mut lacks = Abilities::default();
        for name in &self.lacks {
            lacks.set(Ability::from_name(name).ok_or_else(|| format!("no ability `{name}`"))?, true);
        }
        Ok(ModelInfo {
            prices: PriceSheet { rates: rates.into() },
            max_input_tokens: self.max_input_tokens,
            max_output_tokens: self.max_output_tokens,
            mode: self.mode,
            capabilities: self.capabilities,
            lacks,
            drop_params: DropParams::default(),
        })
    }
}

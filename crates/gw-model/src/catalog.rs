//! The shape of the catalogue: providers and models as data. The data itself lives in `gw-providers`.

use crate::abilities::{Abilities, DropParams};
use crate::format::WireFormat;
use crate::price::PriceSheet;
use std::collections::HashMap;
use std::sync::Arc;

/// How a provider is spoken to; each has a native module or is plain OpenAI-compatible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// OpenAI's own API and everything that copies it.
    OpenAiCompatible,
    /// Azure OpenAI: deployments and `api-version`.
    AzureOpenAi,
    /// Anthropic's own API.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Cohere's own API.
    Cohere,
    /// Amazon Bedrock's runtime: requests are signed, or carry a bearer token.
    Bedrock,
    /// Google Vertex AI: Gemini, Claude and others, each in its own format.
    Vertex,
    /// The built-in emulator, in process.
    Emulator,
}

/// Where the credential goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthScheme {
    /// `Authorization: Bearer`.
    Bearer,
    /// A header of that (lower-case) name.
    Header(Arc<str>),
    /// No credential.
    None,
}

/// A provider as the catalogue knows it.
#[derive(Clone, Debug)]
pub struct ProviderSpec {
    /// Name in configuration (`openai`, `groq`, ...).
    pub name: Arc<str>,
    /// For people.
    pub display_name: Arc<str>,
    /// How to speak to it.
    pub kind: ProviderKind,
    /// Default base URL in the form its own SDK uses; `None` when the configuration must say. `{region}` in it
    /// stands for the configured region.
    pub base_url: Option<Arc<str>>,
    /// Environment variables that usually hold its key, the usual one first.
    pub key_env: Vec<Arc<str>>,
    /// Where the key goes.
    pub auth: AuthScheme,
    /// Formats it understands.
    pub formats: Vec<WireFormat>,
    /// The key of its models in the price list.
    pub price_key: Arc<str>,
    /// Parameters to rename: from, to.
    pub rename_params: Vec<(Arc<str>, Arc<str>)>,
    /// Top-level members that choose models or routes besides `model`; refused.
    pub routing_members: Vec<Arc<str>>,
    /// Endpoints that it has besides those of its formats, by name: `images`, `rerank`, ...
    pub endpoints: Vec<Arc<str>>,
    /// Headers that every request needs, besides the credential.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// Parts of the base URL that the configuration must fill in.
    pub placeholders: Vec<Placeholder>,
    /// What its requests must not have.
    pub quirks: Quirks,
}

/// A `{name}` in a base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// Its name, without braces.
    pub name: Arc<str>,
    /// Environment variables that usually hold it.
    pub env: Vec<Arc<str>>,
    /// What it may look like.
    pub example: Arc<str>,
}

/// What a provider does not take that the format has, for all its models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// Top-level members that are left out and named.
    pub drop_params: Vec<Arc<str>>,
    /// Top-level members without which the caller could not use the answer: refused.
    pub refuse_params: Vec<Arc<str>>,
    /// A message's content must be one text, not a list of parts.
    pub string_content: bool,
    /// Largest `temperature`, as a JSON number.
    pub temperature_max: Option<Arc<str>>,
    /// Words of a 400 that say that the gateway's own key is not valid, where the status does not.
    pub bad_key_words: Option<Arc<str>>,
}

impl Quirks {
    /// True when there is nothing to heed in requests.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.drop_params.is_empty()
            && self.refuse_params.is_empty()
            && !self.string_content
            && self.temperature_max.is_none()
    }
}

/// A model as the catalogue knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelInfo {
    /// Prices; empty when unknown.
    pub prices: PriceSheet,
    /// Largest prompt in tokens; 0 when unknown.
    pub max_input_tokens: u32,
    /// Largest answer in tokens; 0 when unknown.
    pub max_output_tokens: u32,
    /// `chat`, `embedding`, ... as the source names it.
    pub mode: Arc<str>,
    /// Named abilities: `vision`, `tools`, `reasoning`, `json_schema`, ...
    pub capabilities: Vec<Arc<str>>,
    /// Abilities that it is known not to have. What stands in neither place is not known.
    pub lacks: Abilities,
    /// What becomes of parameters that it does not take; the configuration decides.
    pub drop_params: DropParams,
}

/// Providers and models by name. Model facts are looked up lazily, so that thousands of them cost no
/// memory until they are used.
pub trait Catalog: Send + Sync {
    /// The provider of that name.
    fn provider(&self, name: &str) -> Option<&ProviderSpec>;
    /// Every provider.
    fn providers(&self) -> &HashMap<Arc<str>, ProviderSpec>;
    /// The model of a price key (see [`ProviderSpec::price_key`]).
    fn model(&self, price_key: &str, model: &str) -> Option<ModelInfo>;
    /// Names of all models of a price key, sorted.
    fn model_names(&self, price_key: &str) -> Vec<&str>;
}

/// A catalogue that lives as long as the process is shared by reference.
impl<T: Catalog + ?Sized> Catalog for &'static T {
    fn provider(&self, name: &str) -> Option<&ProviderSpec> {
        (**self).provider(name)
    }
    fn providers(&self) -> &HashMap<Arc<str>, ProviderSpec> {
        (**self).providers()
    }
    fn model(&self, price_key: &str, model: &str) -> Option<ModelInfo> {
        (**self).model(price_key, model)
    }
    fn model_names(&self, price_key: &str) -> Vec<&str> {
        (**self).model_names(price_key)
    }
}

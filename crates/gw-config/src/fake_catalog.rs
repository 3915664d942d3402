//! A small catalogue for this crate's tests.

use gw_model::catalog::{AuthScheme, Catalog, ModelInfo, Placeholder, ProviderKind, ProviderSpec, Quirks};
use gw_model::{FemtoUsd, PriceSheet, Rate, ServiceTier, Unit, WireFormat};
use std::collections::HashMap;
use std::sync::Arc;

/// `openai` (with `gpt-4o`, `gpt-4o-mini`), `anthropic` (with `claude-sonnet-4-5`), `bedrock`, `vertex`, `groq`, `homeless`,
/// `demo`.
pub(crate) struct FakeCatalog(HashMap<Arc<str>, ProviderSpec>);

pub(crate) fn catalog() -> Arc<dyn Catalog> {
    Arc::new(fake())
}

pub(crate) fn fake() -> FakeCatalog {
    let chat = vec![WireFormat::OpenAiChat, WireFormat::OpenAiCompletions, WireFormat::OpenAiEmbeddings];
    let compatible = ProviderKind::OpenAiCompatible;
    let mut anthropic = spec("anthropic", ProviderKind::Anthropic, vec![WireFormat::AnthropicMessages]);
    anthropic.base_url = Some("https://api.anthropic.com".into());
    anthropic.auth = AuthScheme::Header("x-api-key".into());
    let mut openai = spec("openai", compatible, chat.clone());
    openai.base_url = Some("https://api.openai.com/v1/".into());
    let mut groq = spec("groq", compatible, chat.clone());
    groq.base_url = Some("https://api.groq.com/openai/v1".into());
    groq.key_env = vec!["GROQ_API_KEY".into(), "GROQ_KEY".into()];
    let mut bedrock = spec("bedrock", ProviderKind::Bedrock, vec![WireFormat::BedrockConverse]);
    bedrock.base_url = Some("https://bedrock-runtime.{region}.amazonaws.com".into());
    bedrock.key_env = vec!["AWS_BEARER_TOKEN_BEDROCK".into()];
    let vertex_formats =
        vec![WireFormat::GeminiGenerate, WireFormat::AnthropicMessages, WireFormat::OpenAiChat];
    let mut vertex = spec("vertex", ProviderKind::Vertex, vertex_formats);
    vertex.key_env.clear();
    vertex.auth = AuthScheme::Header("x-goog-api-key".into());
    let homeless = spec("homeless", compatible, chat);
    let mut demo = spec("demo", ProviderKind::Emulator, vec![WireFormat::OpenAiChat]);
    demo.auth = AuthScheme::None;
    demo.key_env.clear();
    let mut cloudy = spec("cloudy", compatible, vec![WireFormat::OpenAiChat]);
    cloudy.base_url = Some("https://{region}.cloudy.example/{account_id}/v1".into());
    cloudy.headers = vec![("x-version".into(), "1".into())];
    let account =
        Placeholder { name: "account_id".into(), env: vec!["CLOUDY_ACCOUNT".into()], example: "a1b2".into() };
    cloudy.placeholders = vec![account];
    let mut rented =
        ProviderSpec { base_url: Some("https://{account_id}.rented.example/v1".into()), ..cloudy.clone() };
    rented.name = "rented".into();
    rented.key_env = vec!["RENTED_API_KEY".into()];
    let all = [openai, anthropic, bedrock, vertex, groq, homeless, demo, cloudy, rented];
    FakeCatalog(all.into_iter().map(|s| (Arc::clone(&s.name), s)).collect())
}

fn spec(name: &str, kind: ProviderKind, formats: Vec<WireFormat>) -> ProviderSpec {
    ProviderSpec {
        name: name.into(),
        display_name: name.into(),
        kind,
        base_url: None,
        key_env: vec![format!("{}_API_KEY", name.to_uppercase()).into()],
        auth: AuthScheme::Bearer,
        formats,
        price_key: name.into(),
        rename_params: Vec::new(),
        routing_members: vec!["models".into()],
        endpoints: Vec::new(),
        headers: Vec::new(),
        placeholders: Vec::new(),
        quirks: Quirks::default(),
    }
}

fn rate(unit: Unit, price: u64) -> Rate {
    Rate { unit, tier: ServiceTier::Standard, above_tokens: 0, price: FemtoUsd(price) }
}

impl Catalog for FakeCatalog {
    fn provider(&self, name: &str) -> Option<&ProviderSpec> {
        self.0.get(name)
    }

    fn providers(&self) -> &HashMap<Arc<str>, ProviderSpec> {
        &self.0
    }

    fn model(&self, price_key: &str, model: &str) -> Option<ModelInfo> {
        if !self.model_names(price_key).contains(&model) {
            return None;
        }
        let batch = Rate { tier: ServiceTier::Batch, ..rate(Unit::Input, 1_250_000_000) };
        let rates = [rate(Unit::Input, 2_500_000_000), rate(Unit::Output, 10_000_000_000), batch];
        Some(ModelInfo {
            prices: PriceSheet { rates: rates.into() },
            max_input_tokens: 128_000,
            max_output_tokens: 16_384,
            mode: "chat".into(),
            capabilities: vec!["vision".into()],
            ..ModelInfo::default()
        })
    }

    fn model_names(&self, price_key: &str) -> Vec<&str> {
        match price_key {
            "openai" => vec!["gpt-4o", "gpt-4o-mini"],
            "demo" => vec!["chat"],
            "anthropic" => vec!["claude-sonnet-4-5"],
            _ => Vec::new(),
        }
    }
}

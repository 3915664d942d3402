//! Builders for this crate's tests.

use bytes::Bytes;
use gw_model::call::{Call, CallFacts, Span};
use gw_model::catalog::{AuthScheme, ModelInfo, ProviderKind};
use gw_model::format::WireFormat;
use gw_model::secret::Secret;
use gw_model::snapshot::{ConnectOptions, Provider, Target};
use std::sync::Arc;

/// A provider with a key, formats of all kinds and `Authorization: Bearer`.
pub(crate) fn provider(kind: ProviderKind, base_url: &str) -> Provider {
    Provider {
        name: "p".into(),
        kind,
        base_url: base_url.into(),
        auth: AuthScheme::Bearer,
        api_key: Some(Secret::new("sk-secret".to_owned())),
        aws: None,
        credentials: Vec::new(),
        formats: [WireFormat::CONVERSATIONS, &[WireFormat::OpenAiCompletions, WireFormat::OpenAiEmbeddings]]
            .concat(),
        headers: Vec::new(),
        api_version: None,
        region: None,
        price_key: "openai".into(),
        listed_models: Vec::new(),
        health_check: None,
        capacity: None,
        rename_params: Vec::new(),
        routing_members: Vec::new(),
        quirks: gw_model::catalog::Quirks::default(),
        connect: ConnectOptions::default(),
    }
}

/// `model` at `provider`.
pub(crate) fn target(provider: Provider, model: &str) -> Target {
    Target {
        provider: Arc::new(provider),
        model: model.into(),
        credential: None,
        capacity: None,
        family: model.into(),
        info: Arc::new(ModelInfo::default()),
        terms: None,
    }
}

/// A call with the body `{"model":"MODEL"}`.
pub(crate) fn call(format: WireFormat, model: &str) -> Call {
    let body = format!("{{\"model\":\"{model}\"}}");
    let span = Span { start: 9, end: body.len() - 1 };
    Call {
        format,
        body: Bytes::from(body),
        facts: CallFacts {
            model: model.to_owned(),
            model_span: Some(span),
            insert_at: 1,
            choices: 1,
            ..CallFacts::default()
        },
        forward_headers: Vec::new(),
        raw: None,
    }
}

//! Builds what the configuration would build for a provider of the catalogue, and the request of a call.

use bytes::Bytes;
use gw_model::call::Call;
use gw_model::catalog::{AuthScheme, ModelInfo, ProviderKind, ProviderSpec};
use gw_model::format::WireFormat;
use gw_model::refusal::Refusal;
use gw_model::secret::Secret;
use gw_model::snapshot::{ConnectOptions, Provider, Target};
use gw_providers::{
    PrepareInput, PreparedProvider, UpstreamParts, adapt, prepare, upstream_format, write_options,
};
use gw_wire::adapt::Adapted;
use gw_wire::codec::Options;
use std::sync::Arc;

/// Where the test's providers are whose place the configuration says.
const ELSEWHERE: &str = "https://host.example";

/// What goes out.
pub(crate) struct Built {
    pub(crate) format: WireFormat,
    pub(crate) origin: String,
    pub(crate) parts: UpstreamParts,
    pub(crate) dropped: Vec<String>,
    pub(crate) clamped: Vec<String>,
}

/// The base URL with the examples of the catalogue filled in.
pub(crate) fn base_url(spec: &ProviderSpec, region: &str) -> String {
    let mut url = match (&spec.base_url, spec.kind) {
        (Some(url), _) => url.to_string(),
        (None, ProviderKind::OpenAiCompatible) => format!("{ELSEWHERE}/v1"),
        (None, _) => ELSEWHERE.to_owned(),
    };
    url = url.replace("{region}", region);
    for placeholder in &spec.placeholders {
        url = url.replace(&format!("{{{}}}", placeholder.name), &placeholder.example);
    }
    url
}

pub(crate) fn provider(spec: &ProviderSpec, base_url: &str) -> Arc<Provider> {
    let is_local = base_url.starts_with("http://");
    let has_key = spec.auth != AuthScheme::None && !(is_local && spec.key_env.is_empty());
    Arc::new(Provider {
        name: Arc::clone(&spec.name),
        kind: spec.kind,
        base_url: base_url.into(),
        auth: spec.auth.clone(),
        api_key: has_key.then(|| Secret::new("the-key".to_owned())),
        aws: None,
        credentials: Vec::new(),
        formats: spec.formats.clone(),
        headers: spec.headers.clone(),
        api_version: None,
        region: None,
        price_key: Arc::clone(&spec.price_key),
        listed_models: Vec::new(),
        health_check: None,
        capacity: None,
        rename_params: spec.rename_params.clone(),
        routing_members: spec.routing_members.clone(),
        quirks: spec.quirks.clone(),
        connect: ConnectOptions::default(),
    })
}

/// Reads a caller's request; `None` when it is none of its format.
pub(crate) fn call(format: WireFormat, body: &str, path_model: &str, stream: bool) -> Option<Call> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let mut facts = match format.has_model_in_path() {
        true => gw_wire::facts::read_with_model(format, &body, 128, path_model),
        false => gw_wire::facts::read(format, &body, 128),
    }
    .ok()?;
    facts.stream |= stream;
    Some(Call { format, body, facts, forward_headers: Vec::new(), raw: None })
}

/// What the attempt stage does with a call.
pub(crate) fn request(call: &Call, provider: Arc<Provider>, model: &str) -> Result<Built, Refusal> {
    let target = Target {
        provider,
        model: model.into(),
        credential: None,
        capacity: None,
        family: "m".into(),
        info: Arc::new(ModelInfo::default()),
        terms: None,
    };
    let prepared = PreparedProvider::new(&target.provider).unwrap();
    let format = upstream_format(&target.provider, &target.model, call.format).unwrap();
    let Adapted { mut edits, mut dropped, clamped } = adapt(call, &target)?;
    let mut translated = None;
    if format != call.format {
        let options = Options {
            default_max_output_tokens: Some(4096),
            ..write_options(call, &target, &prepared, format)
        };
        let path = gw_wire::translate::PathFacts { model: &call.facts.model, stream: call.facts.stream };
        let body = gw_wire::adapt::apply(&call.body, &mut edits);
        let written = gw_wire::translate::request(call.format, format, &body, path, &options)?;
        dropped.extend(written.dropped);
        translated = Some(written.body);
    }
    let parts = prepare(PrepareInput {
        call,
        target: &target,
        prepared: &prepared,
        upstream_format: format,
        translated,
        max_output_tokens: None,
        adapted: &edits,
        now: 0,
    })?;
    let origin = format!("{}://{}", prepared.scheme(), prepared.authority());
    Ok(Built { format, origin, parts, dropped, clamped })
}

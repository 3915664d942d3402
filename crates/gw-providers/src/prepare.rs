//! Builds upstream requests. Serves the attempt stage: everything that stays the same for a provider is
//! worked out once per snapshot ([`PreparedProvider`]); a request then costs a few cheap clones. It must
//! not send anything.

mod agents;
mod body;
mod headers;
mod probe;
mod provider;
mod raw;
mod signing;
mod stored;
mod url;

pub use probe::prepare_probe;
pub use provider::{PrepareError, PreparedProvider};
pub use raw::{check_path, prepare_raw};
pub use stored::{StoredInput, prepare_stored};
pub use url::object_path;

use crate::hosted;
use bytes::Bytes;
use gw_model::call::Call;
use gw_model::catalog::ProviderKind;
use gw_model::clock::Micros;
use gw_model::format::WireFormat;
use gw_model::refusal::{ErrorCode, Refusal};
use gw_model::snapshot::{Provider, Target};
use gw_wire::json::splice::Edit;
use gw_wire::{Options, edit};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};

/// What a request is built from.
#[derive(Debug)]
pub struct PrepareInput<'a> {
    /// The caller's request.
    pub call: &'a Call,
    /// Where it goes; its provider is the one that `prepared` was made from.
    pub target: &'a Target,
    /// The target's provider, prepared.
    pub prepared: &'a PreparedProvider,
    /// The format that goes upstream, see [`crate::upstream_format`].
    pub upstream_format: WireFormat,
    /// The body in that format, when it is not the caller's; see [`write_options`].
    pub translated: Option<Vec<u8>>,
    /// Replaces the caller's bound on output tokens (strict budgets), or is added; same format only.
    pub max_output_tokens: Option<u64>,
    /// Edits of the caller's body that the target's limits demand, see [`crate::adapt`]; same format only.
    pub adapted: &'a [Edit],
    /// The time, for providers whose requests are signed.
    pub now: Micros,
}

/// An upstream request, save for what the transport adds (`host`, lengths).
#[derive(Debug)]
pub struct UpstreamParts {
    /// Method.
    pub method: Method,
    /// Path and query, base URL's path included.
    pub path_and_query: PathAndQuery,
    /// Headers, credential included (marked sensitive).
    pub headers: HeaderMap,
    /// Body, in pieces that follow each other.
    pub body: Vec<Bytes>,
    /// Usage was asked for that the caller did not ask for: the frame that carries it is to be hidden.
    pub hide_usage: bool,
}

/// Builds the request for one attempt.
///
/// # Errors
/// `unsupported_parameter` when the body names other models or routes than `model` does;
/// `invalid_request` when the model's name cannot stand in a URL or the provider lacks the format.
pub fn prepare(input: PrepareInput<'_>) -> Result<UpstreamParts, Refusal> {
    let PrepareInput { call, target, prepared, upstream_format, .. } = input;
    refuse_routing_members(call, &target.provider)?;
    let path_and_query = prepared.path(upstream_format, &target.model, call.facts.stream)?;
    let fixed = prepared.headers(upstream_format);
    let kind = target.provider.kind;
    let is_translated = input.translated.is_some();
    let mut headers = headers::build(fixed, &call.forward_headers, upstream_format, kind, is_translated);
    let hide_usage = prepared.injects_usage(call, upstream_format);
    let is_session = upstream_format == WireFormat::OpenAiRealtime;
    if is_session {
        headers.remove(http::header::CONTENT_TYPE);
        headers.remove(http::header::ACCEPT);
        headers.remove(http::header::ACCEPT_ENCODING);
    }
    let mut reshape = hosted::reshape(kind, upstream_format);
    if reshape.without.is_empty() && !is_translated {
        reshape.without = hosted::foreign_members(call);
    }
    let asks = call.facts.stream_options_span.is_some() || is_translated && call.facts.stream;
    if asks && prepared.refuses_usage_question(upstream_format) {
        reshape.without = &["stream_options"];
    }
    let with;
    if kind == ProviderKind::Bedrock && upstream_format == WireFormat::AnthropicMessages {
        with = [reshape.with, &body::betas(&call.forward_headers, &call.body)].concat();
        reshape.with = &with;
    }
    let body = match input.translated {
        Some(body) if reshape.without.is_empty() => vec![Bytes::from(body)],
        Some(body) => edit::reshape(Bytes::from(body), &reshape),
        // A session begins with a head alone.
        None if is_session => Vec::new(),
        None => {
            let edits = body::Edits { adapted: input.adapted, reshape };
            body::forward(call, target, hide_usage, input.max_output_tokens, edits)
        }
    };
    if let Some(signer) = prepared.signer() {
        let other_host = prepared.other_authority(upstream_format);
        signer.sign(&Method::POST, &path_and_query, other_host, &mut headers, &body, input.now)?;
    }
    let method = if is_session { Method::GET } else { Method::POST };
    Ok(UpstreamParts { method, path_and_query, headers, body, hide_usage })
}

/// What a translated body must be written with: the target's model and parameter names, and the question for
/// usage where the provider takes it. Bounds on output tokens are the caller's to add.
#[must_use]
pub fn write_options(
    call: &Call,
    target: &Target,
    prepared: &PreparedProvider,
    format: WireFormat,
) -> Options {
    let rename = target.provider.rename_params.iter();
    Options {
        model: Some(match (format, &target.provider.region) {
            (WireFormat::BedrockRerank, Some(region)) => agents::model_arn(region, &target.model),
            _ => hosted::body_model(target.provider.kind, format, &target.model).into_owned(),
        }),
        include_usage: call.facts.stream && prepared.asks_for_usage(format),
        rename: rename.map(|(from, to)| (from.to_string(), to.to_string())).collect(),
        drop_params: target.info.drop_params.clone(),
        ..Options::default()
    }
}

/// Refuses a call whose body chooses models or hosts besides `model` at a provider that would follow it:
/// the gateway would authorize and price one model, and the provider run another.
///
/// # Errors
/// `unsupported_parameter`, naming the member.
pub fn refuse_routing_members(call: &Call, provider: &Provider) -> Result<(), Refusal> {
    let chosen = |name: &&String| provider.routing_members.iter().any(|known| **known == ***name);
    match call.facts.routing_members.iter().find(chosen) {
        None => Ok(()),
        Some(name) => Err(Refusal::new(
            ErrorCode::UnsupportedParameter,
            format!(
                "`{name}` lets the provider choose another model or host than `model` names. \
                 Leave it out; the gateway's model aliases offer fallbacks."
            ),
        )
        .param(name.clone())),
    }
}

#[cfg(test)]
mod tests;

//! Maps method and path to an endpoint: with and without `/v1`, Azure's deployment paths, and the paths
//! of the other formats. It must not look at bodies.

use std::borrow::Cow;

use http::{HeaderMap, Method};

use crate::percent::percent_decoded;
use crate::{anthropic, cohere, converse, gemini, media, openai, responses};

/// Whose shape an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    OpenAi,
    Responses,
    Anthropic,
    Gemini,
    Converse,
    Cohere,
}

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    OpenAi(openai::Endpoint),
    Media(media::Endpoint),
    Responses(responses::Endpoint),
    Anthropic(anthropic::Endpoint),
    Gemini(gemini::Endpoint),
    Converse(converse::Endpoint),
    Cohere(cohere::Endpoint),
    /// A response that is kept, by its id.
    Stored(&'a str, responses::Stored),
    /// The list of models.
    Models,
    /// One model.
    Model(&'a str),
    /// `GET /` and `HEAD /`.
    Root,
}

/// A path that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    pub(crate) target: Target<'a>,
    /// Azure: the deployment named in the path.
    pub(crate) deployment: Option<&'a str>,
    /// Gemini and Converse: the model named in the path.
    pub(crate) model: Option<Cow<'a, str>>,
    /// The method does not fit the path.
    pub(crate) wrong_method: bool,
}

/// The route of a request; `None` when the path is unknown.
pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Option<Route<'a>> {
    let (deployment, rest) = split(path);
    let (target, model) = match (deployment, in_path(path)) {
        (None, Some((target, model))) => (target, Some(model)),
        _ => (plain(path, rest, deployment.is_some())?, None),
    };
    let reads = matches!(target, Target::Models | Target::Model(_) | Target::Root);
    let fits = match &target {
        Target::Stored(_, what) => what.takes(method),
        _ if reads => *method == Method::GET || *method == Method::HEAD,
        _ => *method == Method::POST,
    };
    Some(Route { target, deployment, model, wrong_method: !fits })
}

/// Targets of paths without a model in them.
fn plain<'a>(path: &'a str, rest: &'a str, is_azure: bool) -> Option<Target<'a>> {
    let shared = match rest {
        "/chat/completions" => Some(openai::Endpoint::Chat),
        "/completions" => Some(openai::Endpoint::Completions),
        "/embeddings" => Some(openai::Endpoint::Embeddings),
        _ => None,
    };
    if let Some(endpoint) = shared {
        return Some(Target::OpenAi(endpoint));
    }
    if let Some(endpoint) = media::Endpoint::of(rest) {
        return (!is_azure || endpoint != media::Endpoint::Moderations).then_some(Target::Media(endpoint));
    }
    if is_azure {
        return None;
    }
    Some(match rest {
        "/responses" => Target::Responses(responses::Endpoint::Create),
        "/responses/input_tokens" => Target::Responses(responses::Endpoint::InputTokens),
        "/messages" => Target::Anthropic(anthropic::Endpoint::Messages),
        "/messages/count_tokens" => Target::Anthropic(anthropic::Endpoint::CountTokens),
        "/v2/chat" => Target::Cohere(cohere::Endpoint::Chat),
        "/v2/embed" => Target::Cohere(cohere::Endpoint::Embed),
        "/v2/rerank" | "/rerank" => Target::Cohere(cohere::Endpoint::Rerank),
        "/models" | "/v1beta/models" => Target::Models,
        "/" if path == "/" => Target::Root,
        other if other.starts_with("/responses/") => stored(other)?,
        other => {
            let id = other.strip_prefix("/v1beta").unwrap_or(other).strip_prefix("/models/");
            Target::Model(id.filter(|id| !id.is_empty())?)
        }
    })
}

/// Targets below `/responses/`.
fn stored(rest: &str) -> Option<Target<'_>> {
    let rest = rest.strip_prefix("/responses/")?;
    let (id, what) = match rest.split_once('/') {
        None => (rest, responses::Stored::Itself),
        Some((id, "input_items")) => (id, responses::Stored::InputItems),
        Some((id, "cancel")) => (id, responses::Stored::Cancel),
        Some(_) => return None,
    };
    (!id.is_empty()).then_some(Target::Stored(id, what))
}

/// Targets of paths with the model in them, and the model.
fn in_path(path: &str) -> Option<(Target<'_>, Cow<'_, str>)> {
    if let Some((model, action)) = path.strip_prefix("/model/").and_then(|rest| rest.rsplit_once('/')) {
        let endpoint = match action {
            "converse" => converse::Endpoint::Converse,
            "converse-stream" => converse::Endpoint::Stream,
            "count-tokens" => converse::Endpoint::CountTokens,
            "invoke" => converse::Endpoint::Invoke,
            _ => return None,
        };
        return Some((Target::Converse(endpoint), decoded(model)?));
    }
    let version = path.strip_prefix("/v1beta").or_else(|| path.strip_prefix("/v1"))?;
    // Vertex AI puts project and location before the models and speaks the same format.
    let rest = match version.strip_prefix("/models/") {
        Some(rest) => rest,
        None => version.split_once("/publishers/google/models/").filter(|(start, _)| is_project(start))?.1,
    };
    let (model, verb) = rest.rsplit_once(':')?;
    let endpoint = match verb {
        "generateContent" => gemini::Endpoint::Generate,
        "streamGenerateContent" => gemini::Endpoint::Stream,
        "countTokens" => gemini::Endpoint::CountTokens,
        "embedContent" => gemini::Endpoint::Embed,
        "batchEmbedContents" => gemini::Endpoint::BatchEmbed,
        _ => return None,
    };
    Some((Target::Gemini(endpoint), decoded(model)?))
}

fn is_project(start: &str) -> bool {
    start.strip_prefix('1').unwrap_or(start).starts_with("/projects/")
}

fn decoded(model: &str) -> Option<Cow<'_, str>> {
    let model = if model.contains('%') { Cow::Owned(percent_decoded(model)) } else { Cow::Borrowed(model) };
    (!model.is_empty()).then_some(model)
}

/// The family whose shape an answer on this path has, whether the path is known or not; where several
/// families have the path, a header that only one of them has decides.
pub(crate) fn family(path: &str, headers: &HeaderMap) -> Family {
    let rest = split(path).1;
    let shared = |header: &str| headers.contains_key(header) && rest.starts_with("/models");
    if path.starts_with("/model/") {
        Family::Converse
    } else if path.starts_with("/v1beta") || in_path(path).is_some() || shared("x-goog-api-key") {
        Family::Gemini
    } else if path.starts_with("/v2/") || rest == "/rerank" {
        Family::Cohere
    } else if path.contains("/messages") || path.starts_with("/anthropic/") || shared("anthropic-version") {
        Family::Anthropic
    } else if rest.starts_with("/responses") {
        Family::Responses
    } else {
        Family::OpenAi
    }
}

/// Splits the prefixes off: `(deployment, rest)`.
fn split(path: &str) -> (Option<&str>, &str) {
    if let Some(rest) = path.strip_prefix("/openai/deployments/") {
        if let Some(at) = rest.find('/') {
            return (Some(&rest[..at]), &rest[at..]);
        }
        return (None, path);
    }
    let rest = ["/openai", "/anthropic"].iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path);
    (None, rest.strip_prefix("/v1").filter(|rest| rest.starts_with('/')).unwrap_or(rest))
}

#[cfg(test)]
mod tests;

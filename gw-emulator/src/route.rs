//! Maps method and path to an endpoint: with and without `/v1`, Azure's deployment paths, Anthropic's.
//! It must not look at headers or bodies.

use http::Method;

use crate::{anthropic, openai};

/// Whose shape an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    OpenAi,
    Anthropic,
}

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    OpenAi(openai::Endpoint),
    Anthropic(anthropic::Endpoint),
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
    /// The method does not fit the path.
    pub(crate) wrong_method: bool,
}

/// The route of a request; `None` when the path is unknown.
pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Option<Route<'a>> {
    let (deployment, rest) = split(path);
    let target = match rest {
        "/chat/completions" => Target::OpenAi(openai::Endpoint::Chat),
        "/completions" => Target::OpenAi(openai::Endpoint::Completions),
        "/embeddings" => Target::OpenAi(openai::Endpoint::Embeddings),
        "/messages" if deployment.is_none() => Target::Anthropic(anthropic::Endpoint::Messages),
        "/messages/count_tokens" if deployment.is_none() => {
            Target::Anthropic(anthropic::Endpoint::CountTokens)
        }
        "/models" if deployment.is_none() => Target::Models,
        "/" if deployment.is_none() && path == "/" => Target::Root,
        other if deployment.is_none() => {
            Target::Model(other.strip_prefix("/models/").filter(|id| !id.is_empty())?)
        }
        _ => return None,
    };
    let reads = matches!(target, Target::Models | Target::Model(_) | Target::Root);
    let fits =
        if reads { *method == Method::GET || *method == Method::HEAD } else { *method == Method::POST };
    Some(Route { target, deployment, wrong_method: !fits })
}

/// The family whose shape an answer on this path has, whether the path is known or not; where both
/// families have the path, the `anthropic-version` header decides.
pub(crate) fn family(path: &str, has_anthropic_version: bool) -> Family {
    let shared = || has_anthropic_version && split(path).1.starts_with("/models");
    if path.contains("/messages") || path.starts_with("/anthropic/") || shared() {
        Family::Anthropic
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

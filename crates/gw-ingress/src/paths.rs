//! Which path is which endpoint. Every OpenAI path is served with and without `/v1`, since some clients
//! leave it out, and in Azure's form with the model in the path. It must not look at a query or a header.

mod native;

use gw_model::WireFormat;
use gw_pipeline::PathFacts;

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A call to a model.
    Call {
        /// In this format.
        format: WireFormat,
        /// What else the path says.
        path: PathFacts,
    },
    /// An answer that is stored.
    Stored {
        /// Its id.
        id: String,
        /// What may be done with it there, by method.
        what: Stored,
    },
    /// A session over a WebSocket.
    Session {
        /// The model, where the path names it; else the query does.
        model: Option<String>,
    },
    /// Ways into a session that are not served.
    OtherSession,
    /// A provider's own path.
    Passthrough {
        /// Configured name.
        provider: String,
        /// What stands behind it, as sent.
        path: String,
    },
    /// Files and batches.
    Objects {
        /// The path from `files` or `batches` on, as sent.
        path: String,
    },
    /// What applications say about their calls.
    Feedback,
    /// The list of models, or one of them.
    Models {
        /// The one.
        id: Option<String>,
        /// The format whose path it is; headers may ask for another.
        format: WireFormat,
    },
    /// `/api/v1/...`, `/scim/v2/...`, `/metrics`.
    Admin,
    /// The dashboard: `/ui`, `/ui/...`.
    Ui,
    /// `/healthz`.
    Health,
    /// `/readyz`.
    Ready,
    /// `/`.
    Root,
    /// Part of the contract, but not in this version.
    Later {
        /// Format to say so in.
        format: WireFormat,
    },
    /// Nothing.
    Unknown {
        /// Format to say so in.
        format: WireFormat,
    },
}

/// Paths of a stored answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// `responses/{id}`.
    Itself,
    /// `responses/{id}/input_items`.
    InputItems,
    /// `responses/{id}/cancel`.
    Cancel,
}

/// Finds the route of a path.
pub(crate) fn route(path: &str) -> Route {
    match path {
        "/v1/chat/completions" => return call(WireFormat::OpenAiChat),
        "/v1/messages" => return call(WireFormat::AnthropicMessages),
        "/v1/responses" => return call(WireFormat::OpenAiResponses),
        "/healthz" => return Route::Health,
        "/readyz" => return Route::Ready,
        "/metrics" => return Route::Admin,
        "/ui" => return Route::Ui,
        "/" => return Route::Root,
        _ => {}
    }
    if ["/api/", "/scim/"].iter().any(|prefix| path.starts_with(prefix)) {
        return Route::Admin;
    }
    if path.starts_with("/ui/") {
        return Route::Ui;
    }
    if let Some(rest) = path.strip_prefix("/passthrough/") {
        return passthrough(rest);
    }
    if let Some(rest) = path.strip_prefix("/anthropic/v1/") {
        return anthropic(rest);
    }
    if let Some(rest) = path.strip_prefix("/openai/deployments/") {
        return azure(rest);
    }
    if let Some(route) = native::route(path) {
        return route;
    }
    let versioned = ["/v1/", "/openai/v1/", "/openai/"].iter().find_map(|prefix| path.strip_prefix(prefix));
    let rest = versioned.or_else(|| path.strip_prefix('/')).unwrap_or(path);
    match rest {
        "messages" => anthropic(rest),
        _ if rest.starts_with("messages/") => anthropic(rest),
        _ => openai(rest),
    }
}

fn call(format: WireFormat) -> Route {
    Route::Call { format, path: PathFacts::default() }
}

fn call_of(format: WireFormat, model: &str) -> Route {
    Route::Call { format, path: PathFacts { model: Some(decoded(model)), ..PathFacts::default() } }
}

fn models(format: WireFormat, id: Option<&str>) -> Route {
    Route::Models { id: id.map(decoded), format }
}

fn passthrough(rest: &str) -> Route {
    let (provider, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    if provider.is_empty() {
        return Route::Unknown { format: WireFormat::Passthrough };
    }
    Route::Passthrough { provider: decoded(provider), path: path.to_owned() }
}

fn anthropic(rest: &str) -> Route {
    let format = WireFormat::AnthropicMessages;
    match rest {
        "messages" => call(format),
        "messages/count_tokens" => call(WireFormat::AnthropicCountTokens),
        "models" => models(format, None),
        _ => match rest.strip_prefix("models/") {
            Some(id) if !id.is_empty() => models(format, Some(id)),
            _ => Route::Unknown { format },
        },
    }
}

/// OpenAI's operations. One that ends like another stands before it.
const OPENAI_CALLS: [(&str, WireFormat); 12] = [
    ("chat/completions", WireFormat::OpenAiChat),
    ("completions", WireFormat::OpenAiCompletions),
    ("embeddings", WireFormat::OpenAiEmbeddings),
    ("responses", WireFormat::OpenAiResponses),
    ("responses/input_tokens", WireFormat::OpenAiInputTokens),
    ("rerank", WireFormat::PlainRerank),
    ("images/generations", WireFormat::OpenAiImages),
    ("images/edits", WireFormat::OpenAiImageEdits),
    ("audio/speech", WireFormat::OpenAiSpeech),
    ("audio/transcriptions", WireFormat::OpenAiTranscriptions),
    ("audio/translations", WireFormat::OpenAiTranslations),
    ("moderations", WireFormat::OpenAiModerations),
];

/// First segments of paths that the contract names and later versions serve.
const LATER: [(&str, WireFormat); 4] = [
    ("responses", WireFormat::OpenAiResponses),
    ("images", WireFormat::OpenAiChat),
    ("audio", WireFormat::OpenAiChat),
    ("mcp", WireFormat::OpenAiChat),
];

fn openai(rest: &str) -> Route {
    if let Some((_, format)) = OPENAI_CALLS.into_iter().find(|(operation, _)| *operation == rest) {
        return call(format);
    }
    let format = WireFormat::OpenAiChat;
    match rest {
        "realtime" => return Route::Session { model: None },
        "feedback" => return Route::Feedback,
        _ if rest.starts_with("realtime/") => return Route::OtherSession,
        _ => {}
    }
    if rest == "models" {
        return models(format, None);
    }
    if let Some(id) = rest.strip_prefix("models/")
        && !id.is_empty()
    {
        return models(format, Some(id));
    }
    if let Some(route) = rest.strip_prefix("responses/").and_then(stored) {
        return route;
    }
    let first = rest.split('/').next().unwrap_or(rest);
    if matches!(first, "files" | "batches") {
        return Route::Objects { path: rest.to_owned() };
    }
    match LATER.into_iter().find(|(segment, _)| *segment == first) {
        Some((_, format)) => Route::Later { format },
        None => Route::Unknown { format },
    }
}

/// What stands behind `responses/`.
fn stored(rest: &str) -> Option<Route> {
    let (id, what) = match rest.split_once('/') {
        None => (rest, Stored::Itself),
        Some((id, "input_items")) => (id, Stored::InputItems),
        Some((id, "cancel")) => (id, Stored::Cancel),
        Some(_) => return None,
    };
    // Operations that are no ids.
    let is_id = !matches!(id, "" | "input_tokens" | "compact");
    is_id.then(|| Route::Stored { id: decoded(id), what })
}

fn azure(rest: &str) -> Route {
    // SDKs put the model in as it is, slashes and all (`openai/gpt-4o`): the operation is what stands last.
    for (operation, format) in OPENAI_CALLS {
        match rest.strip_suffix(operation).and_then(|rest| rest.strip_suffix('/')) {
            Some("") => break,
            Some(model) => return call_of(format, model),
            None => {}
        }
    }
    if let Some(model) = rest.strip_suffix("/realtime").filter(|model| !model.is_empty()) {
        return Route::Session { model: Some(decoded(model)) };
    }
    let format = WireFormat::OpenAiChat;
    match rest.split_once('/') {
        Some((model, operation)) if !model.is_empty() && !operation.is_empty() => Route::Later { format },
        _ => Route::Unknown { format },
    }
}

/// Percent-decodes a path segment or a value of a query; what is not valid stays as it is.
pub(super) fn decoded(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        if *byte == b'%'
            && let (Some(high), Some(low)) = (hex(at + 1), hex(at + 2))
        {
            out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| segment.to_owned())
}

#[cfg(test)]
mod tests;

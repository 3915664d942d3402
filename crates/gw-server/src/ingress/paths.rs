//! Which path is which endpoint. Every OpenAI path is served with and without `/v1`, since some clients
//! leave it out, and in Azure's form with the model in the path.

use gw_model::WireFormat;

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A call to a model.
    Call {
        /// In this format.
        format: WireFormat,
        /// The model, where the path names it.
        model: Option<String>,
    },
    /// The list of models, or one of them.
    Models {
        /// The one.
        id: Option<String>,
    },
    /// `/api/v1/...`, `/metrics`, `/ui`.
    Admin,
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

/// Finds the route of a path.
pub(crate) fn route(path: &str) -> Route {
    match path {
        "/v1/chat/completions" => return call(WireFormat::OpenAiChat),
        "/v1/messages" => return call(WireFormat::AnthropicMessages),
        "/healthz" => return Route::Health,
        "/readyz" => return Route::Ready,
        "/metrics" | "/ui" => return Route::Admin,
        "/" => return Route::Root,
        _ => {}
    }
    if path.starts_with("/api/") || path.starts_with("/ui/") {
        return Route::Admin;
    }
    if let Some(rest) = path.strip_prefix("/anthropic/v1/") {
        return anthropic(rest);
    }
    if let Some(rest) = path.strip_prefix("/openai/deployments/") {
        return azure(rest);
    }
    let versioned = path.strip_prefix("/v1/").or_else(|| path.strip_prefix("/openai/v1/"));
    let rest = versioned.or_else(|| path.strip_prefix('/')).unwrap_or(path);
    match rest {
        "messages" | "messages/count_tokens" => anthropic(rest),
        _ => openai(rest),
    }
}

const fn call(format: WireFormat) -> Route {
    Route::Call { format, model: None }
}

fn anthropic(rest: &str) -> Route {
    match rest {
        "messages" => call(WireFormat::AnthropicMessages),
        "messages/count_tokens" => Route::Later { format: WireFormat::AnthropicMessages },
        "models" => Route::Models { id: None },
        _ => match rest.strip_prefix("models/") {
            Some(id) if !id.is_empty() => Route::Models { id: Some(decoded(id)) },
            _ => Route::Unknown { format: WireFormat::AnthropicMessages },
        },
    }
}

/// OpenAI's operations. One that ends like another stands before it.
const OPENAI_CALLS: [(&str, WireFormat); 3] = [
    ("chat/completions", WireFormat::OpenAiChat),
    ("completions", WireFormat::OpenAiCompletions),
    ("embeddings", WireFormat::OpenAiEmbeddings),
];

/// First segments of paths that the contract names and later versions serve.
const LATER: [&str; 13] = [
    "responses",
    "images",
    "audio",
    "moderations",
    "files",
    "batches",
    "realtime",
    "rerank",
    "mcp",
    "passthrough",
    "model",
    "v2",
    "v1beta",
];

fn openai(rest: &str) -> Route {
    if let Some((_, format)) = OPENAI_CALLS.into_iter().find(|(operation, _)| *operation == rest) {
        return call(format);
    }
    if rest == "models" {
        return Route::Models { id: None };
    }
    if let Some(id) = rest.strip_prefix("models/")
        && !id.is_empty()
    {
        return Route::Models { id: Some(decoded(id)) };
    }
    let first = rest.split('/').next().unwrap_or(rest);
    let format = WireFormat::OpenAiChat;
    if LATER.contains(&first) { Route::Later { format } } else { Route::Unknown { format } }
}

fn azure(rest: &str) -> Route {
    // SDKs put the model in as it is, slashes and all (`openai/gpt-4o`): the operation is what stands last.
    for (operation, format) in OPENAI_CALLS {
        match rest.strip_suffix(operation).and_then(|rest| rest.strip_suffix('/')) {
            Some("") => break,
            Some(model) => return Route::Call { format, model: Some(decoded(model)) },
            None => {}
        }
    }
    let format = WireFormat::OpenAiChat;
    match rest.split_once('/') {
        Some((model, operation)) if !model.is_empty() && !operation.is_empty() => Route::Later { format },
        _ => Route::Unknown { format },
    }
}

/// Percent-decodes a path segment; what is not valid stays as it is.
fn decoded(segment: &str) -> String {
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

//! Paths of Google's, Bedrock's and Cohere's own APIs. Serves [`super::route`]. Models stand within most of them,
//! percent-encoded or as they are, slashes included, so that only the ends of a path are looked at.

use super::{Route, decoded, models};
use gw_model::WireFormat;
use gw_pipeline::PathFacts;

/// The route, when the path is one of theirs.
pub(super) fn route(path: &str) -> Option<Route> {
    if let Some(rest) = path.strip_prefix("/v1beta/") {
        return Some(gemini(rest));
    }
    if let Some(rest) = path.strip_prefix("/v1/models/") {
        // OpenAI's list has the same path; only Google's verbs tell them apart.
        return verb(rest);
    }
    if let Some(rest) = path.strip_prefix("/model/") {
        return Some(bedrock(rest));
    }
    path.strip_prefix("/v2/").map(|rest| {
        let format = match rest {
            "chat" => WireFormat::CohereChat,
            "embed" => WireFormat::CohereEmbed,
            "rerank" => WireFormat::CohereRerank,
            _ => return Route::Later { format: WireFormat::CohereChat },
        };
        Route::Call { format, path: PathFacts::default() }
    })
}

fn gemini(rest: &str) -> Route {
    let format = WireFormat::GeminiGenerate;
    match rest.strip_prefix("models") {
        Some("" | "/") => models(format, None),
        Some(rest) => match rest.strip_prefix('/') {
            Some(id) => verb(id).unwrap_or_else(|| models(format, Some(id))),
            None => Route::Later { format },
        },
        // Some clients write `models/` only before names without a slash.
        None => verb(rest).unwrap_or(Route::Later { format }),
    }
}

/// `MODEL:VERB` with one of Google's verbs; any other colon belongs to the model's name.
fn verb(rest: &str) -> Option<Route> {
    let (model, verb) = rest.rsplit_once(':')?;
    if model.is_empty() {
        return None;
    }
    let stream = verb == "streamGenerateContent";
    let format = match verb {
        "generateContent" | "streamGenerateContent" => WireFormat::GeminiGenerate,
        "countTokens" => WireFormat::GeminiCountTokens,
        "embedContent" => WireFormat::GeminiEmbed,
        "batchEmbedContents" => WireFormat::GeminiBatchEmbed,
        _ => return None,
    };
    // Whether the stream is an array stands in the query.
    let path = PathFacts { model: Some(decoded(model)), stream, json_array: false };
    Some(Route::Call { format, path })
}

fn bedrock(rest: &str) -> Route {
    const OPERATIONS: [(&str, WireFormat, bool); 3] = [
        ("/converse", WireFormat::BedrockConverse, false),
        ("/converse-stream", WireFormat::BedrockConverse, true),
        ("/count-tokens", WireFormat::BedrockCountTokens, false),
    ];
    let named = |operation: &str| rest.strip_suffix(operation).filter(|model| !model.is_empty());
    let found = OPERATIONS
        .iter()
        .find_map(|(operation, format, stream)| named(operation).map(|model| (model, *format, *stream)));
    let Some((model, format, stream)) = found else {
        return Route::Later { format: WireFormat::BedrockConverse };
    };
    let path = PathFacts { model: Some(decoded(model)), stream, json_array: false };
    Route::Call { format, path }
}

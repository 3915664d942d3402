//! Paths of Google's, Bedrock's and Cohere's own APIs. Serves [`super::route`]. Models stand within most of them,
//! percent-encoded or as they are, slashes included, so that only the ends of a path are looked at.

use super::{Route, decoded, models};
use gw_model::WireFormat;
use gw_pipeline::PathFacts;

/// The route, when the path is one of theirs.
pub(super) fn route(path: &str) -> Option<Route> {
    if let Some(route) = vertex(path) {
        return Some(route);
    }
    if let Some(rest) = path.strip_prefix("/v1beta/").or_else(|| path.strip_prefix("/v1alpha/")) {
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

/// Vertex AI's paths name the maker of a model, and mostly a project and a place, which are the configuration's to
/// choose: `[projects/P/locations/L/]publishers/MAKER/models/MODEL:VERB`.
fn vertex(path: &str) -> Option<Route> {
    let rest = ["/v1/", "/v1beta1/"].iter().find_map(|version| path.strip_prefix(version))?;
    let rest = match rest.strip_prefix("projects/") {
        Some(rest) => rest.split_once("/locations/")?.1.split_once('/')?.1,
        None => rest,
    };
    let (maker, named) = rest.strip_prefix("publishers/")?.split_once("/models/")?;
    match maker {
        "google" => verb(named),
        "anthropic" => raw_predict(named),
        // Google's SDKs take what stands before a slash for the maker.
        _ => verb(&format!("{maker}/{named}")),
    }
}

/// Anthropic's API as Vertex AI has it: the path names the model, the body says whether to stream.
fn raw_predict(named: &str) -> Option<Route> {
    let model = named.strip_suffix(":rawPredict").or_else(|| named.strip_suffix(":streamRawPredict"))?;
    match model {
        "" => None,
        // The body names the model to count for.
        "count-tokens" => {
            Some(Route::Call { format: WireFormat::AnthropicCountTokens, path: PathFacts::default() })
        }
        _ => {
            let path = PathFacts { model: Some(decoded(model)), ..PathFacts::default() };
            Some(Route::Call { format: WireFormat::AnthropicMessages, path })
        }
    }
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

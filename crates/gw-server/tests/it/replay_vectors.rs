//! Recorded embeddings, rankings and token counts as upstream: byte for byte to a caller of the same format, with
//! the same vectors, ranking or count to callers of the others.

use super::support::{Answer, Call, Gateway, MASTER, Upstream, exchanges};
use base64::Engine as _;
use gw_emulator::replay::{Exchange, Replay};
use serde_json::{Value, json};

/// What an exchange is, which its path tells better than its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OpenAi,
    Gemini,
    GeminiBatch,
    Cohere,
    Voyage,
    Titan,
    BedrockCohere,
    CohereRank,
    PlainRank,
    VoyageRank,
    BedrockRank,
    MessagesCount,
    GeminiCount,
    ConverseCount,
    ResponsesCount,
}

impl Kind {
    /// `None` for what the gateway has no path and no provider for.
    fn of(exchange: &Exchange) -> Option<Self> {
        let (path, body) = (exchange.path.as_str(), &exchange.request_body);
        let is_voyage = exchange.provider == "voyage";
        Some(match exchange.wire_format.as_str() {
            "embeddings" if path.ends_with(":batchEmbedContents") => Self::GeminiBatch,
            "embeddings" if path.ends_with(":embedContent") => Self::Gemini,
            "embeddings" if path.ends_with("/embed") => Self::Cohere,
            "embeddings" if is_voyage => Self::Voyage,
            "embeddings" if path.ends_with("/embeddings") => Self::OpenAi,
            "invoke" if body.get("inputText").is_some() => Self::Titan,
            "invoke" if body.get("texts").is_some() => Self::BedrockCohere,
            "rerank" if exchange.provider == "bedrock" => Self::BedrockRank,
            "rerank" if exchange.provider == "cohere" => Self::CohereRank,
            "rerank" if is_voyage => Self::VoyageRank,
            "rerank" => Self::PlainRank,
            "count_tokens" if path.ends_with(":countTokens") => Self::GeminiCount,
            "count_tokens" if path.ends_with("/count-tokens") => Self::ConverseCount,
            "count_tokens" if path.ends_with("/input_tokens") => Self::ResponsesCount,
            "count_tokens" => Self::MessagesCount,
            _ => return None,
        })
    }

    /// The target that answers in this format.
    const fn target(self) -> &'static str {
        match self {
            Self::OpenAi | Self::ResponsesCount => "openai/m",
            Self::Gemini => "gemini/m",
            Self::GeminiBatch | Self::GeminiCount => "gemini/m",
            Self::Cohere | Self::CohereRank => "cohere/m",
            Self::Voyage | Self::VoyageRank => "voyage/m",
            Self::Titan => "bedrock/titan-embed",
            Self::BedrockCohere => "bedrock/cohere.embed",
            Self::BedrockRank => "bedrock/rerank",
            Self::PlainRank => "jina_ai/m",
            Self::MessagesCount => "anthropic/m",
            Self::ConverseCount => "bedrock/m",
        }
    }

    /// Where a caller of this format asks; `None` for formats of upstreams alone.
    fn path(self, model: &str) -> Option<String> {
        let escaped = model.replace('/', "%2F").replace(':', "%3A");
        Some(match self {
            Self::OpenAi | Self::Voyage => "/v1/embeddings".to_owned(),
            Self::Gemini => format!("/v1beta/models/{escaped}:embedContent"),
            Self::GeminiBatch => format!("/v1beta/models/{escaped}:batchEmbedContents"),
            Self::Cohere => "/v2/embed".to_owned(),
            Self::CohereRank => "/v2/rerank".to_owned(),
            Self::PlainRank | Self::VoyageRank => "/v1/rerank".to_owned(),
            Self::MessagesCount => "/v1/messages/count_tokens".to_owned(),
            Self::GeminiCount => format!("/v1beta/models/{escaped}:countTokens"),
            Self::ConverseCount => format!("/model/{escaped}/count-tokens"),
            Self::ResponsesCount => "/v1/responses/input_tokens".to_owned(),
            Self::Titan | Self::BedrockCohere | Self::BedrockRank => return None,
        })
    }

    fn has_model_in_path(self) -> bool {
        matches!(self, Self::Gemini | Self::GeminiBatch | Self::GeminiCount | Self::ConverseCount)
    }

    /// A plausible request for `count` vectors or with that many documents.
    fn ask(self, model: &str, count: usize) -> Value {
        let texts: Vec<String> = (0..count).map(|n| format!("text {n}")).collect();
        let content = |text: &String| json!({"content": {"parts": [{"text": text}]}});
        match self {
            Self::OpenAi => json!({"model": model, "input": texts}),
            Self::Voyage => json!({"model": model, "input": texts, "truncation": true}),
            Self::Gemini => content(&texts[0]),
            Self::GeminiBatch => json!({"requests": texts.iter().map(content).collect::<Vec<_>>()}),
            Self::Cohere => json!({"model": model, "texts": texts, "input_type": "search_query",
                "embedding_types": ["float"]}),
            Self::VoyageRank => json!({"model": model, "query": "q", "documents": texts, "truncation": true}),
            Self::CohereRank | Self::PlainRank => json!({"model": model, "query": "q", "documents": texts}),
            Self::GeminiCount => json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}]}),
            Self::ConverseCount => {
                json!({"input": {"converse": {"messages": [{"role": "user", "content": [{"text": "x"}]}]}}})
            }
            Self::ResponsesCount => json!({"model": model, "input": "x"}),
            _ => json!({"model": model, "messages": [{"role": "user", "content": "x"}]}),
        }
    }
}

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let config = format!(
        "providers:\n  \
         openai: {{ base_url: \"{url}/v1\", api_key: k }}\n  \
         gemini: {{ base_url: \"{url}\", api_key: k }}\n  \
         cohere: {{ base_url: \"{url}\", api_key: k }}\n  \
         voyage: {{ base_url: \"{url}/v1\", api_key: k }}\n  \
         jina_ai: {{ base_url: \"{url}/v1\", api_key: k }}\n  \
         anthropic: {{ base_url: \"{url}\", api_key: k }}\n  \
         bedrock: {{ base_url: \"{url}\", region: us-east-1, aws_access_key_id: AK, aws_secret_access_key: s }}\n"
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

fn load() -> Vec<(Kind, Exchange)> {
    let all = exchanges::recorded(&["embeddings", "invoke", "rerank", "count_tokens"]);
    all.into_iter().filter_map(|exchange| Some((Kind::of(&exchange)?, exchange))).collect()
}

fn play(upstream: &Upstream, exchange: &Exchange) {
    upstream.emulator().set_replay(Some(Replay::new([exchange.clone()]).any_path()));
}

async fn ask(gateway: &Gateway, kind: Kind, model: &str, body: &Value) -> Answer {
    let path = kind.path(model).unwrap();
    gateway.send(Call::post(&path, body.to_string()).key(MASTER)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_format_passes_byte_for_byte() {
    let (upstream, gateway) = set_up().await;
    let mut played = 0;
    for (kind, exchange) in load().iter().filter(|(kind, _)| kind.path("m").is_some()) {
        let named = exchange.request_body["model"].as_str().map(ToOwned::to_owned);
        let of_path = exchange.path.rsplit_once("/models/").and_then(|(_, rest)| rest.split(':').next());
        let model = named.as_deref().or(of_path).unwrap_or("m").to_owned();
        let (provider, _) = kind.target().split_once('/').unwrap();
        let recorded = exchange.request_body.is_object();
        let original = if recorded { exchange.request_body.clone() } else { kind.ask(&model, 2) };
        let mut asked = original.clone();
        let qualified = format!("{provider}/{model}");
        if !kind.has_model_in_path() {
            asked["model"] = qualified.clone().into();
        }
        play(&upstream, exchange);
        let answer = ask(&gateway, *kind, &qualified, &asked).await;
        assert_eq!((answer.status, &answer.body), (exchange.status, &exchange.body), "{}", exchange.name);
        let seen = upstream.last_body();
        assert_eq!(String::from_utf8_lossy(&seen), original.to_string(), "{}", exchange.name);
        played += 1;
    }
    eprintln!("same format, byte for byte: {played} exchanges");
}

/// Vectors of a body of this format.
fn vectors(kind: Kind, body: &Value) -> Vec<Vec<f64>> {
    let list = |value: &Value| -> Vec<f64> {
        let Some(text) = value.as_str() else {
            return value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        };
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        bytes.chunks(4).map(|c| f64::from(f32::from_le_bytes(c.try_into().unwrap()))).collect()
    };
    let all = |value: &Value, at: &str| -> Vec<Vec<f64>> {
        value.as_array().unwrap().iter().map(|element| list(element.pointer(at).unwrap())).collect()
    };
    match kind {
        Kind::OpenAi | Kind::Voyage => all(&body["data"], "/embedding"),
        Kind::Gemini => vec![list(&body["embedding"]["values"])],
        Kind::GeminiBatch => all(&body["embeddings"], "/values"),
        Kind::Titan => vec![list(&body["embedding"])],
        _ => all(&body["embeddings"]["float"], ""),
    }
}

fn is_same(found: &[Vec<f64>], wanted: &[Vec<f64>]) -> bool {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6;
    found.len() == wanted.len()
        && found.iter().zip(wanted).all(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(near))
}

/// Answers that a caller of another format cannot get: their base64 holds whole numbers of one byte, which no
/// other format has under that name.
fn has_bytes(exchange: &Exchange) -> bool {
    exchange.provider == "perplexity"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_are_the_same_in_every_format() {
    const CALLERS: [Kind; 5] = [Kind::OpenAi, Kind::Voyage, Kind::Cohere, Kind::GeminiBatch, Kind::Gemini];
    const SOURCES: [Kind; 7] = [
        Kind::OpenAi,
        Kind::Gemini,
        Kind::GeminiBatch,
        Kind::Cohere,
        Kind::Voyage,
        Kind::Titan,
        Kind::BedrockCohere,
    ];
    let (upstream, gateway) = set_up().await;
    let mut played = 0;
    for (kind, exchange) in load().iter().filter(|(kind, e)| SOURCES.contains(kind) && e.status == 200) {
        if has_bytes(exchange) {
            continue;
        }
        let wanted = vectors(*kind, &serde_json::from_slice(&exchange.body).unwrap());
        for caller in CALLERS.into_iter().filter(|caller| caller != kind) {
            if caller == Kind::Gemini && wanted.len() > 1 {
                continue;
            }
            // Google's provider answers a single content at its own endpoint.
            if (*kind, caller) == (Kind::GeminiBatch, Kind::Gemini)
                || (*kind, caller) == (Kind::Gemini, Kind::GeminiBatch)
            {
                continue;
            }
            play(&upstream, exchange);
            let target = kind.target();
            let answer = ask(&gateway, caller, target, &caller.ask(target, wanted.len())).await;
            assert_eq!(answer.status, 200, "{caller:?} of {}: {}", exchange.name, answer.text());
            assert!(is_same(&vectors(caller, &answer.json()), &wanted), "{caller:?} of {}", exchange.name);
            let record = gateway.record(&answer.request_id()).await;
            assert!(record["input_tokens"].as_u64() > Some(0), "{caller:?} of {}: {record}", exchange.name);
            played += 1;
        }
    }
    eprintln!("the same vectors in another format: {played} pairs");
}

/// Places and scores, best first.
fn ranking(body: &Value) -> Vec<(u64, f64)> {
    let results = body.get("results").or_else(|| body.get("data")).and_then(Value::as_array).unwrap();
    let score = |r: &Value| r.get("relevance_score").or_else(|| r.get("relevanceScore")).unwrap().as_f64();
    results.iter().map(|r| (r["index"].as_u64().unwrap(), score(r).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rankings_are_the_same_in_every_format() {
    const CALLERS: [Kind; 3] = [Kind::CohereRank, Kind::PlainRank, Kind::VoyageRank];
    let (upstream, gateway) = set_up().await;
    let mut played = 0;
    for (kind, exchange) in load().iter().filter(|(_, e)| e.wire_format == "rerank" && e.status == 200) {
        let wanted = ranking(&serde_json::from_slice(&exchange.body).unwrap());
        let documents = wanted.iter().map(|(index, _)| index + 1).max().unwrap();
        for caller in CALLERS.into_iter().filter(|caller| caller != kind) {
            play(&upstream, exchange);
            let target = kind.target();
            let body = caller.ask(target, usize::try_from(documents).unwrap());
            let answer = ask(&gateway, caller, target, &body).await;
            assert_eq!(answer.status, 200, "{caller:?} of {}: {}", exchange.name, answer.text());
            assert_eq!(ranking(&answer.json()), wanted, "{caller:?} of {}", exchange.name);
            played += 1;
        }
    }
    eprintln!("the same ranking in another format: {played} pairs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_the_same_in_every_format() {
    const CALLERS: [Kind; 4] =
        [Kind::MessagesCount, Kind::GeminiCount, Kind::ConverseCount, Kind::ResponsesCount];
    let count = |body: &Value| {
        ["input_tokens", "totalTokens", "inputTokens"].iter().find_map(|name| body[*name].as_u64()).unwrap()
    };
    let (upstream, gateway) = set_up().await;
    let mut played = 0;
    for (kind, exchange) in load().iter().filter(|(kind, e)| CALLERS.contains(kind) && e.status == 200) {
        let wanted = count(&serde_json::from_slice(&exchange.body).unwrap());
        for caller in CALLERS.into_iter().filter(|caller| caller != kind) {
            play(&upstream, exchange);
            let answer = ask(&gateway, caller, kind.target(), &caller.ask(kind.target(), 1)).await;
            assert_eq!(count(&answer.ok().json()), wanted, "{caller:?} of {}", exchange.name);
            assert_eq!(answer.header("x-gatewright-token-count"), None, "{caller:?} of {}", exchange.name);
            played += 1;
        }
    }
    eprintln!("the same count in another format: {played} pairs");
}

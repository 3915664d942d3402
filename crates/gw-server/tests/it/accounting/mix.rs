//! The calls of a mixed run: what each asks for, and what its caller saw of it. What answers cost is worked out from the
//! usage in them, with the prices of the configuration, and not from anything that the gateway says of cost.

use crate::support::{Call, Upstream, chat, chat_stream, reading, sse};
use serde_json::Value;
use std::net::SocketAddr;

/// Prices in nano-dollars per token.
const INPUT: i128 = 100_000;
const OUTPUT: i128 = 200_000;

/// What a call is to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Whole,
    Translated,
    Streamed,
    StreamTranslated,
    /// The first target fails each time.
    FallsBack,
    /// Some tries fail.
    Retried,
    /// Few different questions, which are cached.
    Cached,
    CachedStream,
    /// Its caller leaves in the midst of the answer.
    Leaves,
    /// The upstream leaves in the midst of the answer.
    Cut,
    /// No such model.
    Unknown,
    /// The upstream does not like it.
    Rejected,
}

impl Kind {
    const ALL: [Self; 12] = [
        Self::Whole,
        Self::Translated,
        Self::Streamed,
        Self::StreamTranslated,
        Self::FallsBack,
        Self::Retried,
        Self::Cached,
        Self::CachedStream,
        Self::Leaves,
        Self::Cut,
        Self::Unknown,
        Self::Rejected,
    ];

    /// The n-th call's. Those that take the longest are the fewest.
    pub(super) fn of(n: usize) -> Self {
        match n % 120 {
            slow @ (0 | 40 | 80) => [Self::Leaves, Self::Cut, Self::Leaves][slow / 40],
            other => Self::ALL[other % Self::ALL.len()],
        }
    }

    fn call(self, n: usize, key: &str) -> Call {
        let text = format!("question {n}");
        let some = format!("question {}", n % 7);
        let call = match self {
            Self::Whole => Call::chat(&chat("up/chat-model", &text)),
            Self::Translated => Call::messages(&chat("up/chat-model", &text)),
            Self::Streamed => Call::chat(&with_usage(chat_stream("up/chat-model", &text))),
            Self::StreamTranslated => Call::messages(&chat_stream("up/chat-model", &text)),
            Self::FallsBack => Call::chat(&chat("falls-back", &text)),
            Self::Retried => Call::chat(&chat("retried", &text)),
            Self::Cached => Call::chat(&chat("cached", &some)),
            Self::CachedStream => Call::chat(&with_usage(chat_stream("cached", &some))),
            Self::Leaves => Call::chat(&chat_stream("up/endless", &text)),
            Self::Cut => Call::chat(&chat_stream("up/cutting", &text)),
            Self::Unknown => Call::chat(&chat("nobody/knows", &text)),
            Self::Rejected => Call::chat(&chat("up/refusing", &text)),
        };
        call.key(key)
            .header("x-gatewright-customer", &format!("customer-{}", n % 5))
            .header("x-gatewright-tags", "mix")
    }

    const fn format(self) -> &'static str {
        match self {
            Self::Translated | Self::StreamTranslated => "messages",
            _ => "chat",
        }
    }

    const fn is_stream(self) -> bool {
        matches!(self, Self::Streamed | Self::StreamTranslated | Self::CachedStream | Self::Cut)
    }
}

fn with_usage(mut body: Value) -> Value {
    body["stream_options"] = serde_json::json!({"include_usage": true});
    body
}

/// The providers and models that the calls name.
pub(super) fn config(upstream: &Upstream) -> String {
    let url = upstream.url();
    upstream.faults("endless", "frames=400;frame-delay=20;ignore-max-tokens", None);
    upstream.faults("cutting", "frames=30;cut-after-frames=6", None);
    upstream.faults("broken", "status=500", None);
    upstream.faults("refusing", "status=400", None);
    let price =
        "{ input_usd_per_million_tokens: 100, output_usd_per_million_tokens: 200, max_output_tokens: 4096 }";
    let models = ["chat-model", "endless", "cutting", "broken", "refusing", "sometimes"];
    let prices: Vec<String> = models.iter().map(|model| format!("{model}: {price}")).collect();
    let prices = prices.join(", ");
    format!(
        "providers:\n  \
         up: {{ kind: openai-compatible, base_url: \"{url}/v1\", api_key: upstream-secret-1, models: {{ {prices} }} }}\n  \
         claude: {{ kind: anthropic, base_url: \"{url}\", api_key: upstream-secret-2, models: {{ {prices} }} }}\n\
         models:\n  \
         falls-back: {{ targets: [{{ provider: up, model: broken }}, {{ provider: claude, model: chat-model }}] }}\n  \
         retried: {{ targets: [{{ provider: up, model: sometimes }}], retry: {{ attempts: 3, on: [5xx] }} }}\n  \
         cached: {{ targets: [{{ provider: up, model: chat-model }}], cache: {{ mode: exact, ttl_seconds: 3600, scope: key }} }}\n"
    )
}

/// One in twenty tries at the model `sometimes` fails.
pub(super) async fn some_tries_fail(upstream: &Upstream) {
    let fault = serde_json::json!({"model": "sometimes", "fault": "status=503", "share": 0.05});
    let addr = upstream.url().trim_start_matches("http://").parse().expect("an address");
    Call::post("/emulator/faults", fault.to_string()).send(addr).await.ok();
}

/// What a caller saw of its call.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) request_id: String,
    pub(super) outcome: &'static str,
    /// In nano-dollars; `None` where a caller cannot know.
    pub(super) cost: Option<i128>,
}

/// Makes the n-th call.
pub(super) async fn make(addr: SocketAddr, key: &str, n: usize) -> Seen {
    let kind = Kind::of(n);
    if kind == Kind::Leaves {
        return leave(kind.call(n, key), addr).await;
    }
    let answer = kind.call(n, key).send(addr).await;
    let request_id = answer.request_id();
    if answer.status != 200 {
        let is_upstreams =
            answer.header("x-gatewright-error").is_none_or(|code| code.starts_with("upstream"));
        let outcome = if is_upstreams { "upstream_error" } else { "refused" };
        return Seen { request_id, outcome, cost: Some(0) };
    }
    if kind.is_stream() && sse::error(&answer.body).is_some() {
        return Seen { request_id, outcome: "stream_cut", cost: None };
    }
    assert_ne!(kind, Kind::Cut, "{}", answer.text());
    let said = match kind.is_stream() {
        true => reading::streamed(kind.format(), &answer.body),
        false => reading::whole(kind.format(), &answer.json()),
    };
    assert!(said.input_tokens > 0 && said.output_tokens > 0, "{kind:?}: {}", answer.text());
    let is_fetched = answer.header("x-gatewright-cache").is_none_or(|cache| cache != "hit");
    let cost = i128::from(said.input_tokens) * INPUT + i128::from(said.output_tokens) * OUTPUT;
    Seen { request_id, outcome: "success", cost: Some(if is_fetched { cost } else { 0 }) }
}

/// Leaves when the first words are there.
async fn leave(call: Call, addr: SocketAddr) -> Seen {
    let mut stream = call.open(addr).await;
    let id =
        stream.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    if stream.status != 200 {
        return Seen { request_id: id, outcome: "refused", cost: Some(0) };
    }
    stream.until("data: ").await;
    drop(stream);
    Seen { request_id: id, outcome: "client_disconnect", cost: None }
}

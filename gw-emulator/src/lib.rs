//! A provider emulator: the wire formats of OpenAI, Anthropic, Gemini, Bedrock and Cohere with
//! deterministic answers, faults on demand, statistics, and the playing of recorded exchanges. Serves
//! tests as upstream, users as a drill, and `--demo` as a provider; it must not share a codec with the
//! gateway.
//!
//! # What it speaks
//! OpenAI: `/v1/chat/completions`, `/v1/responses[/input_tokens]`, `/v1/completions`, `/v1/embeddings`,
//! `/v1/images/{generations,edits}`, `/v1/audio/{speech,transcriptions,translations}`, `/v1/moderations`,
//! `/v1/models[/{id}]`, `/v1/files`, `/v1/batches`, each also without `/v1` and under `/openai/v1`; Azure:
//! `/openai/deployments/{d}/...?api-version=`. Anthropic: `/v1/messages`, `/v1/messages/count_tokens`,
//! `/v1/models` (with `anthropic-version`), each also under `/anthropic`. Gemini:
//! `/v1beta/models/{m}:VERB` with `generateContent`, `streamGenerateContent`, `countTokens`,
//! `embedContent` and `batchEmbedContents`, also under `/v1` and Vertex AI's paths, and `/v1beta/models`.
//! Bedrock: `/model/{m}/{converse,converse-stream,count-tokens,invoke}` (`invoke` for the embeddings of Titan and
//! Cohere), `/rerank`. Cohere: `/v2/{chat,embed,rerank}`, `/v1/rerank`. Voyage: embeddings and ranking, by their
//! members. OpenAI's Realtime over a WebSocket: `/v1/realtime?model=`, also without `/v1` and under `/openai`.
//! `/echo/...` gives any request back. HTTP/1.1 and HTTP/2 with prior knowledge on one port. Any model name is fine.
//!
//! # What it answers
//! Text: `You said: ...` with the last user text (4096 bytes at most), led by `I see N images (types).`
//! when there are any; `The tool returned: ...` after tool results; JSON that fits the schema when one
//! is asked for. Tools: the ones that the text names, all when it says `parallel`, else the first.
//! One token is a run of up to four non-blank characters with the blanks before it; a message costs 4
//! more, an image 85; a tool costs the tokens of its JSON.
//!
//! # Faults
//! Set by model name (`fault-NAME`, `fault-NAME-VALUE`, several joined by `+`, a tag after `@`), by the
//! header `x-emulate: name=value;name`, or ahead of time by `POST /emulator/faults`; later ones win in
//! the order standing, model name, header. `x-emulate-text` sets the answer's text.
//!
//! | Fault | Default | What happens |
//! |---|---|---|
//! | `latency=MS` | 1000 | waits before the response head |
//! | `status=N`, or just `N` | 500 | answers with that status in the provider's error shape |
//! | `quota` | | answers 429 with the code `insufficient_quota` |
//! | `retry-after=TEXT` | 1 | the `retry-after` header of the error |
//! | `flaky=N` | 1 | the first N requests of the same credential and model fail (`status`, else 503) |
//! | `hang` | | never answers |
//! | `disconnect` | | closes the connection without an answer |
//! | `stall-after-frames=N`, `stall` | 3 | sends N frames, then nothing; half of a whole answer |
//! | `cut-after-frames=N`, `cut` | 3 | sends N frames, then breaks off; half of a whole answer |
//! | `cut-after-bytes=N` | | sends N bytes of the body, then breaks off |
//! | `reset` | | breaks off with a TCP reset in place of a close |
//! | `error-after-frames=N` | 3 | N frames, then an error event (`status`), then the end |
//! | `end-after-frames=N` | 3 | N frames, then a clean end without the closing events |
//! | `malformed-json` | | spoils the JSON of the answer, in a stream that of the first content frame |
//! | `malformed-sse` | | spoils the framing of a stream at its first content frame, whatever it is |
//! | `slow-drip=MS` | 1 | writes byte by byte, or `chunk-bytes`, with this pause |
//! | `chunk-bytes=N` | 1 | writes pieces of N bytes |
//! | `huge=BYTES` | 8388608 | a text of that size, whatever `max_tokens` says; one frame in a stream |
//! | `wrong-usage=KIND` | tenfold | `tenfold`, `zero`, `negative` or `text` |
//! | `no-usage` | | reports no usage |
//! | `frame-delay=MS` | 10 | pause between frames |
//! | `frames=N` | 50 | number of content frames |
//! | `output-tokens=N` | 100 | number of tokens in the text |
//! | `ignore-max-tokens` | | does not keep to the request's bound |
//! | `reasoning-tokens=N` | 64 | reasoning tokens reported and billed (not Anthropic) |
//! | `cached-tokens=N` | 64 | cached input tokens reported (not Anthropic) |
//! | `text=TEXT` | | the answer's text, percent-encoded |
//! | `finish=REASON` | | the finish or stop reason |
//! | `preface` | | a sentence before tool calls |
//! | `no-calls` | | text, whatever tools there are |
//! | `crlf` | | CR LF line ends in a stream of events |
//! | `comments` | | an SSE comment before every event |
//! | `exchange=NAME` | | the loaded recorded exchange of that name |
//!
//! A frame is one server-sent event, element of Gemini's array or binary message, whatever it says (role,
//! ping, usage and closing events included); content frames are those with text. A fault that ends a stream early always holds back at least its
//! last frame. Several of stall, cut and reset: stall wins.
#![forbid(unsafe_code)]

mod answer;
mod anthropic;
mod cohere;
mod config;
mod control;
mod converse;
mod credential;
mod emulator;
mod exchange;
mod fault;
mod fields;
mod gemini;
mod hash;
mod journal;
mod listen;
mod media;
mod objects;
mod openai;
mod percent;
mod play;
mod prompt;
mod realtime;
pub mod replay;
mod reply;
mod respond;
mod responses;
mod route;
mod schema;
mod spoil;
mod stats;
mod tokens;
mod toolcalls;
mod usage;
mod vector;

pub use config::EmulatorConfig;
pub use emulator::Emulator;
pub use fault::{FAULT_NAMES, FaultError, FaultName, Faults, WrongUsage};
pub use journal::{RecordedAnswer, RecordedRequest};
pub use listen::Running;
pub use play::{BodyError, BoxBody};
pub use stats::{ModelStats, Stats};

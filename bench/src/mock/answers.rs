//! The mock's answers, made once at start: bodies as a provider would send them, already framed
//! as HTTP/1.1. Nothing here looks at a request.

use crate::wire::{FRAMES, Wire};

/// Everything the mock ever sends for one wire format.
pub(super) struct WireAnswers {
    /// Head and body of the whole answer.
    pub(super) whole: Vec<u8>,
    /// The stream without usage (chat: `include_usage` not asked).
    pub(super) plain: StreamAnswer,
    /// The stream with usage.
    pub(super) with_usage: StreamAnswer,
}

/// One streamed answer, as a sequence of writes.
pub(super) struct StreamAnswer {
    /// The response head alone.
    pub(super) head: Vec<u8>,
    /// One HTTP chunk per frame; the last also holds the end of the body.
    pub(super) chunks: Vec<Vec<u8>>,
    /// Head and all chunks in one buffer.
    pub(super) burst: Vec<u8>,
}

/// The answers of both formats.
pub(super) struct Answers {
    chat: WireAnswers,
    messages: WireAnswers,
}

impl Answers {
    pub(super) fn new() -> Self {
        let chat = WireAnswers {
            whole: whole(CHAT_WHOLE),
            plain: stream(&chat_frames(false)),
            with_usage: stream(&chat_frames(true)),
        };
        let messages = WireAnswers {
            whole: whole(MESSAGES_WHOLE),
            plain: stream(&message_frames()),
            with_usage: stream(&message_frames()),
        };
        Self { chat, messages }
    }

    pub(super) fn of(&self, wire: Wire) -> &WireAnswers {
        match wire {
            Wire::Chat => &self.chat,
            Wire::Messages => &self.messages,
        }
    }
}

/// The error answer for what the mock cannot read.
pub(super) const BAD_REQUEST: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

const CHAT_WHOLE: &str = concat!(
    r#"{"id":"chatcmpl-Bq4vY1kZ0bench00000000000001","object":"chat.completion","created":1760000000,"#,
    r#""model":"bench-2026-01-01","choices":[{"index":0,"message":{"role":"assistant","content":"#,
    r#""tok-00 A gateway forwards calls and keeps the books.","refusal":null,"annotations":[]},"logprobs":null,"#,
    r#""finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":12,"total_tokens":54,"#,
    r#""prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"#,
    r#""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}},"#,
    r#""service_tier":"default","system_fingerprint":"fp_bench00001"}"#
);

const MESSAGES_WHOLE: &str = concat!(
    r#"{"id":"msg_01bench0000000000000001","type":"message","role":"assistant","model":"bench-2026-01-01","#,
    r#""content":[{"type":"text","text":"tok-00 A gateway forwards calls and keeps the books."}],"#,
    r#""stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":42,"#,
    r#""cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":12,"#,
    r#""service_tier":"standard"}}"#
);

fn whole(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn stream(frames: &[String]) -> StreamAnswer {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
        cache-control: no-cache\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    let mut chunks: Vec<Vec<u8>> =
        frames.iter().map(|frame| format!("{:x}\r\n{frame}\r\n", frame.len()).into_bytes()).collect();
    if let Some(last) = chunks.last_mut() {
        last.extend_from_slice(b"0\r\n\r\n");
    }
    let burst = head.iter().chain(chunks.iter().flatten()).copied().collect();
    StreamAnswer { head, chunks, burst }
}

/// 50 frames, a usage frame when asked, and the end mark. As at the real provider, a stream with
/// usage carries `"usage":null` in every other frame.
fn chat_frames(with_usage: bool) -> Vec<String> {
    let null = if with_usage { r#","usage":null"# } else { "" };
    let frame = |choices: &str, usage: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-Bq4vY1kZ0bench00000000000001\",\"object\":\"chat.completion.chunk\",\
             \"created\":1760000000,\"model\":\"bench-2026-01-01\",\"service_tier\":\"default\",\
             \"system_fingerprint\":\"fp_bench00001\",\"choices\":[{choices}]{usage}}}\n\n"
        )
    };
    let choice = |delta: &str, finish: &str| {
        format!(r#"{{"index":0,"delta":{{{delta}}},"logprobs":null,"finish_reason":{finish}}}"#)
    };
    let mut frames = Vec::with_capacity(FRAMES + 2);
    frames.push(frame(&choice(r#""role":"assistant","content":"","refusal":null"#, "null"), null));
    for piece in 0..Wire::Chat.stream_pieces() {
        frames.push(frame(&choice(&format!(r#""content":" tok-{piece:02}""#), "null"), null));
    }
    frames.push(frame(&choice("", "\"stop\""), null));
    if with_usage {
        let usage = concat!(
            r#","usage":{"prompt_tokens":42,"completion_tokens":48,"total_tokens":90,"#,
            r#""prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"#,
            r#""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}"#
        );
        frames.push(frame("", usage));
    }
    frames.push("data: [DONE]\n\n".to_owned());
    frames
}

/// 50 events: start, block start, the pieces, block stop, delta with usage, stop.
fn message_frames() -> Vec<String> {
    let event = |name: &str, rest: &str| format!("event: {name}\ndata: {{\"type\":\"{name}\"{rest}}}\n\n");
    let mut frames = Vec::with_capacity(FRAMES);
    frames.push(event(
        "message_start",
        concat!(
            r#","message":{"id":"msg_01bench0000000000000001","type":"message","role":"assistant","#,
            r#""model":"bench-2026-01-01","content":[],"stop_reason":null,"stop_sequence":null,"#,
            r#""usage":{"input_tokens":42,"cache_creation_input_tokens":0,"#,
            r#""cache_read_input_tokens":0,"output_tokens":1}}"#
        ),
    ));
    frames.push(event("content_block_start", r#","index":0,"content_block":{"type":"text","text":""}"#));
    for piece in 0..Wire::Messages.stream_pieces() {
        let delta = format!(r#","index":0,"delta":{{"type":"text_delta","text":" tok-{piece:02}"}}"#);
        frames.push(event("content_block_delta", &delta));
    }
    frames.push(event("content_block_stop", r#","index":0"#));
    frames.push(event(
        "message_delta",
        r#","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":45}"#,
    ));
    frames.push(event("message_stop", ""));
    frames
}

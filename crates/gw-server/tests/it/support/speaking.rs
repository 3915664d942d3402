//! The six formats of conversations, as a caller speaks them and as an upstream answers: small samples that all
//! say `Hello there`, take 11 tokens and give 7.

use super::client::Call;
use super::scripted::Step;
use super::{binary, sse};
use serde_json::{Value, json};

/// What every answer says.
pub(crate) const TEXT: &str = "Hello there";

/// A format with how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Chat,
    Responses,
    Messages,
    Gemini,
    /// Gemini whose streams are JSON arrays.
    GeminiArray,
    Converse,
    Cohere,
}

impl Format {
    pub(crate) const ALL: [Self; 7] = [
        Self::Chat,
        Self::Responses,
        Self::Messages,
        Self::Gemini,
        Self::GeminiArray,
        Self::Converse,
        Self::Cohere,
    ];

    /// The name in records.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::Gemini | Self::GeminiArray => "generate_content",
            Self::Converse => "converse",
            Self::Cohere => "cohere_chat",
        }
    }

    /// A question to `model`, without a key.
    pub(crate) fn call(self, model: &str, stream: bool) -> Call {
        let body = self.body(model, stream).to_string();
        let escaped = model.replace('/', "%2F").replace(':', "%3A");
        match (self, stream) {
            (Self::Chat, _) => Call::post("/v1/chat/completions", body),
            (Self::Responses, _) => Call::post("/v1/responses", body),
            (Self::Messages, _) => Call::post("/v1/messages", body),
            (Self::Gemini | Self::GeminiArray, false) => {
                Call::post(&format!("/v1beta/models/{model}:generateContent"), body)
            }
            (Self::Gemini, true) => {
                Call::post(&format!("/v1beta/models/{escaped}:streamGenerateContent?alt=sse"), body)
            }
            (Self::GeminiArray, true) => {
                Call::post(&format!("/v1/models/{model}:streamGenerateContent"), body)
            }
            (Self::Converse, false) => Call::post(&format!("/model/{escaped}/converse"), body),
            (Self::Converse, true) => Call::post(&format!("/model/{escaped}/converse-stream"), body),
            (Self::Cohere, _) => Call::post("/v2/chat", body),
        }
    }

    /// The body of that question.
    pub(crate) fn body(self, model: &str, stream: bool) -> Value {
        let user = json!([{"role": "user", "content": "hi"}]);
        match self {
            Self::Chat => json!({"model": model, "max_tokens": 64, "messages": user, "stream": stream}),
            Self::Responses => {
                json!({"model": model, "max_output_tokens": 64, "input": "hi", "stream": stream})
            }
            Self::Messages => json!({"model": model, "max_tokens": 64, "messages": user, "stream": stream}),
            Self::Gemini | Self::GeminiArray => json!({
                "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
                "generationConfig": {"maxOutputTokens": 64}
            }),
            Self::Converse => json!({
                "messages": [{"role": "user", "content": [{"text": "hi"}]}],
                "inferenceConfig": {"maxTokens": 64}
            }),
            Self::Cohere => json!({"model": model, "max_tokens": 64, "messages": user, "stream": stream}),
        }
    }

    /// What a whole answer says.
    pub(crate) fn text_of(self, answer: &Value) -> String {
        let texts = |parts: &Value| {
            let parts = parts.as_array().cloned().unwrap_or_default();
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<String>()
        };
        match self {
            Self::Chat => answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned(),
            Self::Responses => {
                let items = answer["output"].as_array().cloned().unwrap_or_default();
                items.iter().map(|item| texts(&item["content"])).collect()
            }
            Self::Messages => texts(&answer["content"]),
            Self::Gemini | Self::GeminiArray => texts(&answer["candidates"][0]["content"]["parts"]),
            Self::Converse => texts(&answer["output"]["message"]["content"]),
            Self::Cohere => texts(&answer["message"]["content"]),
        }
    }

    /// The JSON of every frame of a stream.
    #[track_caller]
    pub(crate) fn frames(self, body: &[u8]) -> Vec<Value> {
        match self {
            Self::GeminiArray => serde_json::from_slice(body).unwrap_or_else(|error| {
                panic!("not an array: {error}: {}", String::from_utf8_lossy(body));
            }),
            Self::Converse => binary::read(body)
                .into_iter()
                .map(|(kind, mut payload)| {
                    payload["kind"] = kind.into();
                    payload
                })
                .collect(),
            _ => sse::values(body),
        }
    }

    /// What a stream says.
    #[track_caller]
    pub(crate) fn streamed(self, body: &[u8]) -> String {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |frame: &Value| match self {
            Self::Chat => text(&frame["choices"][0]["delta"]["content"]),
            Self::Responses if frame["type"] == "response.output_text.delta" => text(&frame["delta"]),
            Self::Responses => String::new(),
            Self::Messages | Self::Converse => text(&frame["delta"]["text"]),
            Self::Gemini | Self::GeminiArray => self.text_of(frame),
            Self::Cohere => text(&frame["delta"]["message"]["content"]["text"]),
        };
        self.frames(body).iter().map(one).collect()
    }

    /// The content type of a stream.
    pub(crate) fn stream_type(self) -> &'static str {
        match self {
            Self::GeminiArray => "application/json",
            Self::Converse => "application/vnd.amazon.eventstream",
            _ => "text/event-stream; charset=utf-8",
        }
    }

    /// Where the machine code stands in an error's body.
    pub(crate) fn code_at(self) -> &'static str {
        match self {
            Self::Chat | Self::Responses | Self::Messages => "/error/code",
            Self::Gemini | Self::GeminiArray => "/error/details/0/reason",
            Self::Converse | Self::Cohere => "/code",
        }
    }
}

/// The format and kind of answer that an upstream's path and body ask for.
pub(crate) fn asked(path: &str, body: &str) -> (Format, bool) {
    let in_body = body.contains("\"stream\":true");
    match path {
        "/v1/chat/completions" => (Format::Chat, in_body),
        "/v1/responses" => (Format::Responses, in_body),
        "/v1/messages" => (Format::Messages, in_body),
        "/v2/chat" => (Format::Cohere, in_body),
        _ if path.starts_with("/v1beta/models/") => {
            (Format::Gemini, path.ends_with(":streamGenerateContent?alt=sse"))
        }
        _ if path.starts_with("/model/") => (Format::Converse, path.ends_with("/converse-stream")),
        _ => panic!("an upstream was asked for {path}"),
    }
}

/// A whole answer.
pub(crate) fn whole(format: Format) -> String {
    let value = match format {
        Format::Chat => json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}}),
        Format::Responses => response("completed"),
        Format::Messages => json!({"id": "msg", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 11, "output_tokens": 7}}),
        Format::Gemini | Format::GeminiArray => gemini(TEXT, true),
        Format::Converse => json!({"output": {"message": {"role": "assistant", "content": [{"text": TEXT}]}},
            "stopReason": "end_turn", "usage": {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18},
            "metrics": {"latencyMs": 5}}),
        Format::Cohere => json!({"id": "c", "finish_reason": "COMPLETE",
            "message": {"role": "assistant", "content": [{"type": "text", "text": TEXT}]},
            "usage": {"billed_units": {"input_tokens": 11, "output_tokens": 7},
                "tokens": {"input_tokens": 11, "output_tokens": 7}}}),
    };
    // Not how the gateway would write it.
    format!("{value}\n")
}

fn response(status: &str) -> Value {
    let is_done = status == "completed";
    let item = json!({"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
        "content": [{"type": "output_text", "text": TEXT, "annotations": []}]});
    let usage = json!({"input_tokens": 11, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 18});
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m",
        "output": if is_done { json!([item]) } else { json!([]) },
        "usage": if is_done { usage } else { Value::Null }})
}

fn gemini(text: &str, is_last: bool) -> Value {
    let mut value = json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}],
        "usageMetadata": {"promptTokenCount": 11, "totalTokenCount": 11}, "modelVersion": "m", "responseId": "r"});
    if is_last {
        value["candidates"][0]["finishReason"] = "STOP".into();
        value["usageMetadata"] =
            json!({"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18});
    }
    value
}

/// The frames of a streamed answer: the first two before any end.
pub(crate) fn frames(format: Format) -> Vec<Vec<u8>> {
    let data = |value: Value| format!("data: {value}\n\n").into_bytes();
    let named = |value: Value| {
        format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap_or_default()).into_bytes()
    };
    match format {
        Format::Chat => chat_frames().into_iter().map(data).chain([b"data: [DONE]\n\n".to_vec()]).collect(),
        Format::Responses => responses_frames().into_iter().map(named).collect(),
        Format::Messages => messages_frames().into_iter().map(named).collect(),
        Format::Gemini | Format::GeminiArray => {
            vec![data(gemini("Hello", false)), data(gemini(" there", false)), data(gemini("", true))]
        }
        Format::Converse => converse_frames(),
        Format::Cohere => cohere_frames().into_iter().map(named).collect(),
    }
}

fn chat_frames() -> Vec<Value> {
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    let usage = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}});
    vec![
        chunk(json!({"role": "assistant", "content": "Hello"}), Value::Null),
        chunk(json!({"content": " there"}), Value::Null),
        chunk(json!({}), "stop".into()),
        usage,
    ]
}

fn responses_frames() -> Vec<Value> {
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    let item = |status: &str, content: Value| json!({"type": "message", "id": "msg_1", "status": status, "role": "assistant", "content": content});
    let place = |kind: &str, mut value: Value| {
        value["type"] = kind.into();
        value["item_id"] = "msg_1".into();
        value["output_index"] = 0.into();
        value["content_index"] = 0.into();
        value
    };
    let mut all = vec![
        json!({"type": "response.created", "response": response("in_progress")}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": item("in_progress", json!([]))}),
        place("response.content_part.added", json!({"part": part("")})),
        place("response.output_text.delta", json!({"delta": "Hello"})),
        place("response.output_text.delta", json!({"delta": " there"})),
        place("response.output_text.done", json!({"text": TEXT})),
        place("response.content_part.done", json!({"part": part(TEXT)})),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item("completed", json!([part(TEXT)]))}),
        json!({"type": "response.completed", "response": response("completed")}),
    ];
    for (number, event) in all.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    all
}

fn messages_frames() -> Vec<Value> {
    let delta = |text: &str| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
    vec![
        json!({"type": "message_start", "message": {"id": "msg", "type": "message", "role": "assistant", "model": "m",
            "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": {"input_tokens": 11, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        delta("Hello"),
        delta(" there"),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
            "usage": {"output_tokens": 7}}),
        json!({"type": "message_stop"}),
    ]
}

fn converse_frames() -> Vec<Vec<u8>> {
    let delta = |text: &str| {
        binary::event("contentBlockDelta", &json!({"contentBlockIndex": 0, "delta": {"text": text}}))
    };
    vec![
        binary::event("messageStart", &json!({"role": "assistant"})),
        delta("Hello"),
        delta(" there"),
        binary::event("contentBlockStop", &json!({"contentBlockIndex": 0})),
        binary::event("messageStop", &json!({"stopReason": "end_turn"})),
        binary::event(
            "metadata",
            &json!({"usage": {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}, "metrics": {"latencyMs": 5}}),
        ),
    ]
}

fn cohere_frames() -> Vec<Value> {
    let delta = |text: &str| json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}});
    vec![
        json!({"id": "c", "type": "message-start", "delta": {"message": {"role": "assistant", "content": [],
            "tool_plan": "", "tool_calls": [], "citations": []}}}),
        json!({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
        delta("Hello"),
        delta(" there"),
        json!({"type": "content-end", "index": 0}),
        json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {
            "billed_units": {"input_tokens": 11, "output_tokens": 7},
            "tokens": {"input_tokens": 11, "output_tokens": 7}}}}),
    ]
}

/// An error of the upstream's own, with its status and headers.
pub(crate) fn error(format: Format) -> Vec<Step> {
    let (body, header) = match format {
        Format::Gemini | Format::GeminiArray => {
            (json!({"error": {"code": 400, "message": "no such thing", "status": "INVALID_ARGUMENT"}}), "")
        }
        Format::Converse => {
            (json!({"message": "no such thing"}), "x-amzn-errortype: ValidationException\r\n")
        }
        Format::Cohere => (json!({"id": "e", "message": "no such thing"}), ""),
        Format::Messages => {
            let error = json!({"type": "invalid_request_error", "message": "no such thing"});
            (json!({"type": "error", "error": error}), "")
        }
        _ => (
            json!({"error": {"message": "no such thing", "type": "invalid_request_error", "param": null,
            "code": null}}),
            "",
        ),
    };
    vec![Step::Send(head("400 Bad Request", "application/json", header, &body.to_string()).into_bytes())]
}

/// A whole answer on the wire.
pub(crate) fn head(status: &str, content_type: &str, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

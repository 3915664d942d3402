//! Responses: whole answers, and what whole and streamed answers share (the response object, its items,
//! its status, its usage). It must not check requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::request::ResponsesRequest;
use crate::answer::{Answer, Context};
use crate::hash::Hash;
use crate::reply::{Finish, Reply, ToolCall};
use crate::tokens;
use crate::usage::figure;

/// Members of the request that the response repeats, and what they are when they were left out.
const ECHOED: [(&str, &str); 14] = [
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("reasoning", "{\"effort\":null,\"summary\":null}"),
    ("safety_identifier", "null"),
    ("store", "true"),
    ("temperature", "1.0"),
    ("tool_choice", "\"auto\""),
    ("truncation", "\"disabled\""),
];

/// Everything the two writers need.
pub(crate) struct Response<'a> {
    pub(crate) body: &'a Value,
    pub(crate) request: &'a ResponsesRequest,
    pub(crate) reply: &'a Reply,
    pub(crate) cx: &'a Context<'a>,
}

/// Status of a finished response and the reason why it is not complete.
pub(crate) struct Outcome {
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
}

/// The answer in one piece.
pub(crate) fn whole(response: &Response<'_>) -> Answer {
    let body = response.finished();
    Answer::whole(&body, response.request.prompt.input_tokens, response.output_tokens())
}

impl Response<'_> {
    /// Output tokens with the reasoning that a fault adds.
    pub(crate) fn output_tokens(&self) -> u64 {
        self.reply.output_tokens + self.cx.faults.reasoning_tokens.unwrap_or(0)
    }

    /// How the response ended. The fault `finish` names a status, or the reason of an incomplete one.
    pub(crate) fn outcome(&self) -> Outcome {
        let incomplete =
            |reason: &str| Outcome { status: "incomplete".to_owned(), reason: Some(reason.to_owned()) };
        match self.cx.faults.finish.as_deref() {
            Some(status @ ("completed" | "failed" | "cancelled" | "queued" | "in_progress")) => {
                Outcome { status: status.to_owned(), reason: None }
            }
            Some("incomplete") => incomplete("max_output_tokens"),
            Some(reason) => incomplete(reason),
            None if self.reply.finish == Finish::Length => incomplete("max_output_tokens"),
            None => Outcome { status: "completed".to_owned(), reason: None },
        }
    }

    /// The response object while nothing is there yet.
    pub(crate) fn started(&self) -> Value {
        self.object("in_progress", json!([]))
    }

    /// The response object at the end.
    pub(crate) fn finished(&self) -> Value {
        let outcome = self.outcome();
        let mut object = self.object(&outcome.status, Value::Array(self.items()));
        if outcome.status == "completed" {
            object["completed_at"] = json!(self.cx.created());
        }
        if outcome.status == "failed" {
            object["error"] = json!({"code": "server_error", "message": "Emulated failure."});
        }
        if let Some(reason) = outcome.reason {
            object["incomplete_details"] = json!({"reason": reason});
        }
        object["usage"] = self.usage();
        object
    }

    fn object(&self, status: &str, output: Value) -> Value {
        let mut object = json!({
            "id": self.cx.id("resp_"), "object": "response", "created_at": self.cx.created(), "status": status,
            "completed_at": null, "error": null, "incomplete_details": null,
            "model": self.request.prompt.model, "output": output, "frequency_penalty": 0.0,
            "presence_penalty": 0.0, "service_tier": "default", "top_logprobs": 0, "usage": null, "user": null
        });
        let given = |name: &str| self.body.get(name).filter(|value| !value.is_null());
        for (name, default) in ECHOED {
            let default = || serde_json::from_str(default).unwrap_or(Value::Null);
            object[name] = given(name).cloned().unwrap_or_else(default);
        }
        object["top_p"] = given("top_p").cloned().unwrap_or_else(|| json!(1.0));
        object["tools"] = given("tools").cloned().unwrap_or_else(|| json!([]));
        let format = given("text").and_then(|text| text.get("format")).cloned();
        let format = format.unwrap_or_else(|| json!({"type": "text"}));
        object["text"] = json!({"format": format, "verbosity": "medium"});
        object
    }

    /// `usage`; null when a fault withholds it.
    fn usage(&self) -> Value {
        let faults = self.cx.faults;
        if faults.no_usage {
            return Value::Null;
        }
        let (input, output) = (self.request.prompt.input_tokens, self.output_tokens());
        let thoughts = self.reply.thinking.as_deref().map_or(0, tokens::count);
        let common = crate::usage::openai(input, output, faults);
        json!({
            "input_tokens": figure(input, faults),
            "input_tokens_details": {"cached_tokens": common["prompt_tokens_details"]["cached_tokens"]},
            "output_tokens": figure(output, faults),
            "output_tokens_details": {"reasoning_tokens": thoughts + faults.reasoning_tokens.unwrap_or(0)},
            "total_tokens": common["total_tokens"]
        })
    }

    fn items(&self) -> Vec<Value> {
        let mut items = Vec::new();
        if let Some(thinking) = &self.reply.thinking {
            items.push(self.reasoning(Some(thinking)));
        }
        if self.has_message() {
            items.push(self.message(self.item_status(), vec![text_part(&self.reply.text)]));
        }
        for (part, call) in self.reply.calls.iter().enumerate() {
            items.push(self.call(part, call, &call.arguments, self.item_status()));
        }
        items
    }

    /// Whether there is a message beside the calls.
    pub(crate) fn has_message(&self) -> bool {
        self.reply.calls.is_empty() || !self.reply.text.is_empty()
    }

    /// Status of the items at the end.
    pub(crate) fn item_status(&self) -> &'static str {
        if self.reply.finish == Finish::Length { "incomplete" } else { "completed" }
    }

    /// The id of the message, of the reasoning (`rs_`), of a call's item (`fc_`).
    pub(crate) fn item_id(&self, prefix: &str, part: usize) -> String {
        self.cx.part_id(prefix, 0, part)
    }

    /// The reasoning item with its summary.
    pub(crate) fn reasoning(&self, thinking: Option<&str>) -> Value {
        let summary: Vec<Value> = thinking.into_iter().map(summary_part).collect();
        let mut item = json!({"id": self.item_id("rs_", 0), "type": "reasoning", "summary": summary});
        if self.request.encrypted {
            let hash = Hash::of(self.reply.thinking.as_deref().unwrap_or("").as_bytes());
            item["encrypted_content"] = json!(STANDARD.encode(format!("emulated-reasoning-{hash:016x}")));
        }
        item
    }

    /// The message item.
    pub(crate) fn message(&self, status: &str, content: Vec<Value>) -> Value {
        json!({
            "id": self.item_id("msg_", 0), "type": "message", "status": status, "role": "assistant",
            "content": content
        })
    }

    /// The item of a call.
    pub(crate) fn call(&self, part: usize, call: &ToolCall, arguments: &str, status: &str) -> Value {
        json!({
            "id": self.item_id("fc_", part), "type": "function_call", "status": status,
            "call_id": self.cx.part_id("call_", 0, part), "name": call.name, "arguments": arguments
        })
    }
}

/// A text part of a message.
pub(crate) fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

/// A part of a reasoning summary.
pub(crate) fn summary_part(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

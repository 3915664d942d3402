//! The samples of this repository, which stand in where recorded exchanges are missing.

use crate::digest::digest;
use crate::formats::{read_stream, read_whole};
use crate::through::{translate_stream, translate_whole};
use gw_model::WireFormat::{self, AnthropicMessages, OpenAiChat, OpenAiCompletions};
use gw_wire::{Options, translate};
use serde_json::Value;

const CHAT_REQUEST: &str = include_str!("../samples/chat-request.json");
const CHAT_REQUEST_TO_MESSAGES: &str = include_str!("../samples/chat-request.to-messages.json");
const MESSAGES_REQUEST: &str = include_str!("../samples/messages-request.json");
const MESSAGES_REQUEST_TO_CHAT: &str = include_str!("../samples/messages-request.to-chat.json");

const WHOLE: &[(WireFormat, WireFormat, &str)] = &[
    (AnthropicMessages, OpenAiChat, include_str!("../samples/messages-answer.json")),
    (OpenAiChat, AnthropicMessages, include_str!("../samples/chat-answer.json")),
    (OpenAiCompletions, AnthropicMessages, include_str!("../samples/completions-answer.json")),
    (OpenAiCompletions, OpenAiChat, include_str!("../samples/completions-answer.json")),
];

const STREAMS: &[(WireFormat, WireFormat, &str)] = &[
    (AnthropicMessages, OpenAiChat, include_str!("../samples/messages-answer.sse")),
    (OpenAiChat, AnthropicMessages, include_str!("../samples/chat-answer.sse")),
    (OpenAiCompletions, AnthropicMessages, include_str!("../samples/completions-answer.sse")),
    (OpenAiCompletions, OpenAiChat, include_str!("../samples/completions-answer.sse")),
];

#[test]
fn whole_answers_keep_their_meaning() {
    for (from, to, body) in WHOLE {
        let said = digest(&read_whole(*from, body.as_bytes()).unwrap());
        let translated = translate_whole(*from, *to, body.as_bytes()).unwrap();
        assert_eq!(digest(&read_whole(*to, &translated).unwrap()), said, "{from:?} to {to:?}");
    }
}

#[test]
fn streams_keep_their_meaning() {
    for (from, to, body) in STREAMS {
        let said = digest(&read_stream(*from, body.as_bytes()).unwrap());
        let translated = translate_stream(*from, *to, body.as_bytes(), 1000).unwrap();
        assert_eq!(digest(&read_stream(*to, &translated).unwrap()), said, "{from:?} to {to:?}");
    }
}

#[test]
fn a_stream_cut_anywhere_is_never_complete() {
    for (from, to, body) in STREAMS {
        // The last event is the end; every earlier boundary is a cut, save behind a stated finish reason.
        let events: Vec<&str> = body.split_inclusive("\n\n").collect();
        for kept in 1..events.len() - 1 {
            let cut: String = events[..kept].concat();
            let has_finish = cut.contains("\"finish_reason\":\"");
            let result = translate_stream(*from, *to, cut.as_bytes(), 1000);
            assert_eq!(result.is_err(), !has_finish, "{from:?} to {to:?} after {kept} events");
        }
    }
}

#[test]
fn chat_requests_become_messages_requests() {
    let written = translate::request(
        OpenAiChat,
        AnthropicMessages,
        CHAT_REQUEST.as_bytes(),
        translate::PathFacts::default(),
        &Options::default(),
    );
    let written = written.unwrap();
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    assert_eq!(body, serde_json::from_str::<Value>(CHAT_REQUEST_TO_MESSAGES).unwrap());
    assert_eq!(written.dropped, ["frequency_penalty", "messages.name", "image_url.detail", "seed"]);
}

#[test]
fn messages_requests_become_chat_requests() {
    let options = Options { include_usage: true, ..Options::default() };
    let written = translate::request(
        AnthropicMessages,
        OpenAiChat,
        MESSAGES_REQUEST.as_bytes(),
        translate::PathFacts::default(),
        &options,
    )
    .unwrap();
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    assert_eq!(body, serde_json::from_str::<Value>(MESSAGES_REQUEST_TO_CHAT).unwrap(), "{body:#}");
    assert_eq!(
        written.dropped,
        ["context_management", "messages.content.thinking", "cache_control", "top_k"]
    );
}

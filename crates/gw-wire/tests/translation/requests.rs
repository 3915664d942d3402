//! Every recorded request goes to the other format and is read there: turns, text, media, tools and calls
//! must be the same, or the refusal one that is expected.

use crate::fixtures::{Exchange, exchanges};
use gw_model::WireFormat::{self, AnthropicMessages, OpenAiChat};
use gw_model::chat::{ChatRequest, Part, PartKind, Tool};
use gw_model::refusal::ErrorCode;
use gw_wire::{Options, anthropic, openai_chat, translate};
use serde_json::Value;

/// What a request asks, whatever format it came in.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    model: String,
    text: Vec<String>,
    media: usize,
    calls: Vec<(String, String, Value)>,
    results: Vec<String>,
    tools: Vec<(String, Option<String>, Option<Value>)>,
    max_output_tokens: Option<u64>,
    stop: Vec<String>,
    has_format: bool,
    stream: bool,
}

fn asked(request: &ChatRequest) -> Asked {
    let mut asked = Asked {
        model: request.model.clone(),
        max_output_tokens: request.max_output_tokens,
        stop: request.stop.clone(),
        has_format: request.response_format.is_some(),
        stream: request.stream,
        ..Asked::default()
    };
    request.system.iter().for_each(|part| note(part, &mut asked));
    request.messages.iter().flat_map(|message| &message.parts).for_each(|part| note(part, &mut asked));
    // Instructions from the midst of a conversation move to its head in some formats.
    asked.text.sort();
    for tool in &request.tools {
        let Tool::Function { name, description, parameters, .. } = tool else { continue };
        let parameters = parameters.as_ref().map(|schema| serde_json::from_str(schema.get()).unwrap());
        asked.tools.push((name.clone(), description.clone().filter(|text| !text.is_empty()), parameters));
    }
    asked
}

fn note(part: &Part, asked: &mut Asked) {
    match &part.kind {
        // Parts of one turn may be joined with line feeds.
        PartKind::Text(text) => {
            asked.text.extend(text.split('\n').filter(|l| !l.is_empty()).map(str::to_owned))
        }
        PartKind::Image { .. } | PartKind::Document { .. } | PartKind::Audio { .. } => asked.media += 1,
        PartKind::ToolCall { id, name, arguments } => {
            let arguments = if arguments.is_empty() { "{}" } else { arguments.as_str() };
            asked.calls.push((id.clone(), name.clone(), serde_json::from_str(arguments).unwrap()));
        }
        PartKind::ToolResult { id, parts, .. } => {
            asked.results.push(id.clone());
            parts.iter().for_each(|part| note(part, asked));
        }
        _ => {}
    }
}

fn read(format: WireFormat, body: &[u8]) -> ChatRequest {
    match format {
        AnthropicMessages => anthropic::request::read(body).unwrap(),
        _ => openai_chat::request::read(body).unwrap(),
    }
}

/// `None` when the request is refused as one that the target cannot take.
fn check(exchange: &Exchange, body: &str, from: WireFormat, to: WireFormat) -> Result<(), String> {
    let written = match translate::request(
        from,
        to,
        body.as_bytes(),
        translate::PathFacts::default(),
        &Options::default(),
    ) {
        Ok(written) => written,
        Err(refusal) if refusal.code == ErrorCode::UnsupportedParameter => {
            println!("  refused: {}: {}", exchange.name, refusal.message);
            return Err(String::new());
        }
        Err(refusal) => return Err(format!("{}: {refusal:?}", exchange.name)),
    };
    let (said, understood) = (asked(&read(from, body.as_bytes())), asked(&read(to, &written.body)));
    let mut expected = said;
    if to == AnthropicMessages && expected.max_output_tokens.is_none() {
        // The format demands a bound; one that leaves room for thinking is larger than the default.
        expected.max_output_tokens = understood.max_output_tokens.filter(|bound| *bound >= 4096);
    }
    if written.dropped.iter().any(|name| name == "response_format") {
        expected.has_format = false;
    }
    if expected == understood {
        return Ok(());
    }
    Err(format!(
        "{}\n  asked      {expected:?}\n  understood {understood:?}\n  dropped {:?}",
        exchange.name, written.dropped
    ))
}

fn run(wire_format: &str, from: WireFormat, to: WireFormat) {
    let Some(exchanges) = exchanges(&[wire_format]) else { return };
    let (mut passed, mut refused, mut failures) = (0, 0, Vec::new());
    for exchange in exchanges.iter().filter(|exchange| exchange.status == 200) {
        let Some(body) = &exchange.request else { continue };
        match check(exchange, body, from, to) {
            Ok(()) => passed += 1,
            Err(failure) if failure.is_empty() => refused += 1,
            Err(failure) => failures.push(failure),
        }
    }
    println!("{wire_format} requests to {to:?}: {passed} pass, {refused} refused as they must be");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(passed > 0, "no requests found");
}

#[test]
fn messages_requests_to_chat() {
    run("messages", AnthropicMessages, OpenAiChat);
}

#[test]
fn chat_requests_to_messages() {
    run("chat", OpenAiChat, AnthropicMessages);
}

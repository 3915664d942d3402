//! Every recorded answer goes to each other format and is read there.

use crate::digest::{Digest, digest};
use crate::exceptions::EXCEPTIONS;
use crate::fixtures::{Exchange, exchanges};
use crate::through::{read_stream, read_whole, translate_stream, translate_whole};
use gw_model::WireFormat;

fn format(exchange: &Exchange) -> WireFormat {
    match exchange.wire_format.as_str() {
        "messages" => WireFormat::AnthropicMessages,
        "completions" => WireFormat::OpenAiCompletions,
        _ => WireFormat::OpenAiChat,
    }
}

/// What is said in one format and understood in the other.
fn said_and_understood(exchange: &Exchange, to: WireFormat) -> Result<(Digest, Digest), String> {
    let from = format(exchange);
    let read = if exchange.is_stream() { read_stream } else { read_whole };
    let translate = if exchange.is_stream() { translate_stream } else { translate_whole };
    let said = read(from, &exchange.body).map_err(|error| format!("reading: {error}"))?;
    let translated = translate(from, to, &exchange.body).map_err(|error| format!("translating: {error}"))?;
    let understood = read(to, &translated).map_err(|error| {
        format!("reading the translation: {error}\n{}", String::from_utf8_lossy(&translated))
    })?;
    Ok((digest(&said), digest(&understood)))
}

fn run(wire_formats: &[&str], to: WireFormat) {
    let Some(exchanges) = exchanges(wire_formats) else { return };
    let (mut passed, mut failures, mut excepted) = (0, Vec::new(), Vec::new());
    let answers: Vec<&Exchange> = exchanges.iter().filter(|exchange| exchange.status == 200).collect();
    for exchange in &answers {
        let failure = match said_and_understood(exchange, to) {
            Ok((said, understood)) if said == understood => None,
            Ok((said, understood)) => {
                Some(format!("{}\n  said       {said:?}\n  understood {understood:?}", exchange.name))
            }
            Err(error) => Some(format!("{}: {error}", exchange.name)),
        };
        let exception = EXCEPTIONS.iter().find(|(name, _)| *name == exchange.name);
        match (failure, exception) {
            (None, None) => passed += 1,
            (Some(_), Some((name, reason))) => excepted.push(format!("{name}: {reason}")),
            (Some(failure), None) => failures.push(failure),
            (None, Some((name, _))) => failures.push(format!("{name} is listed as an exception and passes")),
        }
    }
    println!("{wire_formats:?} to {to:?}: {passed} of {} pass, {} excepted", answers.len(), excepted.len());
    for line in &excepted {
        println!("  excepted: {line}");
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(passed > 0, "no answers found");
}

#[test]
fn messages_to_chat() {
    run(&["messages"], WireFormat::OpenAiChat);
}

#[test]
fn chat_to_messages() {
    run(&["chat"], WireFormat::AnthropicMessages);
}

#[test]
fn completions_to_messages() {
    run(&["completions"], WireFormat::AnthropicMessages);
}

#[test]
fn completions_to_chat() {
    run(&["completions"], WireFormat::OpenAiChat);
}

//! Every recorded request goes to each other format and is read there: turns, text, media, tools and calls
//! must be the same, but for what is named as left out, or the refusal one that names a parameter.

use crate::asked::{Asked, asked};
use crate::exceptions;
use crate::fixtures::Exchange;
use crate::formats::{SOURCES, asks_for_stream, conversations, model, read_request, targets};
use crate::tally::{Tally, judge};
use gw_model::WireFormat;
use gw_model::refusal::ErrorCode;
use gw_wire::Options;
use gw_wire::translate::{PathFacts, request};
use std::sync::OnceLock;

enum Fate {
    Passed,
    Refused,
    Failed(String),
}

fn fate(from: WireFormat, exchange: &Exchange, body: &str, to: WireFormat) -> Fate {
    let (model, stream) = (model(exchange), asks_for_stream(exchange));
    let path = PathFacts { model: &model, stream };
    let written = match request(from, to, body.as_bytes(), path, &Options::default()) {
        Ok(written) => written,
        Err(refusal) if refusal.code == ErrorCode::UnsupportedParameter && refusal.param.is_some() => {
            println!("  refused: {} to {}: {}", exchange.name, to.as_str(), refusal.message);
            return Fate::Refused;
        }
        Err(refusal) => return Fate::Failed(format!("{refusal:?}")),
    };
    let said = read_request(from, &model, stream, body.as_bytes()).unwrap();
    let understood = match read_request(to, &said.model, said.stream, &written.body) {
        Ok(understood) => asked(&understood),
        Err(refusal) => {
            return Fate::Failed(format!("{refusal:?}\n{}", String::from_utf8_lossy(&written.body)));
        }
    };
    let mut understood = understood;
    let expected = expected(asked(&said), &understood, to, &written.dropped);
    understood.forced_tool = None;
    if expected == understood {
        return Fate::Passed;
    }
    Fate::Failed(format!(
        "asked      {expected:?}\n  understood {understood:?}\n  dropped {:?}",
        written.dropped
    ))
}

/// What is to be understood: what was said, but for what the target's format demands and what was named.
pub(crate) fn expected(mut said: Asked, understood: &Asked, to: WireFormat, dropped: &[String]) -> Asked {
    let is_named = |names: &[&str]| dropped.iter().any(|name| names.contains(&name.as_str()));
    if matches!(to, WireFormat::AnthropicMessages | WireFormat::BedrockConverse)
        && said.max_output_tokens.is_none()
    {
        // Claude demands a bound; one that leaves room for thinking is larger than the default.
        said.max_output_tokens = understood.max_output_tokens.filter(|bound| *bound >= 4096);
    }
    if is_named(&[
        "max_tokens",
        "max_completion_tokens",
        "generationConfig.maxOutputTokens",
        "inferenceConfig.maxTokens",
    ]) {
        said.max_output_tokens = understood.max_output_tokens;
    }
    if is_named(&[
        "response_format",
        "text.format",
        "generationConfig.responseMimeType",
        "output_config.format",
    ]) {
        said.has_format = false;
    }
    if is_named(&[
        "stop",
        "stop_sequences",
        "generationConfig.stopSequences",
        "inferenceConfig.stopSequences",
    ]) {
        said.stop.clone_from(&understood.stop);
    }
    // This format forces one of several tools by leaving out the others.
    if to == WireFormat::CohereChat
        && let Some(name) = &said.forced_tool
    {
        said.tools.retain(|tool| tool.name == *name);
    }
    said.forced_tool = None;
    said
}

/// How the requests fared; `None` without recordings.
pub(crate) fn tallies() -> Option<&'static [Tally]> {
    static TALLIES: OnceLock<Option<Vec<Tally>>> = OnceLock::new();
    TALLIES.get_or_init(count).as_deref()
}

fn count() -> Option<Vec<Tally>> {
    let exchanges = conversations()?;
    let mut tallies = Vec::new();
    for from in SOURCES {
        for to in targets(*from) {
            let mut tally = Tally::new(*from, to);
            for (_, exchange) in exchanges.iter().filter(|(format, _)| format == from) {
                let Some(body) = &exchange.request else { continue };
                let failure = match fate(*from, exchange, body, to) {
                    Fate::Passed => None,
                    Fate::Failed(failure) => Some(failure),
                    Fate::Refused => {
                        tally.refused += 1;
                        continue;
                    }
                };
                tally.note(&exchange.name, failure, exceptions::of_request(&exchange.name, to));
            }
            // Completions were recorded without their requests.
            if tally.total + tally.refused > 0 {
                tallies.push(tally);
            }
        }
    }
    Some(tallies)
}

#[test]
fn requests_keep_their_meaning() {
    if let Some(tallies) = tallies() {
        judge("requests", tallies);
    }
}

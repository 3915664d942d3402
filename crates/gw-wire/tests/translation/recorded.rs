//! Every recorded answer goes to each other format and is read there.

use crate::digest::{Digest, digest};
use crate::exceptions;
use crate::fixtures::Exchange;
use crate::formats::{SOURCES, conversations, read_stream, read_whole, targets};
use crate::tally::{Tally, judge};
use crate::through::{translate_stream, translate_whole};
use gw_model::WireFormat;
use gw_model::event::Event;
use gw_wire::WireError;
use std::sync::OnceLock;

/// The pieces that streams arrive in.
const PIECES: &[usize] = &[1000, 7, usize::MAX];

/// What the format `to` can say of an answer.
pub(crate) fn as_said_in(to: WireFormat, mut digest: Digest) -> Digest {
    match to {
        WireFormat::CohereChat => {
            digest.signatures.clear();
            digest.redacted.clear();
            digest.cached_tokens = 0;
            digest.reasoning_tokens = 0;
        }
        WireFormat::BedrockConverse => digest.reasoning_tokens = 0,
        _ => {}
    }
    digest
}

/// What became of the meaning; `None` when it is kept.
fn failure(from: WireFormat, exchange: &Exchange, to: WireFormat) -> Option<String> {
    let is_stream = exchange.is_stream();
    let read = if is_stream { read_stream } else { read_whole };
    let said = match read(from, &exchange.body) {
        Ok(said) => said,
        Err(error) => return Some(format!("reading: {error}")),
    };
    let translated = match is_stream {
        true => streamed(from, exchange, to),
        false => translate_whole(from, to, &exchange.body).map_err(|error| (error, Vec::new())),
    };
    // A failure in the place of an answer is no answer in any format.
    let is_failure = said.iter().any(|event| matches!(event, Event::Error { .. }));
    let translated = match translated {
        Err((WireError::Reported { .. }, _)) if is_failure && !is_stream => return None,
        Err((error, _)) => return Some(format!("translating: {error}")),
        Ok(_) if is_failure && !is_stream => return Some("a failure became an answer".to_owned()),
        Ok(translated) => translated,
    };
    let understood = match read(to, &translated) {
        Ok(understood) => digest(&understood),
        Err(error) => {
            return Some(format!(
                "reading the translation: {error}\n{}",
                String::from_utf8_lossy(&translated)
            ));
        }
    };
    let said = as_said_in(to, digest(&said));
    let understood = as_said_in(to, understood);
    (said != understood).then(|| format!("said       {said:?}\n  understood {understood:?}"))
}

/// The translation, which does not depend on how the stream is cut.
fn streamed(from: WireFormat, exchange: &Exchange, to: WireFormat) -> Result<Vec<u8>, (WireError, Vec<u8>)> {
    let once = |piece| translate_stream(from, to, &exchange.body, piece);
    let mut all = PIECES.iter().map(|piece| once(*piece).map_err(|error| (error, Vec::new())));
    let first = all.next().unwrap()?;
    for other in all {
        assert!(other? == first, "{} to {to:?} depends on the pieces it comes in", exchange.name);
    }
    Ok(first)
}

/// How the answers fared; `None` without recordings.
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
            for (_, exchange) in exchanges.iter().filter(|(format, e)| format == from && e.status == 200) {
                let failure = failure(*from, exchange, to);
                tally.note(&exchange.name, failure, exceptions::of_answer(&exchange.name, to));
            }
            tallies.push(tally);
        }
    }
    Some(tallies)
}

#[test]
fn answers_keep_their_meaning() {
    if let Some(tallies) = tallies() {
        judge("answers", tallies);
    }
}

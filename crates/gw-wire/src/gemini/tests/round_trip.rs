//! Any bytes: no panic, and what is written is well-formed.

use super::{context, frames_of, stream_of};
use crate::codec::Options;
use crate::embeddings::{Dialect, answer, request as embeddings};
use crate::gemini::stream::Reader;
use crate::gemini::{count_tokens, errors, request, response, usage};
use proptest::prelude::*;

/// JSON that has the format's words in it.
fn like_an_answer() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"candidates\"",
        "\"content\"",
        "\"parts\"",
        "\"text\"",
        "\"a\"",
        "\"functionCall\"",
        "\"name\"",
        "\"args\"",
        "\"partialArgs\"",
        "\"jsonPath\"",
        "\"$.a[0]\"",
        "true",
        "\"willContinue\"",
        "\"thought\"",
        "\"thoughtSignature\"",
        "\"Z3ct\"",
        "\"finishReason\"",
        "\"STOP\"",
        "\"usageMetadata\"",
        "\"promptTokenCount\"",
        "1",
        "null",
        "\"error\"",
        "\"contents\"",
        "\"tools\"",
        "\"functionResponse\"",
        "\"response\"",
        "\"generationConfig\"",
        "\"index\"",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

fn check(data: &[u8]) {
    if let Ok(read) = request::read("gemini-3-pro", data, true)
        && let Ok(written) = request::write(&read, &Options::default())
    {
        serde_json::from_slice::<serde_json::Value>(&written.body).unwrap();
        request::read("gemini-3-pro", &written.body, true).unwrap();
    }
    if let Ok(events) = response::read(data) {
        serde_json::from_slice::<serde_json::Value>(&response::write(&events, &context())).unwrap();
        frames_of(&stream_of(&events));
    }
    let mut events = Vec::new();
    let mut reader = Reader::new();
    let _ = reader.frame(data, &mut events).and_then(|()| reader.finish(&mut events));
    let _ = (usage::from_body(data), errors::read(data), count_tokens::read("m", data));
    for dialect in [Dialect::Gemini, Dialect::GeminiBatch] {
        if let Ok(asked) = embeddings::read(dialect, data) {
            let written = embeddings::write(Dialect::OpenAi, &asked, &Options::default()).unwrap();
            serde_json::from_slice::<serde_json::Value>(&written.body).unwrap();
            let _ = answer::read(dialect, data, &asked);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&data);
    }

    #[test]
    fn any_words(text in like_an_answer()) {
        check(text.as_bytes());
    }

    #[test]
    fn any_parts(parts in prop::collection::vec(like_an_answer(), 0..4)) {
        let parts: Vec<String> =
            parts.into_iter().filter(|p| serde_json::from_str::<serde_json::Value>(p).is_ok()).collect();
        let content = format!("{{\"parts\":[{}],\"role\":\"model\"}}", parts.join(","));
        check(format!("{{\"contents\":[{content}]}}").as_bytes());
        check(format!("{{\"candidates\":[{{\"content\":{content},\"finishReason\":\"STOP\"}}]}}").as_bytes());
    }
}

//! Whatever comes, nothing panics, and what is written is JSON.

use super::{context, parsed};
use crate::codec::Options;
use crate::openai_responses::stream::{Reader, Writer};
use crate::openai_responses::{Echo, error, request, response};
use proptest::prelude::*;
use serde_json::Value;

const REQUEST: &str = r#"{"model":"m","instructions":"i","input":[{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:image/png;base64,AA"}]},{"type":"reasoning","summary":[{"text":"s"}],"encrypted_content":"e"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"o"}]}],"tools":[{"type":"function","name":"f","parameters":{}},{"type":"namespace","name":"n","tools":[{"type":"custom","name":"g"}]}],"text":{"format":{"type":"text"}},"reasoning":{"effort":"low"}}"#;

const FRAMES: &[&str] = &[
    r#"{"type":"response.created","response":{"id":"r","model":"m","created_at":1}}"#,
    r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":""}}"#,
    r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"}"#,
    r#"{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"h\u00e9"}"#,
    r#"{"type":"response.output_item.done","output_index":2,"item":{"type":"custom_tool_call","call_id":"d","name":"g","input":"x"}}"#,
    r#"{"type":"response.reasoning_summary_text.delta","output_index":3,"summary_index":0,"delta":"t"}"#,
    r#"{"type":"response.completed","response":{"id":"r","output":[{"type":"message","content":[{"type":"output_text","text":"hé"}]}],"usage":{"input_tokens":1,"output_tokens":2}}}"#,
];

/// A sample with some of its bytes overwritten, cut, or repeated.
fn damaged(sample: &str, edits: &[(usize, u8)], cut: usize) -> Vec<u8> {
    let mut bytes = sample.as_bytes().to_vec();
    for (at, byte) in edits {
        let at = at % bytes.len();
        bytes[at] = *byte;
    }
    bytes.truncate(bytes.len().saturating_sub(cut % (bytes.len() + 1)));
    bytes
}

fn read_request(body: &[u8]) {
    if let Ok(read) = request::read(body)
        && let Ok(written) = request::write(&read, &Options::default())
    {
        serde_json::from_slice::<Value>(&written.body).unwrap();
    }
    let echo = Echo::read(body);
    serde_json::from_slice::<Value>(&response::write_with(&[], &context(), &echo)).unwrap();
}

proptest! {
    #[test]
    fn requests(edits in prop::collection::vec((any::<usize>(), any::<u8>()), 0..4), cut in 0..3_usize) {
        read_request(&damaged(REQUEST, &edits, cut));
    }

    #[test]
    fn anything(body in prop::collection::vec(any::<u8>(), 0..200)) {
        read_request(&body);
        let _ = response::read(&body);
        let _ = error::read(&body);
    }

    #[test]
    fn streams(
        order in prop::collection::vec(0..FRAMES.len(), 0..20),
        edits in prop::collection::vec((any::<usize>(), 0x20..0x7f_u8), 0..3),
    ) {
        let (mut reader, mut writer) = (Reader::new(), Writer::new(context()));
        let (mut events, mut out) = (Vec::new(), Vec::new());
        for (position, index) in order.into_iter().enumerate() {
            let edits = if position % 3 == 0 { edits.as_slice() } else { &[] };
            if reader.frame(&damaged(FRAMES[index], edits, 0), &mut events).is_err() {
                break;
            }
        }
        for event in &events {
            writer.event(event, &mut out).unwrap();
        }
        parsed(&out);
        serde_json::from_slice::<Value>(&response::write(&events, &context())).unwrap();
        prop_assert_eq!(writer.ended(), reader.finish(&mut events).is_ok());
    }
}

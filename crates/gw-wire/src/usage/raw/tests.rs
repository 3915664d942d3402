//! Tests of [`super`].
use super::*;

fn whole(body: &str) -> Option<(u64, u64)> {
    from_raw(None, body.as_bytes()).map(|usage| (usage.input_tokens, usage.output_tokens))
}

fn streamed(format: Option<WireFormat>, content_type: &str, body: &str, size: usize) -> RawMeter {
    let mut meter = RawMeter::new(format, content_type, body.starts_with('['), 1 << 20);
    for piece in body.as_bytes().chunks(size) {
        meter.feed(&Bytes::copy_from_slice(piece));
    }
    meter
}

#[test]
fn usage_is_told_by_its_names() {
    assert_eq!(whole(r#"{"usage":{"prompt_tokens":3,"completion_tokens":4}}"#), Some((3, 4)));
    assert_eq!(whole(r#"{"usage":{"input_tokens":3,"output_tokens":4}}"#), Some((3, 4)));
    let claude = r#"{"usage":{"input_tokens":3,"cache_read_input_tokens":5,"output_tokens":4}}"#;
    assert_eq!(whole(claude), Some((8, 4)));
    assert_eq!(whole(r#"{"usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7}}"#), Some((3, 4)));
    assert_eq!(whole(r#"{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4}}"#), Some((3, 4)));
    let cohere =
        r#"{"usage":{"billed_units":{"input_tokens":1},"tokens":{"input_tokens":3,"output_tokens":4}}}"#;
    assert_eq!(whole(cohere), Some((3, 4)));
    for nothing in [r#"{"id":"file-1"}"#, r#"{"usage":null}"#, "[1]", "no JSON", "", r#"{"usage":7}"#] {
        assert_eq!(whole(nothing), None, "{nothing}");
    }
    assert_eq!(whole(r#"{"object":"batch","usage":{"input_tokens":3,"output_tokens":4}}"#), None);
}

#[test]
fn streams_of_unknown_paths_tell_their_format() {
    let chat = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n\
                data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n";
    let claude = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,\
                  \"output_tokens\":1}}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\
                  \"usage\":{\"output_tokens\":4}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    for size in [1, 7, 4096] {
        for (body, format) in [(chat, WireFormat::OpenAiChat), (claude, WireFormat::AnthropicMessages)] {
            for known in [None, Some(format)] {
                let meter = streamed(known, "text/event-stream", body, size);
                let usage = meter.usage().unwrap();
                assert_eq!((usage.input_tokens, usage.output_tokens), (3, 4), "{format:?} in {size}");
                assert!(meter.is_complete() && !meter.has_error());
            }
        }
        let other = streamed(None, "text/event-stream", "data: {\"x\":1}\n\ndata: {\"usage\":{}}\n\n", size);
        assert_eq!(other.usage(), None);
    }
}

#[test]
fn google_arrays_and_large_objects_are_read_in_pieces() {
    let array = "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a}]{\\\"\"}]}}]}\n,\r\n\
                 {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":3,\
                 \"candidatesTokenCount\":4}}]";
    let object = format!(
        "{{\"data\":\"{}\",\"usage\":{{\"prompt_tokens\":3,\"completion_tokens\":4}}}}",
        "x".repeat(5000)
    );
    for size in [1, 9, 9000] {
        let meter = streamed(Some(WireFormat::GeminiGenerate), "application/json", array, size);
        assert_eq!(meter.usage().map(|u| u.total_tokens()), Some(7), "in {size}");
        assert!(meter.is_complete());
        for format in [None, Some(WireFormat::OpenAiChat)] {
            let meter = streamed(format, "application/json", &object, size);
            assert_eq!(meter.usage().map(|u| u.total_tokens()), Some(7), "in {size}");
        }
    }
    let binary = streamed(None, "application/octet-stream", "{\"usage\":{\"prompt_tokens\":3}}", 5);
    assert_eq!((binary.usage(), binary.estimated_output_tokens()), (None, 0));
}

proptest::proptest! {
    #[test]
    fn any_bytes_in_any_pieces(body: Vec<u8>, size in 1usize..9, kind in 0usize..4, known: bool) {
        let types = ["application/json", "text/event-stream", "application/vnd.amazon.eventstream", "text/plain"];
        for format in WireFormat::ALL.iter().copied().map(Some).chain([None]).filter(|format| known == format.is_some()) {
            let mut meter = RawMeter::new(format, types[kind], known, 64);
            for piece in body.chunks(size) {
                meter.feed(&Bytes::copy_from_slice(piece));
            }
            let _ = (meter.usage(), meter.estimated_output_tokens(), meter.is_complete(), meter.has_error());
        }
        let _ = from_raw(None, &body);
        let mut strings = std::collections::BTreeSet::new();
        let _ = (crate::references::file_ids(&body), crate::references::strings(&body, 0, 9, &mut strings));
        let _ = crate::batch_lines::read(&body, gw_model::Span { start: 0, end: body.len() }, 8);
    }
}

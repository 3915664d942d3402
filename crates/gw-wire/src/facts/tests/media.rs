//! Facts of requests for images, speech, transcripts and moderation, as JSON and as forms.

use super::*;
use crate::multipart::MAX_PARTS;

const FORM: &[u8] = b"multipart/form-data; boundary=XX";
const HEARD: WireFormat = WireFormat::OpenAiTranscriptions;
const EDITS: WireFormat = WireFormat::OpenAiImageEdits;

/// A form of these fields; names with `@` are files.
fn form(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| match name.strip_prefix('@') {
        Some(name) => format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f.wav\"\r\n\
             Content-Type: audio/wav\r\n\r\n{value}\r\n"
        ),
        None => format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"),
    };
    let parts: String = fields.iter().map(part).collect();
    format!("{parts}--XX--\r\n")
}

fn typed(format: WireFormat, body: &str, path_model: Option<&str>) -> Result<CallFacts, Refusal> {
    read_typed(format, &Bytes::copy_from_slice(body.as_bytes()), Some(FORM), 128, path_model)
}

#[track_caller]
fn refused(result: Result<CallFacts, Refusal>, param: Option<&str>) {
    let refusal = result.unwrap_err();
    assert_eq!((refusal.code, refusal.param.as_deref()), (ErrorCode::InvalidRequest, param), "{refusal:?}");
}

#[test]
fn images_are_bounded_by_number_size_and_quality() {
    let images =
        |rest: &str| facts(WireFormat::OpenAiImages, &format!(r#"{{"model":"m","prompt":"a cat"{rest}}}"#));
    let plain = images("").unwrap();
    assert_eq!((plain.choices, plain.max_output_tokens, plain.media.output_images), (1, Some(8_000), 1));
    assert!(plain.input_tokens > 0 && !plain.stream && plain.include_usage);
    let low = images(r#","n":3,"quality":"low","stream":true,"partial_images":2,"user":"u""#).unwrap();
    assert_eq!((low.choices, low.max_output_tokens, low.media.output_images), (3, Some(1_200), 3));
    assert!(low.stream && low.user.as_deref() == Some("u"));
    assert_eq!(images(r#","size":"3840x2160""#).unwrap().max_output_tokens, Some(16_000));
    assert_eq!(
        images(r#","size":"auto","n":null,"partial_images":0"#).unwrap().max_output_tokens,
        Some(8_000)
    );
    refused(images(r#","n":0"#), Some("n"));
    refused(images(r#","N":5"#), Some("N"));
    refused(images(r#","stream":"true""#), Some("stream"));
    refused(facts(WireFormat::OpenAiImages, r#"{"model":"m"}"#), Some("prompt"));
    refused(facts(WireFormat::OpenAiImages, r#"{"prompt":"a cat"}"#), Some("model"));
}

#[test]
fn edits_come_as_json_or_as_a_form() {
    let json = |images: &str| {
        let body = format!(r#"{{"model":"m","prompt":"x","images":{images}}}"#);
        read_typed(EDITS, &Bytes::from(body), Some(b"application/json"), 128, None)
    };
    let two = json(r#"[{"image_url":"https://x/a.png"},{"image_url":"data:image/png;base64,AA"}]"#).unwrap();
    assert_eq!((two.media.input_images, two.stored, two.is_form), (2, None, false));
    assert!(two.input_tokens > 15_000);
    assert_eq!(json(r#"[{"file_id":"file-1"}]"#).unwrap().stored, Some("file_id"));
    refused(json("[]"), Some("image"));
    let fields = [
        ("model", "m"),
        ("prompt", "x"),
        ("@image[]", "PNG"),
        ("@image[]", "PNG"),
        ("@mask", "PNG"),
        ("n", "2"),
    ];
    let read = typed(EDITS, &form(&fields), None).unwrap();
    assert_eq!((read.media.input_images, read.media.output_images, read.is_form), (3, 2, true));
    assert_eq!(read.choices, 2);
    refused(typed(EDITS, &form(&[("model", "m"), ("prompt", "x")]), None), Some("image"));
}

#[test]
fn speech_counts_characters_and_time() {
    let body = r#"{"model":"tts","input":"Hello \u00e9","voice":"alloy","stream_format":"sse","speed":0.5}"#;
    let read = facts(WireFormat::OpenAiSpeech, body).unwrap();
    assert!(read.stream);
    assert_eq!(read.media.input_characters, 7);
    assert_eq!(read.media.output_ms, 2 * (6 * 90 + 300 + 1000));
    assert!(read.max_output_tokens.unwrap() > 70);
    refused(facts(WireFormat::OpenAiSpeech, r#"{"model":"tts","voice":"alloy"}"#), Some("input"));
    refused(facts(WireFormat::OpenAiSpeech, r#"{"model":"tts","input":["a"]}"#), Some("input"));
    refused(facts(WireFormat::OpenAiSpeech, r#"{"model":"tts","input":"a","Input":"b"}"#), Some("Input"));
}

#[test]
fn moderation_knows_its_model() {
    let judged = |input: &str| facts(WireFormat::OpenAiModerations, &format!(r#"{{"input":{input}}}"#));
    let plain = judged(r#""is this fine?""#).unwrap();
    assert_eq!((plain.model.as_str(), plain.model_span), ("omni-moderation-latest", None));
    assert_eq!(plain.max_output_tokens, Some(0));
    let null = facts(WireFormat::OpenAiModerations, r#"{"model":null,"input":["a","b"]}"#).unwrap();
    assert_eq!((null.model.as_str(), null.model_span.is_some()), ("omni-moderation-latest", true));
    let image = format!(
        r#"[{{"type":"text","text":"x"}},{{"type":"image_url","image_url":{{"url":"{}"}}}}]"#,
        "A".repeat(99_999)
    );
    assert!(judged(&image).unwrap().input_tokens < 6_000, "an image counts as one, whatever its size");
    refused(facts(WireFormat::OpenAiModerations, "{}"), Some("input"));
    refused(judged("7"), Some("input"));
}

#[test]
fn a_form_tells_model_time_and_stream() {
    let recording = "x".repeat(4_000);
    let body = form(&[
        ("model", "openai/whisper-1"),
        ("@file", &recording),
        ("stream", "true"),
        ("prompt", "names: A"),
    ]);
    let read = typed(HEARD, &body, None).unwrap();
    assert_eq!((read.model.as_str(), at(&body, read.model_span)), ("openai/whisper-1", "openai/whisper-1"));
    assert!(read.is_form && read.stream);
    assert_eq!(read.media.input_ms, 2_000);
    assert_eq!(read.max_output_tokens, Some(184));
    let azure = typed(HEARD, &form(&[("@file", "x")]), Some("my-whisper")).unwrap();
    assert_eq!((azure.model.as_str(), azure.model_span, azure.insert_at), ("my-whisper", None, 0));
}

#[test]
fn forms_that_two_readers_would_read_in_two_ways_are_refused() {
    let file = ("@file", "x");
    let of = |fields: &[(&str, &str)]| typed(HEARD, &form(fields), None);
    refused(of(&[("model", "a"), ("model", "b"), file]), Some("model"));
    refused(of(&[("model", "a"), ("model[]", "b"), file]), Some("model[]"));
    refused(of(&[("model", "a"), ("Model", "b"), file]), Some("Model"));
    refused(of(&[("@model", "a"), file]), Some("model"));
    refused(of(&[("model", "a\r\nb"), file]), Some("model"));
    refused(of(&[("model", "a"), ("stream", "maybe"), file]), Some("stream"));
    refused(of(&[file]), Some("model"));
    refused(of(&[("model", ""), file]), Some("model"));
    refused(of(&[("model", "a")]), Some("file"));
    refused(of(&[("model", "a"), file, file]), Some("file"));
    refused(typed(HEARD, &form(&[file]), Some("a\r\n--XX\r\n")), Some("model"));
    assert_eq!(of(&[("model", "a"), ("route", "x"), file]).unwrap().routing_members, ["route"]);
    refused(of(&[("a", "b"); MAX_PARTS + 1]), None);
    let any = form(&[("model", "a"), file]);
    let bytes = Bytes::from(any);
    for kind in [
        Some(&b"application/json"[..]),
        None,
        Some(b"multipart/form-data"),
        Some(b"multipart/form-data; boundary=YY"),
    ] {
        refused(read_typed(HEARD, &bytes, kind, 128, None), None);
    }
}

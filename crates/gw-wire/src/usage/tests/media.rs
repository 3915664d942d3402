//! Usage of images, speech and transcripts, whole and streamed.

use super::*;
use gw_model::Media;

const IMAGES: WireFormat = WireFormat::OpenAiImages;
const HEARD: WireFormat = WireFormat::OpenAiTranscriptions;

fn heard(body: &str) -> Option<Usage> {
    from_whole(HEARD, body.as_bytes())
}

#[test]
fn images_count_by_tokens_and_by_number() {
    let body = br#"{"created":1,"data":[{"b64_json":"AA"},{"b64_json":"BB"}],"usage":{"total_tokens":2152,
        "input_tokens":40,"output_tokens":2112,"input_tokens_details":{"text_tokens":10,"image_tokens":30}}}"#;
    let media =
        Media { image_input_tokens: 30, image_output_tokens: 2112, output_images: 2, ..Media::default() };
    let want = Usage { input_tokens: 40, output_tokens: 2112, media, ..Usage::default() };
    assert_eq!(from_whole(IMAGES, body), Some(want));
    let mut scanner = MemberScanner::new(WANTED_MEMBERS);
    body.chunks(7).for_each(|piece| scanner.feed(piece));
    let uncounted = Usage { media: Media { output_images: 0, ..media }, ..want };
    assert_eq!(from_scanner(IMAGES, &scanner), Some(uncounted));
    let plain =
        from_whole(IMAGES, br#"{"data":[{"url":"https://x"}],"usage":{"cost_in_usd_ticks":200000000}}"#);
    assert_eq!(plain.map(|usage| usage.media.output_images), Some(1));
    let split = from_whole(
        IMAGES,
        br#"{"usage":{"input_tokens":1,"output_tokens":9,"output_tokens_details":{"image_tokens":5,"text_tokens":4}}}"#,
    );
    assert_eq!(split.map(|usage| (usage.output_tokens, usage.media.image_output_tokens)), Some((9, 5)));
    assert_eq!(from_whole(IMAGES, b"{}"), None);
}

#[test]
fn transcripts_count_by_tokens_or_by_seconds() {
    let tokens = heard(
        r#"{"text":"x","usage":{"type":"tokens","total_tokens":182,"input_tokens":37,
            "input_token_details":{"text_tokens":0,"audio_tokens":37},"output_tokens":145}}"#,
    );
    let want = Usage { input_tokens: 37, audio_input_tokens: 37, output_tokens: 145, ..Usage::default() };
    assert_eq!(tokens, Some(want));
    let seconds = heard(r#"{"text":"x","duration":3.2,"usage":{"type":"duration","seconds":4}}"#);
    assert_eq!(seconds.map(|usage| usage.media.input_ms), Some(4_000));
    assert_eq!(heard(r#"{"text":"x","duration":36.709999}"#).map(|usage| usage.media.input_ms), Some(36_710));
    // Mistral states both, the recording's tokens in the total only.
    let both = heard(
        r#"{"usage":{"prompt_audio_seconds":3,"prompt_tokens":5,"total_tokens":400,"completion_tokens":20,
            "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":375}}}"#,
    )
    .unwrap();
    assert_eq!((both.input_tokens, both.audio_input_tokens, both.media.input_ms), (380, 375, 3_000));
    assert_eq!(heard(r#"{"text":"x"}"#), None);
    assert_eq!(heard(r#"{"duration":-1}"#), None);
}

#[test]
fn streams_end_with_their_usage() {
    let mut images = StreamMeter::new(IMAGES).choices(2);
    let done = "data: {\"type\":\"image_generation.completed\",\"b64_json\":\"AA\",\"usage\":{\"total_tokens\":30,\
                \"input_tokens\":10,\"output_tokens\":20,\"input_tokens_details\":{\"text_tokens\":10,\"image_tokens\":0}}}\n\n";
    let partial = "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"AA\",\"partial_image_index\":0}\n\n";
    feed(&mut images, &[partial, done]);
    assert!(!images.complete());
    feed(&mut images, &[partial, done]);
    let usage = images.usage().unwrap();
    assert!(images.complete() && images.error().is_none());
    assert_eq!((usage.input_tokens, usage.output_tokens), (20, 40));
    assert_eq!((usage.media.output_images, usage.media.image_output_tokens), (2, 40));

    let mut heard = StreamMeter::new(HEARD);
    feed(&mut heard, &["data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hello there\"}\r\n\r\n"]);
    assert!(heard.estimated_output_tokens() > 2 && !heard.complete());
    let usage = "{\"type\":\"tokens\",\"input_tokens\":4,\"output_tokens\":3,\"total_tokens\":7}";
    feed(&mut heard, &[&format!("data: {{\"type\":\"transcript.text.done\",\"usage\":{usage}}}\r\n\r\n")]);
    assert!(heard.complete() && !heard.finished());
    assert_eq!(heard.usage().map(|usage| (usage.input_tokens, usage.output_tokens)), Some((4, 3)));
    feed(&mut heard, &["data: [DONE]\r\n\r\n"]);
    assert!(heard.finished());

    let mut speech = StreamMeter::new(WireFormat::OpenAiSpeech);
    feed(&mut speech, &["data: {\"type\":\"speech.audio.delta\",\"audio\":\"AAAA\"}\n\n"]);
    feed(&mut speech, &["event: error\ndata: {\"error\":{\"type\":\"server_error\",\"message\":\"x\"}}\n\n"]);
    assert_eq!(speech.error().map(|error| error.message.as_str()), Some("x"));
}

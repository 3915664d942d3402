//! Images, speech, transcripts and moderation over a socket: whole and streamed, as JSON and as forms.

use crate::client::{Answer, post, send};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use gw_emulator::{Emulator, Running};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

async fn ask(emulator: &Running, path: &str, body: &Value) -> Answer {
    send(emulator.address(), post(path, body)).await
}

/// A form of these fields; names with `@` are files.
fn form(path: &str, fields: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let part = |(name, value): &(&str, &str)| {
        let head = match name.strip_prefix('@') {
            Some(name) => format!("name=\"{name}\"; filename=\"{}.wav\"", name.trim_end_matches("[]")),
            None => format!("name=\"{name}\""),
        };
        format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
    };
    let body: String = fields.iter().map(part).collect();
    Request::post(path)
        .header("host", "emulator")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Full::new(Bytes::from(format!("{body}--b--\r\n"))))
        .expect("request")
}

async fn upload(emulator: &Running, path: &str, fields: &[(&str, &str)]) -> Answer {
    send(emulator.address(), form(path, fields)).await
}

#[tokio::test]
async fn images_are_pictures() {
    let emulator = start().await;
    let body = json!({"model": "m", "prompt": "a cat", "n": 2, "quality": "low"});
    let answer = ask(&emulator, "/v1/images/generations", &body).await.json();
    let png = STANDARD.decode(answer["data"][0]["b64_json"].as_str().expect("base64")).expect("base64");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.ends_with(b"IEND\xae\x42\x60\x82"));
    assert_ne!(answer["data"][0], answer["data"][1]);
    assert_eq!(
        (&answer["usage"]["output_tokens"], &answer["usage"]["input_tokens"]),
        (&json!(544), &json!(2))
    );
    let again = ask(&emulator, "/images/generations", &body).await.json();
    assert_eq!(again["data"], answer["data"], "the same prompt, the same pictures");
    let url = json!({"model": "m", "prompt": "a cat", "response_format": "url"});
    let url = ask(&emulator, "/openai/v1/images/generations", &url).await.json();
    assert!(url["data"][0]["url"].as_str().is_some_and(|url| url.starts_with("data:image/png;base64,iVBOR")));
    let stream = json!({"model": "m", "prompt": "a cat", "stream": true, "partial_images": 2});
    let events = ask(&emulator, "/v1/images/generations", &stream).await.events();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let partial = "image_generation.partial_image";
    assert_eq!(kinds, [partial, partial, "image_generation.completed"]);
    assert_eq!(events[2]["usage"]["output_tokens"], 1256);
    let missing = ask(&emulator, "/v1/images/generations", &json!({"model": "m"})).await;
    assert_eq!((missing.status.as_u16(), &missing.json()["error"]["param"]), (400, &json!("prompt")));
}

#[tokio::test]
async fn images_are_edited_as_form_and_as_json() {
    let emulator = start().await;
    let fields =
        [("model", "m"), ("prompt", "greener"), ("@image[]", "A"), ("@image[]", "B"), ("stream", "true")];
    let answer = upload(&emulator, "/v1/images/edits", &fields).await;
    let done = answer.events().pop().expect("an event");
    assert_eq!(done["type"], "image_edit.completed");
    assert_eq!(done["usage"]["input_tokens_details"]["image_tokens"], 646);
    let body = json!({"model": "m", "prompt": "x", "images": [{"image_url": "https://x/a.png"}]});
    assert_eq!(ask(&emulator, "/v1/images/edits", &body).await.status, 200);
    let none = upload(&emulator, "/v1/images/edits", &[("model", "m"), ("prompt", "x")]).await;
    assert_eq!((none.status.as_u16(), &none.json()["error"]["param"]), (400, &json!("image")));
}

#[tokio::test]
async fn speech_plays_as_long_as_its_text() {
    let emulator = start().await;
    let speak = |more: Value| {
        let mut body = json!({"model": "m", "input": "0123456789", "voice": "alloy"});
        body.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        body
    };
    for (format, kind, magic, length) in [
        ("mp3", "audio/mpeg", &b"\xff\xf3"[..], 28 * 480),
        ("wav", "audio/wav", b"RIFF", 44 + 31_680),
        ("pcm", "audio/pcm", &900i16.to_le_bytes(), 31_680),
        ("opus", "audio/opus", b"OggS", 4 + 3960),
    ] {
        let answer = ask(&emulator, "/v1/audio/speech", &speak(json!({"response_format": format}))).await;
        assert_eq!((answer.headers["content-type"].as_bytes(), answer.body.len()), (kind.as_bytes(), length));
        assert!(answer.body.starts_with(magic), "{format}");
    }
    let answer = ask(&emulator, "/v1/audio/speech", &speak(json!({"stream_format": "sse"}))).await;
    let events = answer.events();
    let sound: Vec<u8> = events
        .iter()
        .filter_map(|event| event["audio"].as_str())
        .flat_map(|audio| STANDARD.decode(audio).expect("base64"))
        .collect();
    assert_eq!(sound.len(), 28 * 480);
    let usage = &events.last().expect("an event")["usage"];
    assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(3), &json!(14)));
    let billed = emulator.emulator().stats().by_model["m"];
    assert_eq!((billed.requests, billed.output_tokens), (5, 70));
    for (wrong, param) in [
        (json!({"model": "m", "input": "x"}), "voice"),
        (speak(json!({"input": ""})), "input"),
        (speak(json!({"response_format": "midi"})), "response_format"),
        (speak(json!({"speed": 9})), "speed"),
    ] {
        let answer = ask(&emulator, "/v1/audio/speech", &wrong).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["param"]), (400, &json!(param)));
    }
    let broken = ask(&emulator, "/v1/audio/speech", &speak(json!({"model": "fault-cut"}))).await;
    assert!(broken.broken && broken.body.len() == 14 * 480);
}

#[tokio::test]
async fn transcripts_tell_of_the_file() {
    let emulator = start().await;
    let path = "/v1/audio/transcriptions";
    let second = "x".repeat(16_000);
    let text = "You sent file.wav, 16000 bytes.";
    let heard = |format: &'static str| [("model", "whisper-1"), ("response_format", format)];
    let of = async |fields: &[(&str, &str)]| {
        upload(&emulator, path, &[fields, &[("@file", &second)]].concat()).await
    };
    let answer = of(&[("model", "whisper-1")]).await.json();
    assert_eq!(answer, json!({"text": text, "usage": {"type": "duration", "seconds": 1}}));
    assert_eq!(of(&heard("text")).await.text(), format!("{text}\n"));
    assert_eq!(of(&heard("srt")).await.text(), format!("1\n00:00:00,000 --> 00:00:01,000\n{text}\n\n"));
    assert_eq!(
        of(&heard("vtt")).await.text(),
        format!("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{text}\n\n")
    );
    let verbose = of(&heard("verbose_json")).await.json();
    assert_eq!((&verbose["duration"], &verbose["task"]), (&json!(1.0), &json!("transcribe")));
    let tokens = of(&[("model", "listen")]).await.json();
    assert_eq!(tokens["usage"]["input_token_details"]["audio_tokens"], 10);
    let stream = of(&[("model", "listen"), ("stream", "true")]).await;
    assert_eq!(stream.data().last(), Some(&"[DONE]"));
    let said: String = stream.events().iter().filter_map(|event| event["delta"].as_str()).collect();
    assert_eq!(said, text);
    assert_eq!(stream.events().last().expect("an event")["usage"], tokens["usage"]);
    let translated =
        upload(&emulator, "/v1/audio/translations", &[("model", "whisper-1"), ("@file", "x")]).await;
    assert_eq!(translated.json(), json!({"text": "You sent file.wav, 1 bytes."}));
    for (fields, param) in [(&[("model", "m")][..], "file"), (&[("@file", "x")], "model")] {
        let answer = upload(&emulator, path, fields).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["param"]), (400, &json!(param)));
    }
    let azure = "/openai/deployments/dep/audio/transcriptions?api-version=2025-04-01-preview";
    assert_eq!(upload(&emulator, azure, &[("@file", "x")]).await.status, 200);
    let limited = upload(&emulator, path, &[("model", "fault-429+retry-after-3"), ("@file", "x")]).await;
    assert_eq!((limited.status.as_u16(), limited.headers["retry-after"].as_bytes()), (429, &b"3"[..]));
    let mut odd = form(path, &[("model", "m"), ("@file", "x")]);
    *odd.body_mut() = Full::new(Bytes::from("--b\r\nnothing"));
    assert_eq!(send(emulator.address(), odd).await.status, 400);
}

#[tokio::test]
async fn moderation_flags_words() {
    let emulator = start().await;
    let judged = ask(&emulator, "/v1/moderations", &json!({"input": ["nice", "I hate it"]})).await.json();
    assert_eq!(judged["model"], "omni-moderation-latest");
    assert_eq!(
        (&judged["results"][0]["flagged"], &judged["results"][1]["flagged"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(judged["results"][1]["categories"]["hate"], true);
    let parts =
        json!([{"type": "text", "text": "kill"}, {"type": "image_url", "image_url": {"url": "https://x"}}]);
    let judged = ask(&emulator, "/moderations", &json!({"model": "m", "input": parts})).await.json();
    assert_eq!(judged["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(judged["results"][0]["categories"]["violence"], true);
    assert_eq!(ask(&emulator, "/v1/moderations", &json!({"model": "m"})).await.status, 400);
}

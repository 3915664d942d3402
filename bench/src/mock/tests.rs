//! The mock reads requests in any framing and answers what the load generator takes as complete.

use super::request::{Ask, Progress, read};
use crate::load::{Expect, Prompt, RequestSpec, Template, call, open_stream};
use crate::wire::{Mode, Wire};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

fn template(wire: Wire, mode: Mode) -> Template {
    let keys = ["key".to_owned()];
    Template::new(&RequestSpec {
        wire,
        mode,
        model: mode.model(),
        headers: &[],
        keys: &keys,
        prompt: Prompt::Small,
    })
}

#[test]
fn every_answer_passes_the_load_generators_check() {
    let mock = super::start(0).unwrap();
    for wire in [Wire::Chat, Wire::Messages] {
        for mode in [Mode::Whole, Mode::Burst, Mode::Paced] {
            let expect = Expect::new(wire, wire, mode, true);
            call(mock.port, &mut template(wire, mode), &expect, PATIENCE).unwrap();
        }
    }
    assert_eq!(mock.stats.requests.load(std::sync::atomic::Ordering::Relaxed), 6);
}

#[test]
fn a_stalled_stream_stays_open_after_its_first_piece() {
    let mock = super::start(0).unwrap();
    let held = open_stream(mock.port, &mut template(Wire::Chat, Mode::Stall), PATIENCE).unwrap();
    assert_eq!(mock.stats.open.load(std::sync::atomic::Ordering::Relaxed), 1);
    drop(held);
}

#[test]
fn a_chunked_request_with_spaces_is_understood() {
    let body = r#"{"stream_options": {"include_usage" : true}, "stream": true, "model": "bench-burst"}"#;
    let mut request = b"POST /v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for piece in [&body[..20], &body[20..]] {
        request.extend_from_slice(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes());
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let ask = Ask { wire: Wire::Chat, mode: Mode::Burst, include_usage: true };
    assert_eq!(read(&request), Progress::Complete { len: request.len(), ask });
    for cut in 1..request.len() {
        assert!(matches!(read(&request[..cut]), Progress::Partial { .. }), "cut at {cut}");
    }
}

#[test]
fn a_stream_that_was_not_asked_for_is_not_sent() {
    let body = r#"{"model":"bench-paced","stream":false}"#;
    let request = format!("POST /v1/messages HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let ask = Ask { wire: Wire::Messages, mode: Mode::Whole, include_usage: false };
    assert_eq!(read(request.as_bytes()), Progress::Complete { len: request.len(), ask });
}

//! Answers are recognised however they are cut, and wrong ones are never taken for right.

use super::answer::{Answer, Fed};
use super::{Expect, Load, Prompt, RequestSpec, Template, run};
use crate::wire::{Mode, Wire};
use std::time::Duration;

fn stream_text(pieces: usize, end: &str) -> String {
    let frames: String =
        (0..pieces).map(|piece| format!("data: {{\"t\":\" tok-{piece:02}\"}}\n\n")).collect();
    frames + end
}

#[test]
fn an_answer_is_read_in_pieces_of_any_size() {
    let raw =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb\r\n and more..\r\n0\r\n\r\n";
    for size in 1..=raw.len() {
        let mut answer = Answer::new();
        let mut done = false;
        for piece in raw.chunks(size) {
            assert!(!done);
            done = answer.feed(piece).unwrap() == Fed::Done;
        }
        assert!(done);
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"hello and more..".as_slice()));
    }
}

#[test]
fn framing_errors_are_told() {
    let mut answer = Answer::new();
    assert!(answer.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabc").is_err());
    answer.reset();
    assert!(answer.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabcd").is_err());
}

#[test]
fn a_missing_frame_or_end_or_shown_usage_is_a_failure() {
    let expect = Expect::new(Wire::Chat, Wire::Chat, Mode::Burst, true);
    let right = stream_text(48, "data: [DONE]\n\n");
    assert_eq!(expect.check(200, right.as_bytes()), Ok(()));
    assert!(expect.check(500, right.as_bytes()).is_err());
    assert!(expect.check(200, stream_text(47, "data: [DONE]\n\n").as_bytes()).is_err());
    assert!(expect.check(200, stream_text(48, "").as_bytes()).is_err());
    assert!(expect.check(200, right.replace("tok-07", "tok-08").as_bytes()).is_err());
    let usage = stream_text(48, "data: {\"usage\":{\"completion_tokens\":1}}\n\ndata: [DONE]\n\n");
    assert!(expect.check(200, usage.as_bytes()).is_err());
    let lenient = Expect::new(Wire::Chat, Wire::Chat, Mode::Burst, false);
    assert_eq!(lenient.check(200, usage.as_bytes()), Ok(()));
}

#[test]
fn keys_take_turns() {
    let keys = ["aaa".to_owned(), "bbb".to_owned()];
    let spec = RequestSpec {
        wire: Wire::Chat,
        mode: Mode::Whole,
        model: "bench-whole",
        headers: &[],
        keys: &keys,
        prompt: Prompt::Small,
    };
    let mut template = Template::new(&spec);
    for key in ["aaa", "bbb", "aaa"] {
        let text = String::from_utf8(template.next().to_vec()).unwrap();
        assert!(text.contains(&format!("authorization: Bearer {key}\r\n")), "{text}");
    }
}

#[test]
fn a_closed_loop_counts_only_right_answers() {
    let mock = crate::mock::start(0).unwrap();
    let keys = ["key".to_owned()];
    let mode = Mode::Burst;
    let spec = RequestSpec {
        wire: Wire::Chat,
        mode,
        model: mode.model(),
        headers: &[],
        keys: &keys,
        prompt: Prompt::Small,
    };
    let load = Load {
        port: mock.port,
        connections: 8,
        ramp: Duration::ZERO,
        warmup: Duration::from_millis(10),
        warmup_completed: 1,
        window: Duration::from_millis(50),
        min_completed: 16,
        max_window: Duration::from_secs(20),
    };
    let expect = Expect::new(Wire::Chat, Wire::Chat, mode, true);
    let (measured, ..) = run(&load, &mut Template::new(&spec), &expect, || Ok(())).unwrap();
    assert!(measured.completed >= 16);
    assert_eq!((measured.failed, measured.latencies_ns.len() as u64), (0, measured.completed));
    // Asking for one mode and expecting another is a failure, not a figure.
    let wrong = Expect::new(Wire::Messages, Wire::Messages, mode, true);
    assert!(run(&load, &mut Template::new(&spec), &wrong, || Ok(())).is_err());
}

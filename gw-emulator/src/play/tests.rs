//! Tests of scripts and bodies without a socket; time is paused where pauses are played.
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;

use super::*;
use crate::fault::Faults;
use crate::stats::Counters;

fn faults(list: &str) -> Faults {
    let mut faults = Faults::default();
    faults.add(list).expect("known faults");
    faults
}

fn frames(count: usize) -> Frames {
    let mut frames = Frames::new(Line::default());
    for _ in 0..count {
        frames.event(None, &["{\"n\":", "1}"], 1);
    }
    frames
}

async fn play(script: Script) -> (Vec<Bytes>, bool, u64) {
    let counters = Arc::new(Counters::default());
    let meter = BodyMeter::new(Arc::clone(&counters), None, true);
    let mut body = PlayedBody::new(script, meter, None);
    let mut pieces = Vec::new();
    let mut broken = false;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => pieces.extend(frame.into_data()),
            Err(_) => {
                broken = true;
                break;
            }
        }
    }
    drop(body);
    let stats = counters.snapshot();
    assert_eq!((stats.open_streams, stats.client_disconnects), (0, 0));
    (pieces, broken, stats.billed_output_tokens)
}

#[tokio::test]
async fn a_clean_stream_is_sent_frame_by_frame() {
    let (pieces, broken, tokens) = play(Script::stream(frames(4), &faults(""))).await;
    assert_eq!((pieces.len(), broken, tokens), (4, false, 4));
    assert_eq!(pieces[0], "data: {\"n\":1}\n\n");
}

#[tokio::test]
async fn a_cut_stream_bills_what_it_sent() {
    let (pieces, broken, tokens) = play(Script::stream(frames(4), &faults("cut-after-frames=2"))).await;
    assert_eq!((pieces.len(), broken, tokens), (2, true, 2));
    let (pieces, broken, _) = play(Script::stream(frames(4), &faults("cut-after-frames=99"))).await;
    assert_eq!((pieces.len(), broken), (3, true));
    let (pieces, broken, _) = play(Script::stream(frames(4), &faults("cut-after-bytes=20"))).await;
    assert_eq!((pieces.iter().map(Bytes::len).sum::<usize>(), broken), (20, true));
}

#[tokio::test(start_paused = true)]
async fn pauses_are_kept() {
    let start = tokio::time::Instant::now();
    let (pieces, ..) = play(Script::stream(frames(3), &faults("frame-delay=100"))).await;
    assert_eq!((pieces.len(), start.elapsed().as_millis() / 100), (3, 2));
    let start = tokio::time::Instant::now();
    let whole = Script::whole(Bytes::from_static(b"0123456789"), &faults("slow-drip=10"));
    let (pieces, ..) = play(whole).await;
    assert_eq!(pieces.len(), 10);
    assert!(start.elapsed().as_millis() >= 90);
    let whole = Script::whole(Bytes::from_static(b"0123456789"), &faults("slow-drip=10;chunk-bytes=4"));
    assert_eq!(play(whole).await.0.len(), 3);
}

#[tokio::test]
async fn a_reader_who_leaves_is_counted() {
    let counters = Arc::new(Counters::default());
    let meter = BodyMeter::new(Arc::clone(&counters), None, true);
    let mut body = PlayedBody::new(Script::stream(frames(3), &faults("stall-after-frames=1")), meter, None);
    assert!(body.frame().await.is_some_and(|frame| frame.is_ok()));
    assert_eq!(counters.snapshot().open_streams, 1);
    drop(body);
    let stats = counters.snapshot();
    assert_eq!((stats.open_streams, stats.client_disconnects, stats.billed_output_tokens), (0, 1, 1));
}

#[test]
fn spoiled_frames_are_not_json() {
    let mut json = frames(3);
    json.spoil_json(1);
    let (bytes, marks) = json.finish();
    let middle = &bytes[marks[0].end..marks[1].end];
    let text = std::str::from_utf8(middle).expect("still text");
    let data = text.trim_end().strip_prefix("data: ").expect("still framed");
    assert!(text.ends_with("\n\n") && serde_json::from_str::<serde_json::Value>(data).is_err(), "{text}");
    let mut framing = frames(3);
    framing.spoil_framing(1);
    let (bytes, marks) = framing.finish();
    assert!(std::str::from_utf8(&bytes).is_err());
    assert_eq!(marks[2].end, bytes.len());
}

#[test]
fn arrays_are_json_until_they_are_spoiled() {
    let array = |count: usize| {
        let mut frames = Frames::framed(Framing::Array);
        (0..count).for_each(|_| frames.json("{\"n\":1}", 1));
        frames.close();
        frames
    };
    for count in [0, 1, 3] {
        let (bytes, marks) = array(count).finish();
        let parsed: serde_json::Value = serde_json::from_slice(&bytes).expect("an array");
        assert_eq!(parsed.as_array().map(Vec::len), Some(count));
        assert_eq!((marks.len(), marks.last().map(|m| m.end)), (count.max(1), Some(bytes.len())));
    }
    let mut spoiled = [array(3), array(3), array(3)];
    spoiled[0].spoil_json(1);
    spoiled[1].spoil_framing(1);
    spoiled[2].keep(2);
    for frames in spoiled {
        let (bytes, marks) = frames.finish();
        assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_err());
        assert_eq!(marks.last().map(|mark| mark.end), Some(bytes.len()));
    }
}

/// Checks a message's lengths and checksums; gives its payload when they are right.
fn payload(message: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| Some(u32::from_be_bytes(message.get(at..at + 4)?.try_into().ok()?));
    let body = message.len() - 4;
    let is_right = number(0)? as usize == message.len()
        && number(8)? == crc32fast::hash(&message[..8])
        && number(body)? == crc32fast::hash(&message[..body]);
    is_right.then_some(&message[12 + number(4)? as usize..body])
}

#[test]
fn messages_have_checksums_until_they_are_spoiled() {
    let messages = || {
        let mut frames = Frames::framed(Framing::Messages);
        (0..3).for_each(|_| frames.message(&[(":event-type", "x")], b"{\"n\":1234}", 1));
        frames
    };
    let (bytes, marks) = messages().finish();
    assert_eq!(payload(&bytes[..marks[0].end]), Some(&b"{\"n\":1234}"[..]));
    assert_eq!(&bytes[12..28], b"\x0b:event-type\x07\0\x01x");
    let mut json = messages();
    json.spoil_json(1);
    let (bytes, marks) = json.finish();
    assert_eq!(payload(&bytes[marks[0].end..marks[1].end]), Some(&b"{\"n\":"[..]));
    assert_eq!(payload(&bytes[marks[1].end..]), Some(&b"{\"n\":1234}"[..]));
    let mut framing = messages();
    framing.spoil_framing(1);
    let (bytes, marks) = framing.finish();
    assert_eq!(payload(&bytes[marks[0].end..marks[1].end]), None);
    assert!(payload(&bytes[marks[1].end..]).is_some());
}

//! The framer against every way to cut a stream, against odd line ends, and against its bound.

use super::*;
use bytes::Bytes;
use proptest::prelude::*;

const STREAM: &str = ": hello\n\ndata: {\"a\":1}\n\nevent: x\r\ndata: one\r\ndata: two\r\n\r\n\ndata:no space\r\rdata\n\nid: 3\ndata: [DONE]\n\n";

fn frames(pieces: &[&[u8]]) -> Vec<(Vec<u8>, Option<String>, Vec<u8>)> {
    let mut framer = Framer::new(1 << 20);
    let mut out = Vec::new();
    let mut keep = |f: Frame| out.push((f.raw.to_vec(), f.event().map(str::to_owned), f.data().to_vec()));
    for piece in pieces {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(frame) = framer.next() {
            keep(frame.unwrap());
        }
    }
    if let Some(frame) = framer.finish() {
        keep(frame);
    }
    out
}

/// Events with data only: raw bytes may be attributed differently when a line end is cut in two.
fn payloads(pieces: &[&[u8]]) -> Vec<(Option<String>, Vec<u8>)> {
    frames(pieces).into_iter().filter(|f| !f.2.is_empty()).map(|f| (f.1, f.2)).collect()
}

#[test]
fn reads_every_kind_of_line_end() {
    let got = payloads(&[STREAM.as_bytes()]);
    let want: Vec<(Option<String>, Vec<u8>)> = vec![
        (None, b"{\"a\":1}".to_vec()),
        (Some("x".to_owned()), b"one\ntwo".to_vec()),
        (None, b"no space".to_vec()),
        (None, b"[DONE]".to_vec()),
    ];
    assert_eq!(got, want);
}

#[test]
fn cutting_anywhere_changes_nothing() {
    let bytes = STREAM.as_bytes();
    let want = payloads(&[bytes]);
    for first in 0..bytes.len() {
        for second in first..bytes.len() {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            assert_eq!(payloads(&pieces), want, "cut at {first} and {second}");
            let raw: Vec<u8> = frames(&pieces).into_iter().flat_map(|f| f.0).collect();
            assert_eq!(raw, bytes, "cut at {first} and {second}");
        }
    }
}

#[test]
fn a_byte_order_mark_and_a_missing_blank_line_are_accepted() {
    let got = payloads(&[b"\xef\xbb\xbfdata: 1\n\ndata: 2"]);
    assert_eq!(got, vec![(None, b"1".to_vec()), (None, b"2".to_vec())]);
    // Also where a piece ended between the halves of the line end before it.
    for cut in [
        &[&b"data: 1\r\n\r"[..], b"\n\xef\xbb\xbfdata: 2\n\n"][..],
        &[b"data: 1\r\n\r\n\xef\xbb\xbfdata: 2\n\n"],
    ] {
        assert_eq!(payloads(cut), vec![(None, b"1".to_vec()), (None, b"2".to_vec())]);
    }
}

#[test]
fn whole_events_are_slices_of_the_piece() {
    let piece = Bytes::from_static(b"data: 1\n\ndata: 2\n\n");
    let start = piece.as_ptr() as usize;
    let mut framer = Framer::new(64);
    framer.push(piece);
    let first = framer.next().unwrap().unwrap();
    let second = framer.next().unwrap().unwrap();
    assert_eq!(first.raw.as_ptr() as usize, start);
    assert_eq!(second.raw.as_ptr() as usize, start + 9);
}

#[test]
fn an_event_beyond_the_bound_is_an_error_and_the_end() {
    let mut framer = Framer::new(16);
    framer.push(Bytes::from_static(b"data: 1\n\ndata: 0123456"));
    assert!(framer.next().unwrap().is_ok());
    assert!(framer.next().is_none());
    framer.push(Bytes::from_static(b"789abcdef"));
    assert_eq!(framer.next().unwrap().unwrap_err(), SseError::EventTooLarge { limit: 16 });
    framer.push(Bytes::from_static(b"\n\ndata: 1\n\n"));
    assert!(framer.next().is_none());
    assert!(framer.finish().is_none());
}

#[test]
fn drain_joins_neighbours_and_leaves_hidden_frames_out() {
    let mut framer = Framer::new(1 << 10);
    let mut out = Vec::new();
    let judge = |frame: &FrameView<'_>| match frame.data() {
        b"hide" => FrameVerdict::Hide,
        _ => FrameVerdict::Forward,
    };
    let piece = Bytes::from_static(b"data: 1\n\ndata: 2\n\ndata: hide\n\ndata: 3\n\ndata: ha");
    framer.drain(piece, judge, &mut out).unwrap();
    assert_eq!(out, vec![&b"data: 1\n\ndata: 2\n\n"[..], &b"data: 3\n\n"[..]]);
    out.clear();
    framer.drain(Bytes::from_static(b"lf\n\ndata: 4\n\n"), judge, &mut out).unwrap();
    assert_eq!(out.concat(), b"data: half\n\ndata: 4\n\n");
}

#[test]
fn drain_stops_at_a_malformed_frame() {
    let judge = |frame: &FrameView<'_>| match frame.data() {
        b"half" => FrameVerdict::Malformed,
        _ => FrameVerdict::Forward,
    };
    for pieces in
        [&["data: 1\n\ndata: half\n\ndata: 3\n\n"][..], &["data: 1\n\ndata: ha", "lf\n\ndata: 3\n\n"]]
    {
        let (mut framer, mut out) = (Framer::new(1 << 10), Vec::new());
        let mut last = Ok(());
        for piece in pieces {
            last = framer.drain(Bytes::copy_from_slice(piece.as_bytes()), judge, &mut out);
        }
        assert_eq!(last, Err(SseError::Malformed));
        assert_eq!(out.concat(), b"data: 1\n\n");
        assert!(framer.drain(Bytes::from_static(b"data: 4\n\n"), judge, &mut out).is_err());
        assert_eq!(out.concat(), b"data: 1\n\n");
    }
}

proptest! {
    #[test]
    fn any_bytes_come_out_as_they_went_in(bytes in proptest::collection::vec(prop_oneof![
        Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), Just(b' '), any::<u8>()], 0..200), cuts in proptest::collection::vec(0usize..200, 0..6)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts {
            pieces.push(&bytes[from..cut]);
            from = cut;
        }
        pieces.push(&bytes[from..]);
        let raw: Vec<u8> = frames(&pieces).into_iter().flat_map(|f| f.0).collect();
        prop_assert_eq!(&raw, &bytes);
        prop_assert_eq!(payloads(&pieces), payloads(&[&pieces.concat()[..]]));
    }
}

#[test]
fn what_readers_of_data_do_not_see_can_be_left_out() {
    for (raw, want) in [
        ("data: {}\n\n", Some("data: {}\n\n")),
        ("event: ping\r\ndata: {}\r\n\r\n", Some("event: ping\r\ndata: {}\r\n\r\n")),
        (": jane@example.com\n\n", None),
        (": x\nid: jane@example.com\nretry: 5\nevent: a\ndata: {}\n\n", Some("event: a\ndata: {}\n\n")),
        ("event: jane@example.com\ndata: {}\n\n", Some("data: {}\n\n")),
        ("event: secret\nevent: a\ndata: {}\n\n", Some("event: a\ndata: {}\n\n")),
        ("data: 1\nid: 5\ndata: 2\n\n", Some("data: 1\ndata: 2\n\n")),
        ("dataset: x\ndata: 1\n\n", Some("data: 1\n\n")),
        ("id: 7\n\n", None),
    ] {
        let left = Frame::parse(Bytes::from(raw)).without_others();
        let left = left.map(|frame| String::from_utf8(frame.raw.to_vec()).unwrap());
        assert_eq!(left.as_deref(), want, "{raw}");
    }
}

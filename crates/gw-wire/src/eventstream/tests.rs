//! The framing: published samples, what is written reads back, pieces, faults.

use super::*;
use bytes::Bytes;

/// AWS's published sample messages: no headers and no payload; a payload alone; one Int32 header and a payload.
const EMPTY: &[u8] = &[0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
const PAYLOAD_ONLY: &[u8] = b"\x00\x00\x00\x1d\x00\x00\x00\x00\xfd\x52\x8c\x5a{'foo':'bar'}\xc3\x65\x39\x36";
const INT_HEADER: &[u8] = b"\x00\x00\x00\x2d\x00\x00\x00\x10\x41\xc4\x24\xb8\
\x0aevent-type\x04\x00\x00\xa0\x0c{'foo':'bar'}\x36\xf4\x80\xa0";

fn decode(pieces: &[&[u8]]) -> (Vec<Message>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(1 << 20);
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.push(Bytes::copy_from_slice(piece));
        while let Some(message) = decoder.next_message() {
            messages.extend(message);
        }
    }
    (messages, decoder.finish())
}

fn all_types() -> Vec<(&'static str, HeaderValue<'static>)> {
    vec![
        ("yes", HeaderValue::Bool(true)),
        ("no", HeaderValue::Bool(false)),
        ("byte", HeaderValue::Byte(-3)),
        ("short", HeaderValue::Short(-300)),
        ("int", HeaderValue::Int(40_972)),
        ("long", HeaderValue::Long(i64::MIN)),
        ("bytes", HeaderValue::Bytes(b"\x00\xff")),
        (":event-type", HeaderValue::Text("größer")),
        ("time", HeaderValue::TimestampMs(1_700_000_000_000)),
        ("uuid", HeaderValue::Uuid([7; 16])),
    ]
}

fn sample(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&all_types(), payload, &mut out).unwrap();
    out
}

#[test]
fn published_samples_are_read_and_written() {
    for (raw, headers, payload) in [
        (EMPTY, vec![], &b""[..]),
        (PAYLOAD_ONLY, vec![], b"{'foo':'bar'}"),
        (INT_HEADER, vec![("event-type", HeaderValue::Int(40_972))], b"{'foo':'bar'}"),
    ] {
        let (messages, end) = decode(&[raw]);
        assert_eq!(end, Ok(()));
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].payload, payload);
        assert_eq!(messages[0].headers.iter().collect::<Vec<_>>(), headers);
        let mut out = Vec::new();
        encode(&headers, payload, &mut out).unwrap();
        assert_eq!(out, raw);
    }
}

#[test]
fn every_type_of_header_comes_back() {
    let (messages, end) = decode(&[&sample(b"hello")]);
    assert_eq!(end, Ok(()));
    assert_eq!(messages[0].headers.iter().collect::<Vec<_>>(), all_types());
    assert_eq!((&messages[0].headers).into_iter().count(), 10);
    assert_eq!(messages[0].headers.text(":event-type"), Some("größer"));
    assert_eq!(messages[0].headers.text("int"), None);
    assert_eq!(messages[0].headers.get("missing"), None);
}

#[test]
fn pieces_make_no_difference() {
    let stream = [sample(b""), sample(b"one"), sample(&[9; 3000]), EMPTY.to_vec()].concat();
    let (whole, end) = decode(&[&stream]);
    assert_eq!((whole.len(), end), (4, Ok(())));
    for size in [1, 2, 11, 12, 13, 100, 1460] {
        let pieces: Vec<&[u8]> = stream.chunks(size).collect();
        assert_eq!(decode(&pieces), (whole.clone(), Ok(())), "in pieces of {size}");
    }
    // Pieces that pile up unread.
    let mut decoder = Decoder::new(1 << 20);
    for piece in stream.chunks(50) {
        decoder.push(Bytes::copy_from_slice(piece));
    }
    let piled: Vec<Message> = std::iter::from_fn(|| decoder.next_message()).map(Result::unwrap).collect();
    assert_eq!(piled, whole);
}

#[test]
fn a_message_within_one_piece_is_not_copied() {
    let piece = Bytes::from([sample(b"one"), sample(b"two")].concat());
    let range = piece.as_ptr_range();
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(piece.clone());
    for _ in 0..2 {
        let message = decoder.next_message().unwrap().unwrap();
        assert!(range.contains(&message.payload.as_ptr()) && range.contains(&message.raw.as_ptr()));
    }
    assert!(decoder.next_message().is_none());
}

#[test]
fn every_damaged_byte_is_noticed() {
    let good = sample(b"payload");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        let (messages, end) = decode(&[&bad]);
        assert!(messages.is_empty() && end.is_err(), "byte {at}");
    }
    let (messages, end) = decode(&[&good, &good[..20]]);
    assert_eq!((messages.len(), end), (1, Err(DecodeError::Truncated { bytes: 20 })));
}

#[test]
fn after_a_fault_there_is_nothing_more() {
    let mut decoder = Decoder::new(1 << 20);
    let mut bad = sample(b"x");
    *bad.last_mut().unwrap() ^= 1;
    decoder.push(Bytes::from(bad));
    assert_eq!(decoder.next_message(), Some(Err(DecodeError::MessageChecksum)));
    decoder.push(Bytes::from_static(EMPTY));
    assert_eq!(decoder.next_message(), None);
    assert_eq!(decoder.finish(), Err(DecodeError::MessageChecksum));
}

/// A prelude with a right checksum.
fn prelude(total: u32, headers: u32) -> Vec<u8> {
    let mut out = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    out.extend(crc32fast::hash(&out).to_be_bytes());
    out
}

#[test]
fn lengths_are_not_believed() {
    let fault = |bytes: &[u8]| decode(&[bytes]).1.unwrap_err();
    assert_eq!(
        fault(&prelude(u32::MAX, 0)),
        DecodeError::TooLarge { bytes: u32::MAX as usize, limit: 1 << 20 }
    );
    assert_eq!(fault(&prelude(15, 0)), DecodeError::Lengths { total: 15, headers: 0 });
    assert_eq!(fault(&prelude(100, 85)), DecodeError::Lengths { total: 100, headers: 85 });
    assert_eq!(fault(&prelude(100, u32::MAX)), DecodeError::Lengths { total: 100, headers: u32::MAX });
    assert_eq!(fault(&prelude(300_000, 200_000)), DecodeError::Lengths { total: 300_000, headers: 200_000 });
    assert_eq!(fault(&[0; 12]), DecodeError::PreludeChecksum);
}

/// A message with this text for headers.
fn with_headers(block: &[u8]) -> Vec<u8> {
    let length = u32::try_from(block.len()).unwrap();
    let mut out = prelude(length + 16, length);
    out.extend_from_slice(block);
    out.extend(crc32fast::hash(&out).to_be_bytes());
    out
}

#[test]
fn malformed_headers_are_named() {
    for (block, fault) in [
        (&b"\x00"[..], HeaderFault::EmptyName),
        (b"\x05abc", HeaderFault::Cut),
        (b"\x01a", HeaderFault::Cut),
        (b"\x01a\x07\x00\x09x", HeaderFault::Cut),
        (b"\x01a\x05\x00", HeaderFault::Cut),
        (b"\x01a\x0a", HeaderFault::UnknownType(10)),
        (b"\x01\xff\x00", HeaderFault::NotUtf8),
        (b"\x01a\x07\x00\x01\xff", HeaderFault::NotUtf8),
    ] {
        assert_eq!(decode(&[&with_headers(block)]).1, Err(DecodeError::Headers(fault)), "{block:?}");
    }
}

#[test]
fn what_is_too_long_is_refused_and_leaves_nothing() {
    let long = "n".repeat(256);
    let value = "v".repeat(40_000);
    let mut out = b"before".to_vec();
    let faults = [
        encode(&[("", HeaderValue::Bool(true))], b"", &mut out),
        encode(&[(&long, HeaderValue::Bool(true))], b"", &mut out),
        encode(&[("n", HeaderValue::Text(&value))], b"", &mut out),
        encode(&[("n", HeaderValue::Text(&value[..32_000])); 5], b"", &mut out),
        encode(&[], &vec![0; MAX_PAYLOAD_BYTES + 1], &mut out),
    ];
    let expected = [
        EncodeError::HeaderName,
        EncodeError::HeaderName,
        EncodeError::HeaderValue,
        EncodeError::Headers,
        EncodeError::Payload,
    ];
    assert_eq!(faults, expected.map(Err));
    assert_eq!(out, b"before");
}

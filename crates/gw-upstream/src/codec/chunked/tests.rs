//! The chunked decoder: whole, split at every byte, and every way to be malformed.

use super::*;
use proptest::prelude::*;

fn decode_all(input: &[u8]) -> Result<(Vec<u8>, usize, bool), ProtocolError> {
    let mut decoder = Chunked::new();
    let mut out = Vec::new();
    let used = decoder.decode(input, &mut out)?;
    Ok((out, used, decoder.is_done()))
}

const SAMPLE: &[u8] = b"5;a=\"b\"\r\nhello\r\n1\r\n \r\n00a\r\nworld 1234\r\n0\r\nx-sum: 1\r\n\r\n";

#[test]
fn whole() {
    let (out, used, done) = decode_all(SAMPLE).unwrap();
    assert_eq!(out, b"hello world 1234");
    assert_eq!(used, SAMPLE.len());
    assert!(done);
}

#[test]
fn split_at_every_pair_of_places() {
    for first in 0..SAMPLE.len() {
        for second in first..SAMPLE.len() {
            let mut decoder = Chunked::new();
            let mut out = Vec::new();
            for part in [&SAMPLE[..first], &SAMPLE[first..second], &SAMPLE[second..]] {
                assert_eq!(decoder.decode(part, &mut out), Ok(part.len()));
            }
            assert!(decoder.is_done());
            assert_eq!(out, b"hello world 1234");
        }
    }
}

#[test]
fn leaves_what_follows() {
    let (out, used, done) = decode_all(b"1\r\na\r\n0\r\n\r\nHTTP/1.1").unwrap();
    assert_eq!((out.as_slice(), used, done), (&b"a"[..], 11, true));
}

#[test]
fn refuses_malformed() {
    let bad: &[&[u8]] = &[
        b"\r\n",
        b"g\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\n",
        b" 1\r\n",
        b"1 \r\n",
        b"1\n",
        b"1;x\n",
        b"1\r\r",
        b"1\r\nab",
        b"1\r\na\n",
        b"1\r\na\r\r",
        b"1000000000000000\r\n",
        b"0\r\n\n",
        b"0\r\n x: 1\r\n",
        b"0\r\n: 1\r\n",
        b"0\r\nx\r\n",
        b"0\r\nx: 1\n",
        b"0\r\nx: \x00\r\n",
        b"0\r\n\r\r",
    ];
    for input in bad {
        assert_eq!(decode_all(input), Err(ProtocolError::Chunk), "{:?}", input.escape_ascii().to_string());
    }
}

#[test]
fn bounds_extensions_and_trailers() {
    let mut long = b"1;".to_vec();
    long.resize(MAX_EXTENSION_BYTES as usize + 3, b'x');
    assert!(decode_all(&long).is_err());
    let mut long = b"0\r\nx:".to_vec();
    long.resize(MAX_TRAILER_BYTES as usize + 6, b'x');
    assert!(decode_all(&long).is_err());
}

proptest! {
    #[test]
    fn any_data_survives(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..50), 0..20),
                         step in 1usize..40) {
        let mut wire = Vec::new();
        for part in &parts {
            wire.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            wire.extend_from_slice(part);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\n\r\n");
        let mut decoder = Chunked::new();
        let mut out = Vec::new();
        for piece in wire.chunks(step) {
            prop_assert_eq!(decoder.decode(piece, &mut out), Ok(piece.len()));
        }
        prop_assert!(decoder.is_done());
        prop_assert_eq!(out, parts.concat());
    }

    #[test]
    fn any_bytes_are_safe(input in proptest::collection::vec(any::<u8>(), 0..200)) {
        crate::fuzzing::chunked(&input);
        crate::fuzzing::head(&input);
    }
}

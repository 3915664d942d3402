//! Bedrock's binary streams, written and read by the tests' own few lines.

use serde_json::Value;

/// One message with these headers.
pub(crate) fn message(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).unwrap());
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let total = u32::try_from(16 + head.len() + payload.len()).unwrap();
    let mut out = total.to_be_bytes().to_vec();
    out.extend_from_slice(&u32::try_from(head.len()).unwrap().to_be_bytes());
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(payload.as_bytes());
    let sum = crc32(&out);
    out.extend_from_slice(&sum.to_be_bytes());
    out
}

/// An event of this type.
pub(crate) fn event(kind: &str, payload: &Value) -> Vec<u8> {
    let headers = [(":event-type", kind), (":content-type", "application/json"), (":message-type", "event")];
    message(&headers, &payload.to_string())
}

/// Kind (of event or exception) and payload of every message.
#[track_caller]
pub(crate) fn read(mut bytes: &[u8]) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    let number = |at: &[u8]| usize::try_from(u32::from_be_bytes(at.try_into().unwrap())).unwrap();
    while !bytes.is_empty() {
        let (total, head) = (number(&bytes[..4]), number(&bytes[4..8]));
        let (message, rest) = bytes.split_at(total);
        assert_eq!(crc32(&message[..total - 4]).to_be_bytes(), message[total - 4..], "checksum");
        let (mut headers, mut kind) = (&message[12..12 + head], String::new());
        while let Some((length, after)) = headers.split_first() {
            let (name, after) = after.split_at(usize::from(*length));
            let value = usize::from(u16::from_be_bytes([after[1], after[2]]));
            if name == b":event-type" || name == b":exception-type" {
                kind = String::from_utf8_lossy(&after[3..3 + value]).into_owned();
            }
            headers = &after[3 + value..];
        }
        out.push((kind, serde_json::from_slice(&message[12 + head..total - 4]).unwrap()));
        bytes = rest;
    }
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

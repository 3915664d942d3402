//! The fuzz entry points under generated input, in the gate.

use super::*;
use proptest::prelude::*;

/// Seeds that reach deep into the codecs; the property tests put them together and damage them.
const SEEDS: &[&str] = &[
    r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"max_tokens":9}"#,
    r#"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}],"metadata":{"user_id":"u"}}"#,
    r#"{"model":"m","prompt":["a",[1,2]],"n":2,"user":"u","end_user":"x"}"#,
    r#"{"model":"m","input":[[1,2],[3]],"usage":{"prompt_tokens":3},"service_tier":"flex"}"#,
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"}}]}\n\n",
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}}]}\r\n\r\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"x\",\"usage\":{\"input_tokens\":3}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    "data: {\"error\":{\"message\":\"m\"}}\n\n",
    "{\"role\":\"assistant\"}\n",
    "\u{2}{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hi\"}}\n",
    "\u{1}{\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"f\"}}}\n",
    "\u{2}{\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"{\"}}}\n",
    "\u{2}{\"contentBlockIndex\":2,\"delta\":{\"reasoningContent\":{\"redactedContent\":\"AAAA\"}}}\n",
    "\u{4}{\"stopReason\":\"end_turn\"}\n",
    "\u{5}{\"usage\":{\"inputTokens\":3,\"outputTokens\":2},\"metrics\":{\"latencyMs\":1}}\n",
    "\u{1}a\u{7}\u{0}\u{1}b",
    r#"{"messages":[{"role":"user","content":[{"text":"hi"},{"cachePoint":{"type":"default"}},{"toolResult":{"toolUseId":"t","content":[{"json":{}}]}}]}],"inferenceConfig":{"maxTokens":9},"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{}}}}]}}"#,
    r#"{"output":{"message":{"role":"assistant","content":[{"text":"Hi"},{"toolUse":{"toolUseId":"t","name":"f","input":{}}}]}},"stopReason":"tool_use","usage":{"inputTokens":3,"outputTokens":2}}"#,
    "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n",
    "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n",
    "--XX\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\np\r\n--XX\r\ncontent-disposition: form-data; name=image[]; filename=x\r\n\r\n\r\n",
    "--XX--\r\n",
    r#"{"model":"m","prompt":"p","n":2,"images":[{"file_id":"f"}],"input":"i"}"#,
    ": ping\n\n",
    "\r",
    "\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "data",
    "null",
    "1e9",
];

fn input() -> impl Strategy<Value = Vec<u8>> {
    let seed = proptest::sample::select(SEEDS).prop_map(|s| s.as_bytes().to_vec());
    let piece = prop_oneof![4 => seed, 1 => proptest::collection::vec(any::<u8>(), 0..12)];
    let damage = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3);
    (proptest::collection::vec(piece, 1..8), damage).prop_map(|(pieces, damage)| {
        let mut bytes = pieces.concat();
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        bytes
    })
}

#[test]
fn the_seeds_hold() {
    for seed in SEEDS {
        fuzz_json_scan(seed.as_bytes());
        fuzz_sse(seed.as_bytes());
        fuzz_streams(seed.as_bytes());
        fuzz_eventstream(seed.as_bytes());
        fuzz_multipart(seed.as_bytes());
    }
    fuzz_streams(SEEDS.concat().as_bytes());
    fuzz_eventstream(SEEDS.concat().as_bytes());
}

proptest! {
    #[test]
    fn bodies(bytes in input()) {
        fuzz_json_scan(&bytes);
    }

    #[test]
    fn event_streams(bytes in input()) {
        fuzz_sse(&bytes);
    }

    #[test]
    fn binary_event_streams(bytes in input()) {
        fuzz_eventstream(&bytes);
    }

    #[test]
    fn forms(bytes in input()) {
        fuzz_multipart(&bytes);
    }

    #[test]
    fn streams(bytes in input()) {
        fuzz_streams(&bytes);
    }

    #[test]
    fn frames_of_websockets(bytes in frames()) {
        fuzz_websocket(&bytes);
    }
}

/// Frames one behind the other, now and then damaged.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    use crate::websocket::{Opcode, write};
    let opcodes = vec![Opcode::Text, Opcode::Binary, Opcode::Continuation, Opcode::Ping, Opcode::Close];
    let frame = (proptest::sample::select(opcodes), 0usize..300, any::<Option<[u8; 4]>>(), any::<bool>());
    let one = frame.prop_map(|(opcode, length, mask, fin)| {
        let mut bytes = write(opcode, &vec![b'x'; length], mask);
        if let (false, Some(first)) = (fin, bytes.first_mut()) {
            *first &= 0x7f;
        }
        bytes
    });
    let all = proptest::collection::vec(one, 0..12).prop_map(|frames| frames.concat());
    (all, any::<Option<(proptest::sample::Index, u8)>>()).prop_map(|(mut bytes, damage)| {
        if let Some((at, byte)) = damage.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

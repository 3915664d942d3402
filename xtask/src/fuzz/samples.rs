//! What mutation starts from: a few hand-written messages, the repository's frozen samples, and recorded
//! exchanges where they are at hand.

use crate::args::root;
use std::fs;
use std::path::Path;

/// Larger files are left out, and so are more of them than this.
const LARGEST: u64 = 64 << 10;
const MOST: usize = 400;

const WRITTEN: &[&str] = &[
    r#"{"model":"m","messages":[{"role":"user","content":"hi \u00e9 \"q\""}],"stream":true,"n":1,"max_tokens":5}"#,
    r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c","content":"1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}"#,
    r#"{"model":"m","max_tokens":9,"system":"s","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x"}]}],"thinking":{"type":"enabled","budget_tokens":1024}}"#,
    "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\ndata: [DONE]\n\n",
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"x\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--XX--\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n",
];

/// Every sample.
pub(super) fn all() -> Vec<Vec<u8>> {
    let mut samples: Vec<Vec<u8>> = WRITTEN.iter().map(|text| text.as_bytes().to_vec()).collect();
    let recorded = std::env::var_os("GATEWRIGHT_FIXTURES")
        .map_or_else(|| root().join("../shared/fixtures"), std::path::PathBuf::from);
    for folder in [root().join("crates/gw-wire/tests/samples"), recorded] {
        collect(&folder, 4, &mut samples);
    }
    samples
}

fn collect(folder: &Path, depth: u32, samples: &mut Vec<Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    for path in paths {
        if samples.len() >= MOST {
            return;
        }
        let Ok(facts) = fs::metadata(&path) else { continue };
        if facts.is_dir() && depth > 0 {
            collect(&path, depth - 1, samples);
        } else if facts.is_file() && facts.len() <= LARGEST {
            samples.extend(fs::read(&path));
        }
    }
}

//! The requests of every provider, compared with its file.

use super::build::{self, Built};
use gw_model::catalog::{Catalog, ProviderSpec};
use gw_model::format::WireFormat;
use gw_providers::{catalog, upstream_format};
use std::fmt::Write as _;
use std::path::PathBuf;

/// A caller's request of each kind, with the parameters that providers are known to differ in.
const CALLS: &[(&str, WireFormat, &str)] = &[
    (
        "chat, streamed",
        WireFormat::OpenAiChat,
        r#"{"model":"alias","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hello"},{"type":"text","text":", you."}]}],"max_completion_tokens":64,"temperature":2,"top_p":0.9,"seed":7,"frequency_penalty":0.5,"logit_bias":{"50256":-100},"user":"u-1","tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}],"stream":true}"#,
    ),
    (
        "messages",
        WireFormat::AnthropicMessages,
        r#"{"model":"alias","max_tokens":64,"system":"Be brief.","messages":[{"role":"user","content":"Hello"}],"temperature":0.5,"stop_sequences":["."]}"#,
    ),
    (
        "responses",
        WireFormat::OpenAiResponses,
        r#"{"model":"alias","input":"Hello","max_output_tokens":64,"temperature":0.5,"reasoning":{"effort":"low"},"store":false}"#,
    ),
    (
        "completions",
        WireFormat::OpenAiCompletions,
        r#"{"model":"alias","prompt":"Once","max_tokens":16,"stream":true}"#,
    ),
    (
        "embeddings",
        WireFormat::OpenAiEmbeddings,
        r#"{"model":"alias","input":["Hello"],"encoding_format":"base64"}"#,
    ),
];

#[test]
fn every_provider_gets_the_requests_that_its_file_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/catalog/requests");
    let is_update = std::env::var_os("GATEWRIGHT_UPDATE").is_some();
    let mut wrong = Vec::new();
    for spec in catalog().providers().values() {
        let path = folder.join(format!("{}.txt", spec.name));
        let wanted = requests(spec);
        if is_update {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != wanted {
            wrong.push(spec.name.to_string());
        }
    }
    wrong.sort_unstable();
    assert!(wrong.is_empty(), "not as in tests/catalog/requests: {wrong:?}; see GATEWRIGHT_UPDATE");
    let known = |name: &str| catalog().provider(name.strip_suffix(".txt").unwrap_or_default()).is_some();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known(&name), "{name} is of no provider");
    }
}

fn requests(spec: &ProviderSpec) -> String {
    let provider = build::provider(spec, &build::base_url(spec, "eu-west-1"));
    let mut out = String::new();
    for (title, format, body) in CALLS {
        let has_it = spec.formats.contains(format);
        let is_asked = matches!(format, WireFormat::OpenAiChat | WireFormat::AnthropicMessages);
        let can_do = has_it || (is_asked && upstream_format(&provider, "model", *format).is_some());
        if !can_do {
            continue;
        }
        let call = build::call(*format, body, "alias", false).unwrap();
        if !out.is_empty() {
            out.push('\n');
        }
        match build::request(&call, provider.clone(), "the-model") {
            Ok(built) => show(&mut out, title, &built),
            Err(refusal) => {
                let _ = writeln!(out, "== {title}\n{} {}", refusal.code.status(), refusal.message);
            }
        }
    }
    out
}

fn show(out: &mut String, title: &str, built: &Built) {
    let parts = &built.parts;
    let _ = writeln!(out, "== {title}: {}", built.format.as_str());
    let _ = writeln!(out, "{} {}{}", parts.method, built.origin, parts.path_and_query);
    let mut headers: Vec<_> = parts.headers.iter().filter(|(name, _)| *name != "user-agent").collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let _ = writeln!(out, "{name}: {}", value.to_str().unwrap().replace("the-key", "***"));
    }
    let _ = writeln!(out, "\n{}", String::from_utf8(parts.body.concat()).unwrap());
    for (what, list) in [("dropped", &built.dropped), ("clamped", &built.clamped)] {
        if !list.is_empty() {
            let _ = writeln!(out, "-- {what}: {}", list.join(", "));
        }
    }
    if parts.hide_usage {
        out.push_str("-- usage in the stream was asked for on the gateway's account\n");
    }
}

//! Recorded exchanges with providers of the catalogue: what the gateway would send for the recorded request goes to
//! the recorded host and path with the recorded body, but for the edits that the provider's file asks for.

use super::build;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gw_model::ErrorClass;
use gw_model::catalog::{Catalog, ProviderSpec};
use gw_model::format::WireFormat;
use gw_providers::{Verdict, catalog, class_of, classify};
use http::Uri;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Providers that must be among those recorded, when there are recordings.
const EXPECTED: &[&str] = &[
    "anthropic",
    "azure-ai",
    "bedrock",
    "bedrock_mantle",
    "cerebras",
    "cohere",
    "crusoe",
    "deepseek",
    "gemini",
    "groq",
    "heroku",
    "mistral",
    "ollama_cloud",
    "openai",
    "openrouter",
    "perplexity",
    "snowflake",
    "xai",
    "zai",
];

/// Recorded paths that are another API of the same host.
const OTHER_APIS: &[&str] =
    &["/models/chat/completions", "/openai/v1/responses", "/together/v1", "/nebius/v1"];

#[test]
fn recorded_requests_go_where_they_went() {
    let Some(root) = root() else { return };
    let mut tied: BTreeMap<String, u32> = BTreeMap::new();
    let mut untied: BTreeSet<String> = BTreeSet::new();
    for path in exchanges(&root) {
        let exchange: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let request = &exchange["request"];
        let host = request["host"].as_str().unwrap_or_default();
        let kind = exchange["wire_format"].as_str().unwrap_or_default();
        let format = WireFormat::ALL.iter().copied().find(|format| format.as_str() == kind);
        let Some((format, (spec, base))) = format.zip(owner(host)) else {
            untied.insert(format!("{host} {kind}"));
            continue;
        };
        if !spec.formats.contains(&format) || !request["body"].is_object() {
            untied.insert(format!("{host} {kind}"));
            continue;
        }
        if check(&path, spec, &base, format, &exchange) {
            *tied.entry(spec.name.to_string()).or_default() += 1;
        }
    }
    println!("tied to a provider of the catalogue: {tied:?}\nnot: {untied:?}");
    let missing: Vec<_> = EXPECTED.iter().filter(|name| !tied.contains_key(**name)).collect();
    assert!(missing.is_empty(), "no recorded exchange of {missing:?}");
}

/// What recordings of errors are called, and their classes.
const ERRORS: &[(&str, u16, ErrorClass)] = &[
    ("handles-context-length-exceeded-errors", 400, ErrorClass::ContextLength),
    ("handles-context-length-exceeded-errors", 429, ErrorClass::RateLimited),
    ("raises-appropriate-auth-error", 400, ErrorClass::Auth),
    ("raises-appropriate-auth-error", 401, ErrorClass::Auth),
    ("raises-appropriate-auth-error", 403, ErrorClass::Auth),
    ("model-name-suggestion", 404, ErrorClass::NotFound),
    ("count-tokens-error", 400, ErrorClass::NotFound),
    ("count-tokens-error", 404, ErrorClass::NotFound),
    ("test-embed-error", 400, ErrorClass::NotFound),
    ("test-embed-error", 404, ErrorClass::NotFound),
    ("multimodal-tool-return-matrix", 400, ErrorClass::BadRequest),
    ("tool-use-failed", 400, ErrorClass::BadRequest),
];

#[test]
fn recorded_errors_have_the_class_that_they_were_recorded_for() {
    let Some(root) = root() else { return };
    let mut seen = BTreeSet::new();
    for path in exchanges(&root) {
        let exchange: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let (request, response) = (&exchange["request"], &exchange["response"]);
        let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
        let name = path.to_string_lossy().into_owned();
        let known = ERRORS.iter().find(|(part, of, _)| name.contains(part) && *of == status);
        let Some(((part, _, wanted), (spec, base))) =
            known.zip(owner(request["host"].as_str().unwrap_or_default()))
        else {
            continue;
        };
        let body = STANDARD.decode(response["body_b64"].as_str().unwrap_or_default()).unwrap();
        let provider = build::provider(spec, &base);
        let found = class_of(&provider, status, &http::HeaderMap::new(), &body);
        assert_eq!(found, *wanted, "{name}: {}", String::from_utf8_lossy(&body));
        seen.insert((part, spec.name.to_string()));
    }
    println!("classes of recorded errors: {seen:?}");
    assert!(seen.len() > 15, "only {seen:?}");
}

/// True when the exchange was compared.
fn check(path: &Path, spec: &ProviderSpec, base: &str, format: WireFormat, exchange: &Value) -> bool {
    let request = &exchange["request"];
    let recorded_path = decoded(request["path"].as_str().unwrap());
    let is_stream = recorded_path.contains("streamGenerateContent") || recorded_path.ends_with("-stream");
    let model = model_in(&recorded_path);
    // Both are recorded as images.
    let format = match recorded_path.ends_with("/images/edits") {
        true => WireFormat::OpenAiImageEdits,
        false => format,
    };
    let Some(call) = build::call(format, &request["body"].to_string(), &model, is_stream) else {
        return false;
    };
    let model = call.facts.model.clone();
    let built = match build::request(&call, build::provider(spec, base), &model) {
        Ok(built) => built,
        // Members that choose other models or hosts are refused on purpose.
        Err(refusal) => {
            let named = refusal.param.unwrap_or_default();
            assert!(
                spec.routing_members.iter().any(|known| **known == *named),
                "{}: {named}",
                path.display()
            );
            return false;
        }
    };
    let sent_path = decoded(built.parts.path_and_query.path());
    if sent_path != recorded_path && OTHER_APIS.iter().any(|other| recorded_path.contains(other)) {
        return false;
    }
    assert_eq!(sent_path, recorded_path, "{}", path.display());
    let sent: Value = serde_json::from_slice(&built.parts.body.concat()).unwrap();
    assert_eq!(
        sent,
        expected(spec, &call.facts, &request["body"], built.parts.hide_usage),
        "{}",
        path.display()
    );
    let status = u16::try_from(exchange["response"]["status"].as_u64().unwrap()).unwrap();
    let verdict = classify(status, &http::HeaderMap::new(), b"{}", spec.kind);
    assert_eq!(matches!(verdict, Verdict::Done), status < 300, "{}", path.display());
    true
}

/// The recorded body with the edits that the provider's file asks for.
fn expected(spec: &ProviderSpec, facts: &gw_model::CallFacts, body: &Value, asks_usage: bool) -> Value {
    let mut body = body.clone();
    let members = body.as_object_mut().unwrap();
    for name in &spec.quirks.drop_params {
        members.remove(&**name);
    }
    for (from, to) in &spec.rename_params {
        if let Some(value) = members.remove(&**from) {
            members.insert(to.to_string(), value);
        }
    }
    if asks_usage && !facts.include_usage {
        members.insert("stream_options".to_owned(), serde_json::json!({"include_usage": true}));
    }
    body
}

/// The provider of the catalogue that is at `host`, and its base URL there.
fn owner(host: &str) -> Option<(&'static ProviderSpec, String)> {
    let regions = ["us-east-1", "us-west-2", "eu-central-1"];
    let region = regions.into_iter().find(|region| host.contains(region)).unwrap_or("eu-west-1");
    // A whole host as a placeholder says nothing.
    let account = host.split_once('.')?.0;
    catalog().providers().values().find_map(|spec| {
        let mut filled = ProviderSpec { base_url: Some(spec.base_url.as_deref()?.into()), ..spec.clone() };
        for placeholder in &mut filled.placeholders {
            placeholder.example = account.into();
        }
        let base = build::base_url(&filled, region);
        let uri: Uri = base.parse().ok()?;
        (uri.host() == Some(host) && uri.scheme_str() == Some("https")).then_some((spec, base))
    })
}

/// The model that a path names.
fn model_in(path: &str) -> String {
    let rest = path.split_once("/models/").or_else(|| path.split_once("/model/")).map(|(_, rest)| rest);
    let rest = rest.unwrap_or_default();
    let end = rest.rfind(":generateContent").or_else(|| rest.rfind(":streamGenerateContent"));
    let end = end.or_else(|| rest.rfind("/converse"));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_owned()
}

/// Percent-decoded: clients differ in what they encode.
fn decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = path.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap()
}

fn exchanges(root: &Path) -> Vec<PathBuf> {
    let list = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).into_iter().flatten();
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    };
    let files = list(&root.join("recorded")).into_iter().flat_map(|folder| list(&folder));
    files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

fn root() -> Option<PathBuf> {
    let given = std::env::var_os("GATEWRIGHT_FIXTURES").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let root = given.unwrap_or(beside);
    if root.join("recorded").is_dir() {
        return Some(root);
    }
    println!("skipped: no recorded exchanges at {} (set GATEWRIGHT_FIXTURES)", root.display());
    None
}

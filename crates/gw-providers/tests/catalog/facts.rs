//! What holds for every provider file.

use gw_model::catalog::{AuthScheme, Catalog, ProviderKind};
use gw_providers::catalog;
use std::path::PathBuf;

/// Names of endpoints besides those of the wire formats.
const ENDPOINTS: &[&str] = &[
    "batches",
    "count_tokens",
    "embeddings",
    "files",
    "image_edits",
    "images",
    "moderations",
    "realtime",
    "rerank",
    "responses",
    "speech",
    "transcriptions",
    "translations",
];

#[test]
fn there_are_more_than_a_hundred_providers_and_their_files_are_sound() {
    assert!(catalog().faults().is_empty(), "{:?}", catalog().faults());
    assert!(catalog().providers().len() >= 110);
    for (name, spec) in catalog().providers() {
        assert!(!spec.display_name.is_empty() && !spec.formats.is_empty(), "{name}");
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        assert!(name.bytes().all(is_plain), "{name}");
        for endpoint in &spec.endpoints {
            assert!(ENDPOINTS.contains(&&**endpoint), "{name}: {endpoint}");
        }
        if let Some(most) = &spec.quirks.temperature_max {
            assert!(most.parse::<f64>().is_ok(), "{name}: {most}");
        }
        for (header, _) in &spec.headers {
            assert!(http::HeaderName::from_bytes(header.as_bytes()).is_ok(), "{name}: {header}");
        }
    }
}

#[test]
fn base_urls_are_secure_and_complete() {
    for (name, spec) in catalog().providers() {
        let Some(url) = spec.base_url.as_deref() else {
            let without = [ProviderKind::AzureOpenAi, ProviderKind::Vertex, ProviderKind::Emulator];
            assert!(without.contains(&spec.kind) || &**name == "openai-compatible", "{name}");
            continue;
        };
        assert!(!url.ends_with('/'), "{name}: {url}");
        assert!(url.starts_with("https://") || url.starts_with("http://127.0.0.1:"), "{name}: {url}");
        let mut left = url.replace("{region}", "");
        for placeholder in &spec.placeholders {
            let braced = format!("{{{}}}", placeholder.name);
            assert!(url.contains(&braced) && !placeholder.example.is_empty(), "{name}: {braced}");
            left = left.replace(&braced, "");
        }
        assert!(!left.contains(['{', '}']), "{name}: {url} has something that nothing fills in");
        let operation = ["/chat/completions", "/messages", "/embeddings"];
        assert!(!operation.iter().any(|path| url.ends_with(path)), "{name}: {url}");
    }
}

#[test]
fn keys_and_places_are_documented_and_each_variable_is_ones_own() {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let mut seen = std::collections::BTreeMap::new();
    for (name, spec) in catalog().providers() {
        let row = docs.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap_or_default();
        let of_placeholders = spec.placeholders.iter().flat_map(|placeholder| &placeholder.env);
        for env in spec.key_env.iter().chain(of_placeholders) {
            assert!(row.contains(&format!("`{env}`")), "{name}: {env} is not in docs/providers.md");
            assert!(env.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'), "{env}");
            assert_eq!(seen.insert(env.clone(), name.clone()), None, "{env} is also {name}'s");
        }
        let is_remote = spec.base_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        let may_lack = ["bedrock_mantle", "oci"];
        assert!(
            !is_remote || !spec.key_env.is_empty() || may_lack.contains(&&**name),
            "{name} has no variable for its key"
        );
        assert!(spec.auth != AuthScheme::None || !is_remote, "{name} takes no key");
    }
}

#[test]
fn prices_are_found_or_said_to_be_missing() {
    for (name, spec) in catalog().providers() {
        let models = catalog().model_names(&spec.price_key).len();
        assert_eq!(models > 0, !spec.price_key.is_empty(), "{name}: price_key `{}`", spec.price_key);
    }
}

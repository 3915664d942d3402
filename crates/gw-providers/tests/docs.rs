//! The table of providers in the documentation is made from the catalogue. With `GATEWRIGHT_UPDATE=1` in the
//! environment this test writes it anew.

use gw_model::catalog::{Catalog, ProviderKind, ProviderSpec};
use gw_providers::catalog;
use std::fmt::Write as _;
use std::path::PathBuf;

#[test]
fn the_table_of_providers_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers.md");
    let wanted = table();
    if std::env::var_os("GATEWRIGHT_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/providers.md is out of date; run this test with GATEWRIGHT_UPDATE=1");
}

fn table() -> String {
    let mut specs: Vec<_> = catalog().providers().values().collect();
    specs.sort_by_key(|spec| &spec.name);
    let mut out = String::from(
        "# Providers\n\n\
         Made from `crates/gw-providers/catalog`; see [how one is added](specs/provider.md). A provider is on \
         without any\nconfiguration when its key stands in the environment, and so does what its base URL needs \
         (`{name}` in the table;\nin a file `base_url_values: { name: ... }`, for `{region}` the setting `region`). \
         Any other OpenAI-compatible server is\n`kind: openai-compatible` with its `base_url`.\n\n\
         *Formats* are those that the gateway speaks to the provider; a call in another one is translated \
         to the first that has\nconversations. *Also there* are endpoints that the provider has besides. *Priced \
         models* are those whose price is known.\n\n",
    );
    let _ = writeln!(out, "{} providers. Prices: {}\n", specs.len(), source());
    out.push_str(
        "| name | provider | kind | base URL | environment | formats | also there | priced models |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for spec in specs {
        let formats: Vec<&str> = spec.formats.iter().map(|format| format.as_str()).collect();
        let endpoints: Vec<&str> = spec.endpoints.iter().map(AsRef::as_ref).collect();
        let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} | {} | {} |",
            spec.name,
            spec.display_name,
            kind(spec.kind),
            spec.base_url.as_deref().map_or_else(|| "-".to_owned(), |url| format!("`{url}`")),
            dash(environment(spec)),
            formats.join(", "),
            dash(endpoints.join(", ")),
            priced(&spec.price_key),
        );
    }
    out
}

/// Every source that the price list names.
fn source() -> String {
    let lines = include_str!("../catalog/models.tsv").lines();
    let sources = lines.take_while(|line| line.starts_with('#')).filter(|line| line.starts_with("# Source"));
    let sources: Vec<&str> =
        sources.map(|line| line.trim_start_matches("# Source: ").trim_start_matches("# Source ")).collect();
    sources.join("; ")
}

/// Variables of the key, then those of the base URL.
fn environment(spec: &ProviderSpec) -> String {
    let mut all: Vec<String> = spec.key_env.iter().map(|env| format!("`{env}`")).collect();
    if spec.kind == ProviderKind::Bedrock {
        all.push("or `AWS_ACCESS_KEY_ID` with `AWS_SECRET_ACCESS_KEY`; `AWS_REGION`".to_owned());
    }
    if spec.kind == ProviderKind::Vertex {
        all.push("`GOOGLE_APPLICATION_CREDENTIALS` with `GOOGLE_CLOUD_PROJECT`".to_owned());
    }
    for placeholder in &spec.placeholders {
        let names: Vec<String> = placeholder.env.iter().map(|env| format!("`{env}`")).collect();
        all.push(format!("{{{}}}: {}", placeholder.name, names.join(" ")));
    }
    all.join(" ")
}

const fn kind(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::OpenAiCompatible => "openai-compatible",
        ProviderKind::AzureOpenAi => "azure-openai",
        ProviderKind::Anthropic => "anthropic",
        ProviderKind::Gemini => "gemini",
        ProviderKind::Cohere => "cohere",
        ProviderKind::Bedrock => "bedrock",
        ProviderKind::Vertex => "vertex",
        ProviderKind::Emulator => "emulator",
    }
}

fn priced(price_key: &str) -> usize {
    let names = catalog().model_names(price_key);
    let has_price =
        |name: &&str| catalog().model(price_key, name).is_some_and(|info| !info.prices.rates.is_empty());
    names.into_iter().filter(has_price).count()
}

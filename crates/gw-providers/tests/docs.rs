//! The table of providers in the documentation is made from the catalogue. With `GATEWRIGHT_UPDATE=1` in the
//! environment this test writes it anew.

use gw_model::catalog::{Catalog, ProviderKind};
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
         without any\nconfiguration when its key stands in the environment. Any other OpenAI-compatible server \
         is `kind: openai-compatible`\nwith its `base_url`.\n\n",
    );
    let _ = writeln!(out, "Prices: {}\n", catalog().source().trim_start_matches("Source: "));
    out.push_str(
        "| name | provider | base URL | key | formats | models with facts |\n|---|---|---|---|---|---|\n",
    );
    for spec in specs {
        let code = |text: &str| if text.is_empty() { "-".to_owned() } else { format!("`{text}`") };
        let mut keys: Vec<String> = spec.key_env.iter().map(|env| code(env)).collect();
        if spec.kind == ProviderKind::Bedrock {
            keys.push("or `AWS_ACCESS_KEY_ID` with `AWS_SECRET_ACCESS_KEY`; `AWS_REGION`".to_owned());
        }
        if spec.kind == ProviderKind::Vertex {
            keys.push("`GOOGLE_APPLICATION_CREDENTIALS` with `GOOGLE_CLOUD_PROJECT`".to_owned());
        }
        let formats: Vec<&str> = spec.formats.iter().map(|format| format.as_str()).collect();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} |",
            spec.name,
            spec.display_name,
            code(spec.base_url.as_deref().unwrap_or_default()),
            if keys.is_empty() { "-".to_owned() } else { keys.join(" ") },
            formats.join(", "),
            catalog().model_names(&spec.price_key).len()
        );
    }
    out
}

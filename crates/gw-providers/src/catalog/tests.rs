//! Tests of [`super`]: the search, frozen prices, and the provider files.
use super::providers::{Providers, StreamUsage};
use super::{catalog, table};
use gw_model::catalog::{AuthScheme, Catalog, ProviderKind};
use gw_model::format::WireFormat;
use gw_model::money::FemtoUsd;
use gw_model::price::{ServiceTier, Unit};

#[test]
fn every_line_is_found_by_its_name_and_lines_are_sorted() {
    let all: Vec<_> = table().all().collect();
    assert!(all.len() > 4_500);
    assert!(all.is_sorted_by(|a, b| a < b), "sorted, and no name twice");
    for (key, model) in &all {
        assert!(catalog().model(key, model).is_some(), "{key}/{model}");
    }
    for (key, model) in [("openai", ""), ("openai", "gpt-4"), ("", "gpt-4o"), ("zzz", "x"), ("aaa", "x")] {
        let listed = all.contains(&(key, model));
        assert_eq!(catalog().model(key, model).is_some(), listed, "{key}/{model}");
    }
}

#[test]
fn names_are_those_of_the_price_key_only() {
    let names = catalog().model_names("anthropic");
    assert!(names.contains(&"claude-sonnet-4-5") && names.iter().all(|n| n.starts_with("claude-")));
    assert!(catalog().model_names("openai").contains(&"gpt-3.5-turbo-instruct"), "merged price key");
    assert_eq!(catalog().model_names("demo"), ["chat", "embed", "image", "moderate", "speech", "transcribe"]);
    assert!(catalog().model_names("nobody").is_empty());
}

/// Prices that were checked by hand against the source when the catalogue was made: a frozen sample.
#[test]
fn frozen_prices() {
    use ServiceTier::{Batch, Flex, Priority, Standard};
    // Price key, model, unit, tier, tokens of the prompt, femto-dollars.
    type Case = (&'static str, &'static str, Unit, ServiceTier, u64, Option<u64>);
    let cases: &[Case] = &[
        ("openai", "gpt-4o", Unit::Input, Standard, 0, Some(2_500_000_000)),
        ("openai", "gpt-4o", Unit::Output, Batch, 0, Some(5_000_000_000)),
        ("openai", "gpt-4o", Unit::CacheRead, Priority, 0, Some(2_125_000_000)),
        ("openai", "gpt-4o", Unit::AudioInput, Standard, 0, None),
        ("openai", "text-embedding-3-small", Unit::Input, Standard, 0, Some(20_000_000)),
        ("anthropic", "claude-sonnet-4-5", Unit::CacheWrite, Standard, 0, Some(3_750_000_000)),
        ("anthropic", "claude-sonnet-4-5", Unit::CacheWrite1h, Standard, 0, Some(6_000_000_000)),
        ("anthropic", "claude-sonnet-4-5", Unit::SearchHigh, Standard, 0, Some(10_000_000_000_000)),
        ("azure", "gpt-5.4", Unit::Input, Flex, 272_001, Some(2_500_000_000)),
        ("dashscope", "qwen-flash", Unit::Input, Standard, 256_000, Some(50_000_000)),
        ("dashscope", "qwen-flash", Unit::Input, Standard, 256_001, Some(250_000_000)),
        ("demo", "fault-429", Unit::Input, Standard, 0, Some(150_000_000)),
    ];
    for (key, model, unit, tier, tokens, wanted) in cases {
        let info = catalog().model(key, model).unwrap();
        assert_eq!(info.prices.rate(*unit, *tier, *tokens), wanted.map(FemtoUsd), "{key}/{model} {unit:?}");
    }
    let info = catalog().model("openai", "gpt-4o").unwrap();
    assert_eq!((info.max_input_tokens, info.max_output_tokens, &*info.mode), (128_000, 16_384, "chat"));
    for ability in ["tools", "vision", "json_schema", "prompt_caching"] {
        assert!(info.capabilities.iter().any(|c| &**c == ability), "{ability}");
    }
    assert!(catalog().source().contains("MIT"));
}

#[test]
fn a_fine_tuned_model_is_priced_as_what_it_was_made_from() {
    let base = catalog().model("openai", "ft:gpt-4o-2024-08-06").unwrap();
    assert_eq!(catalog().model("openai", "ft:gpt-4o-2024-08-06:acme::x1"), Some(base));
    assert_eq!(catalog().model("openai", "ft:unheard-of:acme::x1"), None);
}

#[test]
fn provider_files_are_sound() {
    assert!(catalog().faults().is_empty(), "{:?}", catalog().faults());
    let providers = catalog().providers();
    assert!(providers.len() >= 75, "{}", providers.len());
    for (name, spec) in providers {
        assert_eq!(name, &spec.name);
        assert!(!spec.formats.is_empty(), "{name}");
        let url = spec.base_url.as_deref().unwrap_or("http://unset");
        assert!(!url.ends_with('/'), "{name}: {url}");
        assert!(url.starts_with("https://") || url.starts_with("http://"), "{name}: {url}");
        assert!(
            spec.key_env
                .iter()
                .all(|env| env.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'))
        );
    }
    let azure = &providers["azure-openai"];
    assert_eq!((azure.kind, &azure.auth), (ProviderKind::AzureOpenAi, &AuthScheme::Header("api-key".into())));
    let counted = [WireFormat::AnthropicMessages, WireFormat::AnthropicCountTokens];
    assert_eq!(providers["anthropic"].formats, counted);
    assert_eq!(providers["gemini"].auth, AuthScheme::Header("x-goog-api-key".into()));
    let cohere = [WireFormat::CohereChat, WireFormat::CohereEmbed, WireFormat::CohereRerank];
    assert_eq!(providers["cohere"].formats, cohere);
    assert_eq!(
        (providers["bedrock"].kind, &providers["bedrock"].auth),
        (ProviderKind::Bedrock, &AuthScheme::Bearer)
    );
    for (key, model) in [
        ("gemini", "gemini-2.5-flash"),
        ("cohere", "command-a-03-2025"),
        ("bedrock", "amazon.nova-lite-v1:0"),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ] {
        assert!(catalog().model(key, model).is_some_and(|info| info.prices.prices_tokens()), "{key}/{model}");
    }
    assert_eq!(&*providers["demo"].price_key, "demo");
    assert_eq!(&*providers["openai-compatible"].price_key, "");
    assert!(providers["openrouter"].routing_members.iter().any(|m| &**m == "models"));
    assert!(
        providers["chutes"].rename_params.contains(&("max_completion_tokens".into(), "max_tokens".into()))
    );
}

#[test]
fn each_key_variable_stands_for_one_provider() {
    let mut seen = std::collections::BTreeMap::new();
    for spec in catalog().providers().values() {
        for env in &spec.key_env {
            let other = seen.insert(env.clone(), spec.name.clone());
            assert_eq!(other, None, "{env} is also {}'s", spec.name);
        }
    }
}

#[test]
fn a_provider_is_added_by_its_file_alone() {
    let mut providers = Providers::default();
    let text = "display_name = \"New\"\nkind = \"openai-compatible\"\nbase_url = \"https://new.example/v1\"\n\
                key_env = [\"NEW_API_KEY\"]\nformats = [\"chat\"]\nstream_usage = \"always\"\n\
                [models.small]\nmode = \"chat\"\nusd_per_unit = { input = \"0.000001\" }\n";
    providers.add("new", text).unwrap();
    assert_eq!(&*providers.specs["new"].price_key, "new");
    assert_eq!(providers.stream_usage("new.example"), StreamUsage::Always);
    assert_eq!(providers.stream_usage("other.example"), StreamUsage::OnRequest);
    let prices = providers.model("new", "small").unwrap().prices;
    assert_eq!(prices.rate(Unit::Input, ServiceTier::Standard, 1), Some(FemtoUsd(1_000_000_000)));
    for (broken, complaint) in [
        (text.replace("formats", "format"), "unknown field"),
        (text.replace("\"always\"", "\"never\""), "unknown variant"),
        (text.replace("input =", "inputs ="), "no unit"),
    ] {
        let fault = Providers::default().add("new", &broken).unwrap_err();
        assert!(fault.contains(complaint), "{fault}");
    }
}

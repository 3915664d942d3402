//! Tests of [`super`]: the meaning of member names, exact decimals, and a small map from end to end.
use super::decimal::{femto, integer};
use super::fields::{Field, classify};
use super::{Summary, more, read, write};
use gw_model::price::{ServiceTier, Unit};

const MAP: &str = r#"{
  "sample_spec": {"litellm_provider": "one of https://example", "input_cost_per_token": 0.0},
  "rules": {"rules": []},
  "gpt-x": {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 128000, "max_output_tokens": 1.6e4,
     "input_cost_per_token": 2.5e-06, "input_cost_per_token_above_272k_tokens_priority": 2e-05,
     "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
     "input_cost_per_token_ultrafast": 6e-05, "supports_vision": true, "supports_function_calling": true,
     "supports_sampling_params": false,
     "search_context_cost_per_query": {"search_context_size_low": 0.006, "search_context_size_medium": 0.01, "search_context_size_high": 0.014}},
  "groq/llama": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 2.9999900000000002e-06},
  "llama": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 1e-06},
  "azure/old": {"litellm_provider": "azure_text", "mode": "completion"},
  "eu/tiered": {"litellm_provider": "dashscope", "tiered_pricing": [
     {"range": [0, 256000.0], "input_cost_per_token": 5e-08}, {"range": [256000.0, 1e6], "input_cost_per_token": 2.5e-07}]}
}"#;

#[test]
fn a_small_map_becomes_sorted_lines() {
    let mut summary = Summary::default();
    let models = read::models(MAP, &mut summary).unwrap();
    let text = write::catalogue(
        &models,
        &summary,
        &["# Source: source 1.2. Licence of the source: MIT.".to_owned()],
    );
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            "azure\told\tcompletion\t-\t-\t-\t-",
            "dashscope\teu/tiered\t-\t-\t-\t-\ti=5e7 i>256e3=25e7",
            "groq\tllama\tchat\t-\t-\t-\ti=299999e4",
            "openai\tgpt-x\tchat\t128000\t16000\t!sa to vi\ti=25e8 i>272e3/p=2e10 cwh>2e5=12e9 sl=6e12 sm=1e13 sh=14e12",
        ]
    );
    assert!(text.contains("# Source: source 1.2. Licence of the source: MIT."));
    assert_eq!(summary.unexpressed.get("input_cost_per_token_ultrafast"), Some(&1));
    assert_eq!(summary.skipped, ["rules", "sample_spec"]);
    assert_eq!(summary.conflicting, ["llama"]);
    assert_eq!((summary.rounded, summary.unpriced), (1, 1));
}

#[test]
fn a_second_map_fills_in_for_providers_that_the_first_lacks() {
    let map = r#"{"providers": [
      {"id": "openrouter", "models": [
        {"id": "a/b", "match": {"or_": [{"equals": "a/b"}, {"equals": "a/b-1"}, {"regex": "^a"}]}, "context_window": 1000,
         "prices": [{"constraint": null, "prices": {"input_mtok": "9", "output_mtok": "9"}},
           {"constraint": {"_type": "StartDateConstraint", "start_date": "2026-10-01"},
            "prices": {"input_mtok": {"base": "0.5", "tiers": [{"start": 200000, "price": "1"}]}, "output_mtok": "2.25", "odd_mtok": "1"}},
           {"constraint": {"_type": "StartDateConstraint", "start_date": "2027-01-01"}, "prices": {"input_mtok": "7"}}]}]},
      {"id": "openai", "models": [{"id": "x", "match": {"equals": "x"}, "prices": {"input_mtok": "1"}}]}]}"#;
    let mut summary = Summary::default();
    let mut models = read::models("{}", &mut summary).unwrap();
    assert_eq!(more::add(map, "2026-11-21", &mut models, &mut summary).unwrap(), ["openrouter"]);
    let text = write::catalogue(&models, &summary, &[]);
    let lines: Vec<&str> = text.lines().filter(|l| l.starts_with("openrouter")).collect();
    let facts = "chat\t1000\t-\t-\ti=5e8 i>2e5=1e9 o=225e7";
    assert_eq!(lines, [format!("openrouter\ta/b\t{facts}"), format!("openrouter\ta/b-1\t{facts}")]);
    assert_eq!((models.len(), summary.unexpressed.get("odd_mtok")), (2, Some(&1)));
    // What the first map has stays.
    assert!(more::add(map, "2026-11-21", &mut models, &mut summary).unwrap().is_empty());
}

#[test]
fn families_are_known_to_refuse_what_the_map_does_not_say() {
    let map = r#"{
      "gpt-5-mini": {"litellm_provider": "openai", "mode": "chat", "supports_reasoning": true},
      "azure/eu/gpt-5.2": {"litellm_provider": "azure", "mode": "chat", "supports_reasoning": true,
         "supports_none_reasoning_effort": true, "supports_max_tokens": true},
      "gpt-5-chat-latest": {"litellm_provider": "openai", "mode": "chat", "supports_reasoning": true},
      "other/gpt-5": {"litellm_provider": "other", "mode": "chat", "supports_reasoning": true}}"#;
    let models = read::models(map, &mut Summary::default()).unwrap();
    let lacks = |key: &str, model: &str| -> Vec<String> {
        let entry = &models[&(key.to_owned(), model.to_owned())];
        entry.capabilities.iter().filter(|(_, able)| !able).map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(lacks("openai", "gpt-5-mini"), ["max_tokens", "sampling"]);
    assert_eq!(lacks("azure", "eu/gpt-5.2"), ["sampling_while_reasoning"]);
    assert!(lacks("openai", "gpt-5-chat-latest").is_empty() && lacks("other", "gpt-5").is_empty());
}

#[test]
fn members_mean_units_tiers_and_thresholds() {
    let cases = [
        ("input_cost_per_token", Field::Price(Unit::Input, ServiceTier::Standard, 0)),
        ("output_cost_per_token_batches", Field::Price(Unit::Output, ServiceTier::Batch, 0)),
        (
            "cache_read_input_token_cost_above_272k_tokens_flex",
            Field::Price(Unit::CacheRead, ServiceTier::Flex, 272_000),
        ),
        (
            "cache_creation_input_token_cost_above_1hr",
            Field::Price(Unit::CacheWrite1h, ServiceTier::Standard, 0),
        ),
        ("cache_creation_input_token_cost_above_12hr", Field::Unexpressed),
        ("input_cost_per_token_decisions", Field::Unexpressed),
        ("off_peak_pricing", Field::Unexpressed),
        ("output_dbu_cost_per_token", Field::Ignored),
        ("max_tokens", Field::Other),
    ];
    for (name, meaning) in cases {
        assert_eq!(classify(name), meaning, "{name}");
    }
}

#[test]
fn decimals_are_exact_and_noise_is_rounded() {
    assert_eq!(femto("2.5e-06"), Ok((2_500_000_000, false)));
    assert_eq!(femto("0"), Ok((0, false)));
    assert_eq!(femto("9.499999999999999E-7"), Ok((950_000_000, true)));
    assert_eq!(femto("0.0002833333333333333"), Ok((283_333_333_333, true)));
    assert!(femto("\"1\"").is_err());
    assert_eq!(integer("256000.0"), Some(256_000));
    assert_eq!(integer("1e6"), Some(1_000_000));
    assert_eq!(integer("0.5"), None);
}

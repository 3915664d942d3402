//! Whole files: the top level, all faults at once, other programs' files, and defaults.

use crate::{ConfigErrors, Settings, Source, load};
use gw_model::routing::HealthPolicy;
use gw_model::snapshot::{MAX_TARGETS_OF_ONE_REQUEST, PathSettings, RetryPolicy, Timeouts};
use std::collections::BTreeMap;

fn env() -> BTreeMap<String, String> {
    [("KEY".to_owned(), "sk-0123456789abcdef".to_owned())].into()
}

fn read(text: &str) -> Result<Settings, ConfigErrors> {
    load(Source { name: "gatewright.yaml", text }, &env())
}

fn faults(text: &str) -> String {
    read(text).expect_err("must be refused").to_string()
}

#[test]
fn an_empty_file_is_all_defaults() {
    for text in
        ["", "# nothing\n", "---\n", "\u{feff}listen: 127.0.0.1:4000\n", "providers:\nmodels:\nkeys:\n"]
    {
        let settings = read(text).expect(text);
        let file = &settings.file;
        assert_eq!(file.listen.value.0.to_string(), "127.0.0.1:4000");
        assert_eq!(file.shutdown_grace_seconds.value.get(), 25);
        assert_eq!(file.drain_delay_seconds.value.get(), 0);
        assert!(file.direct_models.value);
        assert!(file.providers.value.0.is_empty() && file.keys.value.is_empty());
    }
}

#[test]
fn defaults_are_those_of_the_model() {
    let text = "models: { m: { targets: [] } }";
    let settings = read(text).expect("reads");
    let compiled =
        crate::compile(&settings_without_models(), crate::fake_catalog::catalog(), 3).expect("compiles");
    assert_eq!(compiled.snapshot.settings, PathSettings::default());
    let model = &settings.file.models.value.0[0].value;
    let (retry, timeout) = (&model.retry.value, &model.timeout.value);
    let usual = RetryPolicy::default();
    assert_eq!(u64::from(usual.attempts), retry.attempts.value.get());
    assert_eq!(
        (usual.backoff_ms, usual.max_backoff_ms),
        (retry.backoff_ms.value.get(), retry.max_backoff_ms.value.get())
    );
    let Timeouts { connect_ms, first_byte_ms, idle_ms, total_ms, first_token_ms } = Timeouts::default();
    assert_eq!(
        (connect_ms, first_byte_ms),
        (timeout.connect_ms.value.get(), timeout.first_byte_ms.value.get())
    );
    assert_eq!((idle_ms, total_ms), (timeout.idle_ms.value.get(), timeout.total_ms.value.get()));
    assert_eq!(first_token_ms, timeout.first_token_ms.value.get());
    assert_eq!(compiled.snapshot.health, HealthPolicy::default());
    assert_eq!(u64::from(MAX_TARGETS_OF_ONE_REQUEST), model.max_targets.value.get());
}

fn settings_without_models() -> Settings {
    read("").expect("reads")
}

#[test]
fn every_fault_is_found_in_one_go_and_in_order() {
    let text = "\
listn: 127.0.0.1:4000
direct_models: yes
providers:
  openai: { api_key: ${NOPE}, basse_url: x }
  other:
    kind: openai
    upstream_format: grpc
models:
  m:
    strategy: ensamble
    targets: [{ povider: openai }]
    retry: { attempts: 0, on: [5xx, 700] }
keys:
  - { name: a, limits: { rpm: -1, kind: leaky }, budget: { limit_usd: ten, period: year } }
drain_delay_seconds: 1s
";
    let expected = "\
gatewright.yaml:1:1: unknown key 'listn', did you mean 'listen'?
gatewright.yaml:2:16: 'direct_models' must be true or false, not 'yes'
gatewright.yaml:4:22: environment variable 'NOPE' is not set: set it, or write ${NOPE:-default}
gatewright.yaml:4:31: unknown key 'basse_url', did you mean 'base_url'?
gatewright.yaml:7:22: 'upstream_format' must be chat, responses, messages, generate_content, converse or cohere_chat, not 'grpc'
gatewright.yaml:10:15: 'strategy' must be fallback, priority, region, weighted, percentage, sticky, round-robin, least-busy, latency, cost, usage, conditional, semantic, auto or ensemble, not 'ensamble': did you mean 'ensemble'?
gatewright.yaml:11:17: unknown key 'povider', did you mean 'provider'?
gatewright.yaml:12:24: 'attempts' must be a whole number from 1 to 10, not '0'
gatewright.yaml:12:37: 'on' knows 429, 5xx, timeout, connect, classes of errors and statuses 400 to 599, not '700'
gatewright.yaml:14:5: 'key' is missing in 'keys': add it
gatewright.yaml:14:31: 'rpm' must be a whole number from 1 to 1000000000, not '-1'
gatewright.yaml:14:41: 'kind' must be sliding, gcra or fixed, not 'leaky'
gatewright.yaml:14:71: 'limit_usd' is not a decimal number of US dollars: 'ten'; write for example 50 or 0.10
gatewright.yaml:14:84: 'period' must be day, week, month, total, or a length such as 30d, 12h or 90m, not 'year'
gatewright.yaml:15:22: 'drain_delay_seconds' must be a whole number from 0 to 3600, not '1s'";
    assert_eq!(faults(text), expected);
}

#[test]
fn a_litellm_file_gets_one_message() {
    let text = "general_settings: {}\nmodel_list:\n  - model_name: gpt\n    litellm_params: { model: openai/gpt-4o }\n";
    assert_eq!(
        faults(text),
        "gatewright.yaml:2:1: this is a LiteLLM configuration (it has 'model_list'), which this version does not \
         load: write 'providers' and 'models' instead"
    );
}

#[test]
fn other_shapes_at_the_top() {
    assert_eq!(
        faults("- a\n"),
        "gatewright.yaml:1:1: the configuration must be a block of 'key: value' lines with keys such as listen, \
         admin_listen, drain_delay_seconds, shutdown_grace_seconds, tls"
    );
    assert_eq!(
        faults("stream_ping_ms: 5\n"),
        "gatewright.yaml:1:1: unknown key 'stream_ping_ms' here, it belongs under 'settings'"
    );
    assert_eq!(faults("mcp: {}\n"), "gatewright.yaml:1:1: 'mcp' is not in this version: remove it");
}

#[test]
fn addresses() {
    let at = |text: &str| read(&format!("listen: {text}")).map(|s| s.file.listen.value.0.to_string());
    assert_eq!(at("0.0.0.0:80").as_deref(), Ok("0.0.0.0:80"));
    assert_eq!(at("\"[::1]:4000\"").as_deref(), Ok("[::1]:4000"));
    assert_eq!(at("localhost:0").as_deref(), Ok("127.0.0.1:0"));
    let example = "for example 127.0.0.1:4000 or [::1]:4000";
    for (text, why) in [
        ("127.0.0.1", "add a port"),
        ("127.0.0.1:70000", "the port must be a number from 0 to 65535"),
        (":4000", "write 0.0.0.0 or [::] before the port for all interfaces"),
        ("host.example:80", "write an IP address and a port"),
        ("x", "write an IP address and a port"),
    ] {
        let expected =
            format!("gatewright.yaml:1:9: '{text}' is not an address to listen on: {why}, {example}");
        assert_eq!(faults(&format!("listen: \"{text}\"")), expected);
    }
}

#[test]
fn faults_are_limited() {
    let text: String = (0..500).map(|n| format!("unknown_{n}: 1\n")).collect();
    assert_eq!(read(&text).expect_err("refused").faults.len(), 100);
}

#[test]
fn credentials_do_not_show_in_settings_or_faults() {
    let text = "providers: { p: { kind: openai, api_key: ${KEY}, headers: { x-a: ${KEY} } } }\n\
                keys: [{ name: a, key: ${KEY} }]\n";
    let shown = format!("{:?}", read(text).expect("reads"));
    assert!(!shown.contains("sk-0123"), "{shown}");
    let twice = format!("{text}  - {{ name: b, key: ${{KEY}} }}\n");
    let _ = read(&twice).map_err(|e| assert!(!e.to_string().contains("sk-0123")));
}

#[test]
fn many_keys_load_in_reasonable_time() {
    let mut text = "keys:\n".to_owned();
    for n in 0..20_000 {
        text.push_str(&format!("  - {{ name: key-{n}, key: gw-0123456789abcdef-{n}, models: [openai/*], limits: {{ rpm: 60 }} }}\n"));
    }
    let settings = read(&text).expect("reads");
    let compiled = crate::compile(&settings, crate::fake_catalog::catalog(), 1).expect("compiles");
    assert_eq!(compiled.keys.len(), 20_000);
    assert_eq!(compiled.warnings.len(), 2, "one for the pattern, one for want of providers");
}

proptest::proptest! {
    #[test]
    fn no_file_makes_it_panic(text in "(listen|providers|models|keys|limits|openai|targets|[\\[\\]{}:,&*#$\\- \n0-9a-z]){0,60}") {
        let _ = read(&text);
    }
}

//! What a configuration becomes.

use super::ok;
use gw_model::catalog::{AuthScheme, ProviderKind};
use gw_model::limits::{LimitKind, Period};
use gw_model::price::{ServiceTier, Unit};
use gw_model::routing::Strategy;
use gw_model::snapshot::RetryOn;
use gw_model::{Endpoint, FemtoUsd, NanoUsd, WireFormat};

#[test]
fn providers_take_what_the_catalogue_knows() {
    let compiled = ok("
providers:
  openai: { api_key: ${OPENAI_API_KEY}, region: us }
  claude: { kind: anthropic, api_key: k, base_url: http://127.0.0.1:9/, proxy: '' }
");
    let providers = &compiled.snapshot.providers;
    let openai = &providers["openai"];
    assert_eq!(
        (&*openai.base_url, openai.kind),
        ("https://api.openai.com/v1", ProviderKind::OpenAiCompatible)
    );
    assert_eq!((openai.region.as_deref(), &*openai.price_key), (Some("us"), "openai"));
    assert_eq!(openai.api_key.as_ref().map(gw_model::Secret::expose), Some("value-of-OPENAI_API_KEY"));
    assert_eq!(openai.routing_members, ["models".into()]);
    assert_eq!(openai.connect.proxy, None);
    let claude = &providers["claude"];
    assert_eq!((&*claude.base_url, &*claude.name), ("http://127.0.0.1:9", "claude"));
    assert_eq!(claude.auth, AuthScheme::Header("x-api-key".into()));
    assert_eq!(claude.connect.proxy.as_deref(), Some(""), "empty text means none");
    assert_eq!(compiled.snapshot.revision, 7);
}

#[test]
fn base_urls_are_filled_in() {
    let compiled = ok("
providers:
  cloudy: { api_key: k, region: eu, base_url_values: { account_id: 'https://a.b/' }, headers: { x-team: a } }
");
    let cloudy = &compiled.snapshot.providers["cloudy"];
    assert_eq!(&*cloudy.base_url, "https://eu.cloudy.example/a.b/v1");
    assert_eq!(cloudy.headers, [("x-team".into(), "a".into()), ("x-version".into(), "1".into())]);
}

#[test]
fn abilities_and_parameters_to_leave_out() {
    use gw_model::{Ability, DropParams};
    let compiled = ok("
providers:
  openai:
    api_key: k
    models:
      gpt-4o: { max_output_tokens: 512, capabilities: { vision: false, tools: true }, drop_params: true }
models:
  a:
    drop_params: [seed, logit_bias]
    targets:
      - { provider: openai, model: gpt-4o }
      - { provider: openai, model: gpt-4o-mini, drop_params: false }
      - { provider: openai, model: gpt-4o, prices: { capabilities: { sampling: false } } }
");
    let own = compiled.snapshot.custom_info("openai", "gpt-4o").unwrap();
    assert!(own.lacks.has(Ability::Vision) && !own.lacks.has(Ability::Tools));
    assert_eq!(own.capabilities, ["tools".into()]);
    assert_eq!((own.max_output_tokens, &own.drop_params), (512, &DropParams::Unsupported));
    let targets = &compiled.snapshot.models["a"].targets;
    let named = DropParams::Named(["seed".into(), "logit_bias".into()].into());
    assert_eq!(targets[0].info.drop_params, named);
    assert_eq!(targets[1].info.drop_params, DropParams::Harmless);
    assert!(targets[2].info.lacks.has(Ability::Sampling) && targets[2].info.lacks.has(Ability::Vision));
}

#[test]
fn azure_and_compatible_servers() {
    let compiled = ok("
providers:
  az: { kind: azure-openai, endpoint: https://east.example/, api_key: k }
  az2: { kind: azure-openai, base_url: https://west.example/openai, api_key: k, api_version: 2025-01-01-preview }
  plain: { kind: openai-compatible, base_url: http://127.0.0.1:8080/v1/ }
  speaks: { kind: openai-compatible, base_url: 'http://[::1]:8080/v1', upstream_format: messages, headers: { X-Team: a } }
  rare: { kind: openai-compatible, base_url: http://169.254.10.1/v1, allow_link_local: true, http2_prior_knowledge: true }
");
    let providers = &compiled.snapshot.providers;
    assert_eq!(&*providers["az"].base_url, "https://east.example");
    assert_eq!(providers["az"].api_version.as_deref(), Some("v1"));
    assert_eq!(providers["az"].auth, AuthScheme::Header("api-key".into()));
    assert_eq!(&*providers["az2"].base_url, "https://west.example/openai");
    assert_eq!(providers["az2"].api_version.as_deref(), Some("2025-01-01-preview"));
    assert_eq!(&*providers["plain"].base_url, "http://127.0.0.1:8080/v1");
    assert!(providers["plain"].formats.contains(&WireFormat::OpenAiEmbeddings));
    assert_eq!(providers["speaks"].formats, [WireFormat::AnthropicMessages]);
    assert_eq!(providers["speaks"].headers, [("x-team".into(), "a".into())]);
    let connect = &providers["rare"].connect;
    assert!(connect.allow_link_local && connect.http2_prior_knowledge);
}

#[test]
fn bedrock_is_where_its_region_is() {
    let compiled = ok("
providers:
  bedrock: { region: eu-central-1, aws_access_key_id: AK, aws_secret_access_key: top, aws_session_token: t }
  private: { kind: bedrock, region: us-east-1, endpoint: https://vpce.example/, api_key: token }
");
    let bedrock = &compiled.snapshot.providers["bedrock"];
    assert_eq!(&*bedrock.base_url, "https://bedrock-runtime.eu-central-1.amazonaws.com");
    let aws = bedrock.aws.as_ref().expect("credentials");
    assert_eq!((&*aws.access_key_id, aws.secret_access_key.expose()), ("AK", "top"));
    assert_eq!(aws.session_token.as_ref().map(gw_model::Secret::expose), Some("t"));
    assert!(bedrock.api_key.is_none());
    let private = &compiled.snapshot.providers["private"];
    assert_eq!(&*private.base_url, "https://vpce.example");
    assert!(private.aws.is_none() && private.api_key.is_some());
}

#[test]
fn the_format_upstream_may_be_chosen() {
    let compiled = ok("
providers:
  openai: { api_key: k, upstream_format: responses }
  chat: { kind: openai, api_key: k, upstream_format: chat }
  google: { kind: openai-compatible, base_url: http://h/v1beta, upstream_format: generate_content }
  new-azure: { kind: azure-openai, endpoint: https://e, api_key: k, api_version: v1, upstream_format: chat }
");
    use WireFormat as F;
    let formats = |name: &str| compiled.snapshot.providers[name].formats.clone();
    assert_eq!(formats("openai"), [F::OpenAiResponses, F::OpenAiCompletions, F::OpenAiEmbeddings]);
    assert_eq!(formats("chat"), [F::OpenAiChat, F::OpenAiCompletions, F::OpenAiEmbeddings]);
    assert_eq!(formats("google"), [F::GeminiGenerate]);
    let azure = formats("new-azure");
    assert_eq!(azure[..3], [F::OpenAiChat, F::OpenAiCompletions, F::OpenAiEmbeddings]);
    assert!(azure.contains(&F::OpenAiSpeech) && !azure.contains(&F::OpenAiModerations));
}

#[test]
fn models_and_their_facts() {
    let compiled = ok("
providers:
  openai:
    api_key: k
    models:
      gpt-4o: { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: '2.5', cache_write_1h_usd_per_million_tokens: 3 }
      gpt-4o-mini: { max_output_tokens: 100 }
      plain:
  lister: { kind: openai-compatible, base_url: http://h/v1, models: [a, b] }
models:
  alias:
    strategy: weighted
    targets:
      - { provider: openai, model: gpt-4o, weight: 3 }
      - { provider: openai, model: gpt-4o-mini, weight: 0 }
      - { provider: lister, model: a, prices: { input_usd_per_million_tokens: 0, output_usd_per_million_tokens: 0, max_input_tokens: 9 } }
      - { provider: lister, model: zzz }
    retry: { attempts: 3, on: [connect, 503], backoff_ms: 10 }
    timeout: { idle_ms: 5 }
direct_models: false
");
    let snapshot = &compiled.snapshot;
    assert!(!snapshot.direct_models);
    let alias = &snapshot.models["alias"];
    assert_eq!(alias.group.strategy, Strategy::Weighted);
    assert_eq!(alias.group.members.iter().map(|member| member.weight).collect::<Vec<_>>(), [3, 0, 1, 1]);
    assert_eq!((alias.retry.attempts, alias.retry.backoff_ms, alias.retry.max_backoff_ms), (3, 10, 5000));
    assert_eq!(alias.retry.on, [RetryOn::Connect, RetryOn::Status(503)]);
    assert_eq!((alias.timeouts.idle_ms, alias.timeouts.total_ms), (5, 600_000));
    let price = |target: usize, unit, tier| alias.targets[target].info.prices.rate(unit, tier, 10);
    assert_eq!(price(0, Unit::Input, ServiceTier::Standard), Some(FemtoUsd(1_000_000_000)));
    assert_eq!(price(0, Unit::Output, ServiceTier::Standard), Some(FemtoUsd(2_500_000_000)));
    assert_eq!(price(0, Unit::CacheWrite1h, ServiceTier::Standard), Some(FemtoUsd(3_000_000_000)));
    let batch = price(0, Unit::Input, ServiceTier::Batch);
    assert_eq!(batch, Some(FemtoUsd(1_000_000_000)), "no rate of the catalogue is left beside the file's");
    assert_eq!(alias.targets[0].info.max_output_tokens, 16_384, "bounds stay the catalogue's");
    assert_eq!(alias.targets[1].info.max_output_tokens, 100);
    assert_eq!(price(1, Unit::Input, ServiceTier::Standard), Some(FemtoUsd(2_500_000_000)));
    assert_eq!(price(2, Unit::Input, ServiceTier::Standard), Some(FemtoUsd(0)));
    assert_eq!(alias.targets[2].info.max_input_tokens, 9);
    assert!(!alias.targets[3].info.prices.prices_tokens(), "unknown, not free");
    let listed =
        |name: &str| snapshot.providers[name].listed_models.iter().map(|m| m.to_string()).collect::<Vec<_>>();
    assert_eq!(listed("openai"), ["gpt-4o", "gpt-4o-mini", "plain"]);
    assert_eq!(listed("lister"), ["a", "b"]);
    assert_eq!(snapshot.custom_info("openai", "gpt-4o-mini").map(|i| i.max_output_tokens), Some(100));
    assert!(snapshot.custom_info("openai", "plain").is_none());
    assert!(snapshot.custom_info("lister", "a").is_none(), "a target's prices are the target's alone");
}

#[test]
fn pieces_have_prices_of_their_own() {
    let compiled = ok("
providers:
  p:
    kind: openai-compatible
    base_url: http://h/v1
    models:
      draw: { usd_per_image: 0.04 }
      speak: { usd_per_million_characters: 15 }
      hear: { usd_per_minute: 0.006 }
");
    let rate = |model: &str, unit| {
        let info = compiled.snapshot.custom_info("p", model).unwrap();
        info.prices.rate(unit, ServiceTier::Standard, 0).map(|price| price.0)
    };
    assert_eq!(rate("draw", Unit::ImageOutput), Some(40_000_000_000_000));
    assert_eq!(rate("speak", Unit::CharacterInput), Some(15_000_000_000));
    assert_eq!(rate("hear", Unit::SecondInput), Some(100_000_000_000));
    assert_eq!(rate("hear", Unit::SecondOutput), Some(100_000_000_000));
}

#[test]
fn same_as_borrows_facts() {
    let compiled = ok("
providers:
  az: { kind: azure-openai, endpoint: https://e, api_key: k, models: { mine: { same_as: openai/gpt-4o, max_output_tokens: 5 } } }
models:
  m: { targets: [{ provider: az, model: mine }] }
");
    let info = &compiled.snapshot.models["m"].targets[0].info;
    assert!(info.prices.prices_tokens());
    assert_eq!((info.max_input_tokens, info.max_output_tokens), (128_000, 5));
}

#[test]
fn keys_become_policies() {
    let compiled = ok("
providers: { openai: { api_key: k } }
models: { chat: { targets: [{ provider: openai, model: gpt-4o }] } }
keys:
  - name: a
    key: ${APP_A_KEY}
    models: [chat, 'openai/*', gpt-4o]
    endpoints: [chat, passthrough]
    expires_at: 2027-01-31T00:00:00Z
    limits: { rpm: 1, tpm: 2, max_parallel: 3, kind: gcra, burst: 4 }
    budget: { limit_usd: 0.10, period: day, strict: true }
    team_id: t
    project_id: p
    metadata: { b: 1, a: x }
  - { name: b, key: 0123456789abcdef }
");
    assert_eq!(compiled.warnings, []);
    let (a, b) = (&compiled.keys[0].policy, &compiled.keys[1].policy);
    assert_eq!((a.name.as_str(), a.team_id.as_deref(), a.project_id.as_deref()), ("a", Some("t"), Some("p")));
    assert_eq!(a.endpoints, Some(vec![Endpoint::Chat, Endpoint::Passthrough]));
    assert_eq!(a.expires_at, Some(1_801_353_600_000_000));
    assert_eq!((a.limits.rpm, a.limits.tpm, a.limits.max_parallel), (Some(1), Some(2), Some(3)));
    assert_eq!((a.limits.kind, a.limits.burst), (LimitKind::Gcra, 4));
    let budget = &a.budgets[0];
    assert_eq!((budget.limit, budget.period, budget.strict), (NanoUsd(100_000_000), Period::Day, true));
    assert_eq!(a.metadata.get("b").map(String::as_str), Some("1"));
    assert_eq!(b.models, ["*"]);
    assert_eq!((b.endpoints.as_deref(), b.expires_at, b.budgets.len()), (None, None, 0));
    assert_eq!(b.limits, gw_model::limits::Limits::default());
}

#[test]
fn patterns_that_mean_nothing_are_warned_of_once() {
    let compiled = ok("
providers: { openai: { api_key: k } }
models: { chat-prod: { targets: [{ provider: openai, model: gpt-4o }] } }
keys:
  - { name: a, key: 0123456789abcdef-a, models: [chat-prd, 'azure/*', 'chat*', 'op*', openai/new-model, gpt-4o-mini] }
  - { name: b, key: 0123456789abcdef-b, models: [chat-prd] }
");
    let lines: Vec<String> = compiled.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "f.yaml:5:50: warning: model pattern 'chat-prd' matches nothing, did you mean 'chat-prod'?",
            "f.yaml:5:60: warning: model pattern 'azure/*' matches no model or provider of this configuration",
        ]
    );
    let closed = ok("
direct_models: false
providers: { openai: { api_key: k } }
keys: [{ name: a, key: 0123456789abcdef-a, models: ['openai/*'] }]
");
    assert_eq!(closed.warnings.len(), 1, "without direct models only aliases can be meant");
}

#[test]
fn server_and_store() {
    let compiled = ok("
listen: '[::]:4000'
admin_listen: 127.0.0.1:4001
tls: { cert_file: a.pem, key_file: b.pem }
cors: { allow_origins: ['https://App.example', 'http://localhost:3000'] }
server: { workers: 3, max_headers: 50 }
storage: { fsync_interval_ms: 0 }
telemetry: { log_format: json, log_level: debug }
settings: { stream_ping_ms: 0, max_body_bytes: 2048 }
");
    let server = &compiled.server;
    assert_eq!(server.listen.to_string(), "[::]:4000");
    assert_eq!(server.admin_listen.map(|a| a.port()), Some(4001));
    assert_eq!(server.tls.as_ref().map(|t| t.cert_file.as_str()), Some("a.pem"));
    let cors = server.cors.as_ref().expect("cors");
    assert_eq!(cors.allow_origins, ["https://app.example", "http://localhost:3000"]);
    assert!(!cors.allow_any_origin);
    assert_eq!(
        (server.workers, server.limits.max_headers, server.limits.max_header_bytes),
        (Some(3), 50, 65_536)
    );
    assert_eq!((server.log_format.as_str(), server.log_level.as_str()), ("json", "debug"));
    assert_eq!((compiled.store.fsync_interval_ms, compiled.store.batch_interval_ms), (0, 200));
    assert_eq!(
        (compiled.snapshot.settings.stream_ping_ms, compiled.snapshot.settings.max_body_bytes),
        (0, 2048)
    );
}

#[test]
fn redis_by_file_and_by_environment() {
    for url in ["redis://h", "rediss://u:p%40@[::1]:6380/3", "redis://:${OPENAI_API_KEY}@127.0.0.1:1/"] {
        let compiled = ok(&format!("redis_url: '{url}'\n"));
        let redis = compiled.redis.as_ref().expect("redis");
        assert_eq!((redis.prefix.as_str(), format!("{:?}", redis.url)), ("gatewright", "***".to_owned()));
        assert_eq!((redis.timeout_ms, redis.dead_after_ms), (250, 15_000));
    }
    assert_eq!(ok("").redis, None);
    let source = crate::Source { name: "f.yaml", text: "redis_url: redis://file\nredis_prefix: mine\n" };
    let settings = crate::load(source, &super::env()).expect("loads");
    let settings = settings.with_redis(Some(gw_model::Secret::new("redis://environment".to_owned())));
    let redis =
        crate::compile(&settings, crate::fake_catalog::catalog(), 1).expect("compiles").redis.expect("redis");
    assert_eq!((redis.url.expose(), redis.prefix.as_str()), ("redis://environment", "mine"));
}

#[test]
fn the_database_by_file_and_by_environment() {
    use crate::compile::DatabaseSettings;
    assert_eq!(ok("").store.database, DatabaseSettings::DataDirectory);
    for path in ["/var/lib/gw.db", "sqlite:/var/lib/gw.db", "sqlite:///var/lib/gw.db"] {
        let store = ok(&format!("database_url: '{path}'\n")).store;
        assert_eq!(store.database, DatabaseSettings::File("/var/lib/gw.db".into()));
    }
    for url in ["memory:", ":memory:", "sqlite::memory:"] {
        assert_eq!(ok(&format!("database_url: '{url}'\n")).store.database, DatabaseSettings::Memory);
    }
    for url in ["postgres://u:p%40@h/d?sslmode=verify-full", "postgresql:///d?host=/run/postgresql"] {
        let store = ok(&format!("database_url: '{url}'\nstorage: {{ database_max_connections: 3 }}\n")).store;
        let DatabaseSettings::Postgres(found) = &store.database else { panic!("{:?}", store.database) };
        assert_eq!((found.expose(), store.database_max_connections), (url, 3));
        assert!(!format!("{store:?}").contains("://"));
    }
    let source = crate::Source { name: "f.yaml", text: "database_url: ./file.db\n" };
    let settings = crate::load(source, &super::env()).expect("loads");
    let settings = settings.with_database(Some(gw_model::Secret::new("postgres://h/d".to_owned())));
    let compiled = crate::compile(&settings, crate::fake_catalog::catalog(), 1).expect("compiles");
    assert!(matches!(compiled.store.database, DatabaseSettings::Postgres(_)));
}

#[test]
fn for_whom_limits_count() {
    use gw_model::limits::{Mode, OnUnavailable, Sharing};
    let compiled = ok("
keys:
  - name: a
    key: gw-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    limits: { rpm: 1, mode: local, more: [{ unit: tokens, limit: 1, on_unavailable: closed }] }
    budget: { limit_usd: 1, period: day, on_unavailable: open }
");
    let policy = &compiled.keys[0].policy;
    let strict = |on_unavailable| Sharing { mode: Mode::Strict, on_unavailable };
    assert_eq!(policy.limits.sharing, Sharing { mode: Mode::Local, on_unavailable: OnUnavailable::Local });
    assert_eq!(policy.limits.list()[0].sharing.mode, Mode::Local);
    assert_eq!(policy.limits.more[0].sharing, strict(OnUnavailable::Closed));
    assert_eq!(policy.budgets[0].sharing, strict(OnUnavailable::Open));
}

#[test]
fn health_checks() {
    use gw_model::routing::{CheckWhen, HealthCheck};
    let compiled = ok("
providers:
  openai: { api_key: k }
  claude: { kind: anthropic, api_key: k, health_check: {} }
  up: { kind: openai, api_key: k, health_check: { when: always, interval_ms: 1000, timeout_ms: 500, path: '/ping?deep=1' } }
");
    let check = |name: &str| compiled.snapshot.providers[name].health_check.clone();
    assert_eq!(check("openai"), None);
    let claude =
        HealthCheck { when: CheckWhen::Down, interval_ms: 5000, timeout_ms: 2000, path: "/v1/models".into() };
    assert_eq!(check("claude"), Some(claude));
    let up = HealthCheck {
        when: CheckWhen::Always,
        interval_ms: 1000,
        timeout_ms: 500,
        path: "/ping?deep=1".into(),
    };
    assert_eq!(check("up"), Some(up));
}

//! Each refusal, word for word.

use super::faults;

#[test]
fn provider_kinds() {
    let text = "
providers:
  azure-ai: { api_key: x }
  foo: {}
  opnai: {}
  bar: { kind: anthropc }
  baz: { kind: zork }
  a/b: { kind: openai, api_key: k }
";
    let expected = "\
f.yaml:3:3: provider kind 'azure-ai' is not in this version
f.yaml:4:3: provider 'foo' has no 'kind' and is not in the catalogue: add 'kind', for example openai-compatible
f.yaml:5:3: provider 'opnai' has no 'kind' and is not in the catalogue, did you mean 'openai'?
f.yaml:6:16: unknown provider kind 'anthropc', did you mean 'anthropic'?
f.yaml:7:16: unknown provider kind 'zork': write openai-compatible and 'base_url' for a server that speaks OpenAI's API
f.yaml:8:3: provider name 'a/b' may have letters, digits, '-', '_' and '.' only, at most 64";
    assert_eq!(faults(text), expected);
}

#[test]
fn what_a_provider_needs() {
    let text = "
providers:
  az: { kind: azure-openai }
  az2: { kind: azure-openai, endpoint: https://e, base_url: https://e, api_key: k, api_version: '20 24' }
  oc: { kind: openai-compatible }
  openai: {}
  homeless: { api_key: k }
  anthropic: { api_key: k, endpoint: https://e, api_version: x, upstream_format: chat }
  demo: { kind: emulator, base_url: http://h }
  groq: { api_key: 'a b', api_version: x }
";
    let expected = "\
f.yaml:3:3: provider 'az' needs 'endpoint': add it, for example https://NAME.openai.azure.com
f.yaml:3:3: provider 'az' needs 'api_key': add api_key: ${AZURE_OPENAI_API_KEY}
f.yaml:4:61: 'base_url' and 'endpoint' say the same: remove one
f.yaml:4:97: 'api_version' must be v1, preview, or a date such as 2024-10-21
f.yaml:5:3: provider 'oc' needs 'base_url': add it, for example http://127.0.0.1:8080/v1
f.yaml:6:3: provider 'openai' needs 'api_key': add api_key: ${OPENAI_API_KEY}
f.yaml:7:3: provider 'homeless' needs 'base_url': add it, for example http://127.0.0.1:8080/v1
f.yaml:8:38: 'endpoint' is for azure-openai and bedrock only: write 'base_url'
f.yaml:8:82: 'upstream_format': this provider does not speak it: write messages, or remove the key
f.yaml:9:37: 'base_url' is not for the emulator, which runs inside Gatewright: remove it
f.yaml:10:20: the key of provider 'groq' holds spaces, control or non-ASCII characters
f.yaml:10:40: 'api_version' is for azure-openai and anthropic only: remove it";
    assert_eq!(faults(text), expected);
}

#[test]
fn a_base_url_with_parts_to_fill_in() {
    let text = "
providers:
  cloudy: { api_key: k }
  c1: { kind: cloudy, api_key: k, region: eu, base_url_values: { account_id: 'a/../b', acount: x } }
  c2: { kind: cloudy, api_key: k, base_url: https://h/v1, base_url_values: { account_id: a } }
  openai: { api_key: k, base_url_values: { account_id: a } }
";
    let expected = "\
f.yaml:3:3: provider 'cloudy' needs 'region': add it, for example region: us-east-1
f.yaml:3:3: provider 'cloudy' needs 'account_id' for its base URL: add base_url_values: { account_id: a1b2 }
f.yaml:4:66: 'account_id' may have letters, digits, '-', '_' and '.' only, for example a1b2
f.yaml:4:88: the base URL of 'cloudy' has no 'acount', but account_id
f.yaml:5:78: 'base_url_values' is of no use beside a base URL: remove one
f.yaml:6:44: the base URL of 'openai' has nothing to fill in: remove it";
    assert_eq!(faults(text), expected);
}

#[test]
fn what_bedrock_needs() {
    let text = "
providers:
  bedrock: {}
  b1: { kind: bedrock, region: 'us east', api_key: k }
  b2: { kind: bedrock, region: us-east-1, aws_access_key_id: AK }
  b3: { kind: bedrock, region: us-east-1, api_key: k, aws_session_token: t }
  b4: { kind: bedrock, endpoint: 'http://h', aws_access_key_id: 'A/K', aws_secret_access_key: s }
  openai: { api_key: k, aws_access_key_id: AK }
";
    let expected = "\
f.yaml:3:3: provider 'bedrock' needs 'region': add it, for example us-east-1
f.yaml:3:3: provider 'bedrock' needs a credential: add aws_access_key_id: ${AWS_ACCESS_KEY_ID} and aws_secret_access_key: ${AWS_SECRET_ACCESS_KEY}, or api_key: ${AWS_BEARER_TOKEN_BEDROCK}
f.yaml:4:32: 'region' must be the name of an AWS region such as us-east-1
f.yaml:5:62: 'aws_access_key_id' and 'aws_secret_access_key' go together: add the other
f.yaml:6:74: 'api_key' and an AWS access key are two credentials: remove one
f.yaml:7:3: provider 'b4' needs 'region': add it, for example us-east-1
f.yaml:7:65: 'aws_access_key_id' is empty or holds characters that such a credential cannot have
f.yaml:8:44: 'aws_access_key_id' is for bedrock only: remove it";
    assert_eq!(faults(text), expected);
}

#[test]
fn base_urls() {
    let one =
        |url: &str| faults(&format!("providers: {{ p: {{ kind: openai-compatible, base_url: '{url}' }} }}"));
    let at = "f.yaml:1:54: 'base_url'";
    let host = "has no host, or a port that is none: write https://host or https://host:port";
    for (url, why) in [
        ("ftp://h/v1", "must begin with https:// or http://, not ftp://"),
        ("host/v1", "must begin with https:// or http://"),
        ("", "must begin with https:// or http://"),
        ("http://", host),
        ("http:///v1", host),
        ("http://:80/v1", host),
        ("http://h:0/v1", host),
        ("http://h:99999/v1", host),
        ("http://h:port/v1", host),
        ("http://a b/v1", "is not a valid URL"),
        ("http://u:p@h/v1", "may not hold a user or password: use \\'api_key\\' or \\'headers\\'"),
        ("http://h/v1#a", "may not hold \\'#\\'"),
    ] {
        assert_eq!(one(url), format!("{at} {}", why.replace('\\', "")), "{url}");
    }
    let local = "is a link-local or metadata address: add 'allow_link_local: true' if that is meant";
    for url in [
        "http://169.254.169.254/v1",
        "http://[fe80::1]/v1",
        "http://[fd00:ec2::254]/v1",
        "http://[::ffff:169.254.169.254]/v1",
        "http://100.100.100.200",
        "http://2852039166/v1",
        "http://0xA9FEA9FE",
        "http://0XA9FEA9FE:8080/v1",
        "http://0251.0376.0251.0376",
        "http://0251.0376.43518",
        "http://169.0xFEA9FE/v1",
        "http://169.254.169.254./v1",
        "http://0x64.0x64.0x64.0xc8",
        "http://metadata.google.internal/v1",
        "http://METADATA.google.internal./v1",
    ] {
        assert_eq!(one(url), format!("{at} {local}"), "{url}");
    }
}

#[test]
fn a_provider_may_not_be_ourselves() {
    let one = |listen: &str, url: &str| {
        let text = format!(
            "listen: '{listen}'\nproviders: {{ p: {{ kind: openai-compatible, base_url: '{url}' }} }}"
        );
        super::run(&text).map(|_| ())
    };
    let message = |listen: &str| {
        Err(format!(
            "f.yaml:2:54: provider 'p' is at Gatewright's own address ({listen}), so it would call itself: correct its base URL"
        ))
    };
    assert_eq!(one("127.0.0.1:4000", "http://127.0.0.1:4000/v1"), message("127.0.0.1:4000"));
    assert_eq!(one("127.0.0.1:4000", "http://localhost:4000/v1"), message("127.0.0.1:4000"));
    assert_eq!(one("127.0.0.1:4000", "http://0x7f.1:4000/v1"), message("127.0.0.1:4000"));
    assert_eq!(one("0.0.0.0:4000", "http://127.0.0.1:4000/v1"), message("0.0.0.0:4000"));
    assert_eq!(one("[::]:80", "http://[::1]/v1"), message("[::]:80"));
    assert_eq!(one("127.0.0.1:4000", "http://127.0.0.1:4001/v1"), Ok(()));
    assert_eq!(one("10.0.0.5:4000", "http://127.0.0.1:4000/v1"), Ok(()));
    assert_eq!(one("127.0.0.1:4000", "http://llm.example:4000/v1"), Ok(()));
}

#[test]
fn headers_proxies_and_certificates() {
    let text = "
providers:
  openai:
    api_key: k
    headers: { Authorization: x, 'a b': c, Host: b, X-A: 1, x-a: 2 }
    proxy: socks5://h:1
    client_cert_file: x
    ca_file: ''
  p2: { kind: openai, api_key: k, proxy: 'http://user:pass@proxy.example:3128' }
  p3: { kind: openai, api_key: k, client_key_file: x }
";
    let expected = "\
f.yaml:5:16: header 'Authorization' carries the credential: write 'api_key' instead
f.yaml:5:34: header 'a b' is not a header name
f.yaml:5:44: header 'Host' is set by the gateway: remove it
f.yaml:5:61: header 'x-a' stands twice: remove one
f.yaml:6:12: 'proxy' must begin with https:// or http://, not socks5://
f.yaml:7:23: 'client_cert_file' needs 'client_key_file' beside it: add it
f.yaml:8:14: 'ca_file' is empty: write a path, or remove the key
f.yaml:10:52: 'client_key_file' needs 'client_cert_file' beside it: add it";
    assert_eq!(faults(text), expected);
}

#[test]
fn models() {
    let text = "
providers:
  openai: { api_key: k, models: { x: { input_usd_per_million_tokens: 1 }, y: { same_as: nope } } }
  broken: { kind: azure-ai }
models:
  a: { targets: [] }
  b: { targets: [{ provider: opnai, model: m }, { provider: zzz, model: m }, { provider: broken, model: '' }] }
  c: { strategy: weighted, targets: [{ provider: openai, model: m, weight: 0 }] }
  d e: { targets: [] }
  f: { targets: [{ provider: openai, model: m }], retry: { backoff_ms: 9000 } }
";
    let expected = "\
f.yaml:3:35: 'output_usd_per_million_tokens' is missing beside the other prices: add it, 0 if it is free
f.yaml:3:89: 'same_as' names 'nope', which is not in the catalogue: write MODEL, or PROVIDER/MODEL
f.yaml:4:19: provider kind 'azure-ai' is not in this version
f.yaml:6:17: model 'a' has no targets: add at least one
f.yaml:7:30: there is no provider 'opnai', did you mean 'openai'?
f.yaml:7:61: there is no provider 'zzz': add it under 'providers'
f.yaml:7:105: 'model' is empty: write the model's name at the provider
f.yaml:8:37: all weights of model 'c' are 0: give one target more
f.yaml:9:3: model name 'd e' may not have spaces or '*'
f.yaml:10:72: 'backoff_ms' is larger than 'max_backoff_ms' (5000)";
    assert_eq!(faults(text), expected);
}

#[test]
fn keys() {
    let text = "
keys:
  - { name: a, key: short }
  - { name: a, key: 0123456789012345, models: ['a*b', '**', ''], expires_at: never, limits: { burst: 5 } }
  - { name: ' ', key: 0123456789012345 }
  - { name: c, key: 'with a space in it' }
  - { name: d, key: 0123456789012346, limits: { burst: 5, kind: fixed } }
  - { name: e, key: 0123456789012347, plan_id: Free, denied_tools: ['*delete'], tools: ['db_*'] }
  - { name: f, key: 0123456789012348, limits: { more: [{ unit: requests, limit: 1, models: ['*x'], providers: ['a*b'] }] } }
";
    let expected = "\
f.yaml:3:21: key 'a' is shorter than 16 characters: write a longer one
f.yaml:4:13: key name 'a' stands on line 3 already: choose another
f.yaml:4:48: pattern 'a*b': '*' may stand at the end only, and once
f.yaml:4:55: pattern '**': '*' may stand at the end only, and once
f.yaml:4:61: a pattern is empty: remove it
f.yaml:4:78: 'expires_at' must be a time such as 2027-01-31T00:00:00Z, not 'never'
f.yaml:4:102: 'burst' is for kind gcra only, not sliding: remove it
f.yaml:5:13: 'name' is empty: give the key a name
f.yaml:5:23: key ' ' is the same as another key: make a new one
f.yaml:6:21: key 'c' has spaces in it: write it without
f.yaml:7:56: 'burst' is for kind gcra only, not fixed: remove it
f.yaml:8:48: 'plan_id' takes the id of a plan, such as plan_0123…, not 'Free'
f.yaml:8:69: pattern '*delete': '*' may stand at the end only, and once
f.yaml:9:93: pattern '*x': '*' may stand at the end only, and once
f.yaml:9:112: pattern 'a*b': '*' may stand at the end only, and once";
    assert_eq!(faults(text), expected);
}

#[test]
fn policies_that_nothing_enforces_are_refused() {
    let text = "
providers: { openai: { api_key: k } }
cache: { mode: exact, ttl_seconds: 300, scope: key, max_ttl_seconds: 60 }
guardrails:
  personal-data: { kind: pii, on: [request, response], action: tokenize }
  no-secrets: { kind: secrets, on: [request], action: block, mandatory: true }
models:
  m: { targets: [{ provider: openai, model: gpt-4o }], cache: { mode: semantic } }
  n: { targets: [{ provider: openai, model: gpt-4o }], cache: { mode: off } }
keys:
  - { name: a, key: 0123456789abcdef, guardrails: [personal-data] }
";
    let expected = "\
f.yaml:3:36: 'ttl_seconds' is larger than 'max_ttl_seconds' (60)
f.yaml:8:63: 'ttl_seconds' is larger than 'max_ttl_seconds' (60)
f.yaml:8:63: cache mode 'semantic' needs a model for embeddings: set 'model_dir' under 'embeddings' (docs/guides/embeddings-in-process.md says how to get one), or name one as 'embeddings' under 'cache'";
    assert_eq!(faults(text), expected);
}

#[test]
fn guardrails() {
    let text = "
providers: { openai: { api_key: k } }
guardrails:
  a: { kind: pii, on: [request], action: redact, entities: [email, hat_size] }
  b: { kind: regex, on: [request], action: block, patterns: ['a+', '(', 'x*'] }
  c: { kind: regex, on: [], action: block, terms: [x] }
  d: { kind: length, on: [response], action: redact }
  e: { kind: json-schema, on: [response], action: block, schema: '{\"typo\": 1}' }
  f: { kind: secrets, on: [request], action: rewrite }
  g g: { kind: urls, on: [request], action: flag, allow: [x.example] }
models:
  m: { targets: [{ provider: openai, model: gpt-4o }], guardrails: [a, nope] }
keys:
  - { name: a, key: 0123456789abcdef, guardrails: [nowhere] }
";
    let found = faults(text);
    for expected in [
        "f.yaml:4: guardrail 'a': 'hat_size' is no kind of personal data; known are email, phone,",
        "f.yaml:5: guardrail 'b': ",
        "f.yaml:6: kind regex needs 'patterns'",
        "f.yaml:6: 'on' is empty: write request, response, or both",
        "f.yaml:6: 'terms' is for kind keywords, not regex: remove it",
        "f.yaml:7: kind length needs 'min_chars', 'max_chars' or 'max_words'",
        "f.yaml:7: a guardrail of kind 'length' is about texts as a whole: its action is flag, block or route",
        "f.yaml:8: guardrail 'e': the keyword 'typo' is not checked: remove it",
        "f.yaml:9: action rewrite needs 'replacement'",
        "f.yaml:10: a guardrail's name has letters",
        "f.yaml:12: guardrail 'nope' stands nowhere in 'guardrails'",
        "f.yaml:14: guardrail 'nowhere' stands nowhere in 'guardrails'",
    ] {
        let (line, message) = expected.rsplit_once(": ").map_or((expected, ""), |_| {
            let at = expected.find(": ").unwrap_or(0);
            (&expected[..at], &expected[at + 2..])
        });
        let said = |fault: &str| fault.starts_with(&format!("{line}:")) && fault.contains(message);
        assert!(found.lines().any(said), "{expected}\n{found}");
    }
}

#[test]
fn guardrails_that_ask() {
    let text = "
providers: { openai: { api_key: k } }
models: { chat: { targets: [{ provider: openai, model: gpt-4o }] } }
guardrails:
  a: { kind: webhook, on: [request], action: block }
  b: { kind: webhook, on: [request], action: block, url: 'ftp://h', secret: short }
  c: { kind: llm-judge, on: [request], action: redact, model: chta, rule: x }
  d: { kind: pii, on: [request], action: block, timeout_ms: 5 }
  e: { kind: webhook, on: [response], action: redact, url: 'https://h', parallel: true }
  f: { kind: bedrock-guardrail, on: [request], action: block, provider: openai, guardrail_id: 'a/b' }
  g: { kind: llama-guard, on: [request], action: block, model: chat, categories: [S1, S15] }
  h: { kind: azure-content-safety, on: [request], action: block, url: 'https://h', api_key: k, severities: { Hat: 2 } }
  i: { kind: llama-guard, on: [request], action: block, model: openai/guard }
  j: { kind: wasm, on: [request], action: block, file: x.wasm, settings: '{' }
  k: { kind: cel, on: [request], action: block, expression: 'text.content +' }
  l: { kind: cel, on: [request], action: block, expression: 'has(metadata.x)' }
  m: { kind: cel, on: [request], action: redact, expression: 'text.content == text.side' }
";
    let expected = "\
f.yaml:5:14: kind webhook needs 'url'
f.yaml:6:58: 'url' must begin with https:// or http://, not ftp://
f.yaml:6:77: 'secret' has fewer than 16 characters
f.yaml:7:48: a guardrail of kind 'llm-judge' is about texts as a whole: its action is flag, block or route
f.yaml:7:63: there is no model 'chta': did you mean 'chat'?
f.yaml:8:61: 'timeout_ms' is for kind webhook, not pii: remove it
f.yaml:9:83: what is replaced must be known before the call is made: remove 'parallel', or flag or block
f.yaml:9:83: 'parallel' is about requests, and 'on' has response only: remove it
f.yaml:10:73: provider 'openai' is not of kind bedrock
f.yaml:10:95: has letters, digits and '-' only: it stands in a path
f.yaml:11:87: 'S15' is no category of Llama Guard: write S1 to S14
f.yaml:12:110: 'Hat' is no category: write Hate, SelfHarm, Sexual, Violence
f.yaml:14:74: 'settings' is no JSON: EOF while parsing an object at line 1 column 1
f.yaml:15:61: 'expression' is none: expected an expression, found the end, at character 15
f.yaml:16:61: guardrails know nothing of headers, metadata, tags, images, tools and budgets: leave that out
f.yaml:17:42: a guardrail of kind 'cel' is about texts as a whole: its action is flag, block or route";
    let mut found: Vec<String> = faults(text).lines().map(str::to_owned).collect();
    found.sort_by_key(|line| line.split(':').nth(1).and_then(|number| number.parse::<u32>().ok()));
    assert_eq!(found.join("\n"), expected);
}

#[test]
fn server() {
    let text = "
listen: 127.0.0.1:4000
admin_listen: 127.0.0.1:4000
cors: { allow_origins: [app.example, 'https://a/b', 'https://a/'] }
";
    let expected = "\
f.yaml:3:15: 'admin_listen' is the same as 'listen' (127.0.0.1:4000): choose another port
f.yaml:4:25: 'app.example' is not an origin: write https://host or https://host:port, or \"*\"
f.yaml:4:38: 'https://a/b' is not an origin: write https://host or https://host:port, or \"*\"
f.yaml:4:53: 'https://a/' is not an origin: write https://host or https://host:port, or \"*\"";
    assert_eq!(faults(text), expected);
    assert_eq!(
        faults("cors: { allow_origins: [] }"),
        "f.yaml:1:24: 'allow_origins' is empty: name an origin, or remove 'cors'"
    );
}

#[test]
fn redis() {
    let text = "
redis_url: 'http://:geheim@h'
redis_prefix: 'a b'
";
    let expected = "\
f.yaml:2:12: 'redis_url' must be redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// with TLS
f.yaml:3:15: 'redis_prefix' may have letters, digits, '-', '_', '.', ':', '{' and '}' only, at most 64";
    assert_eq!(faults(text), expected);
    for url in [
        "redis://",
        "redis://:geheim@",
        "redis://h:0",
        "redis://h:x",
        "redis://h/zero",
        "redis://h?db=1",
        "redis://u:gehe@im@h",
        "redis://u:gehe/im@h",
        "redis://u:geheim@h:66000",
    ] {
        let faults = faults(&format!("redis_url: '{url}'"));
        assert!(
            faults.starts_with("f.yaml:1:12: 'redis_url' ") && !faults.contains("geh"),
            "{url}: {faults}"
        );
    }
}

#[test]
fn the_database() {
    for url in [
        "mysql://u:geheim@h/d",
        "postgres://",
        "postgres:///d",
        "postgres://u:gehe@im@h/d",
        "postgres://u:gehe/im@h/d",
        "postgres://u:geheim@h/d#x",
        "postgres://u:geheim@h/d?sslmode=yes",
        "/var/lib/",
    ] {
        let faults = faults(&format!("database_url: '{url}'"));
        assert!(
            faults.starts_with("f.yaml:1:15: 'database_url' ") && !faults.contains("geh"),
            "{url}: {faults}"
        );
    }
}

#[test]
fn health_checks() {
    let text = "
providers:
  openai: { api_key: k, health_check: { when: sometimes, interval_ms: 1 } }
  claude: { kind: anthropic, api_key: k, health_check: { path: 'models' } }
  up: { kind: openai, api_key: k, health_check: { path: '/a/../b' } }
  az: { kind: azure-openai, endpoint: https://e, api_key: k, health_check: {} }
";
    let faults = faults(text);
    for part in ["f.yaml:3:47: 'when' must be down or always, not 'sometimes'", "'interval_ms' must be"] {
        assert!(faults.contains(part), "{part}: {faults}");
    }
    let text = text.replace("when: sometimes, interval_ms: 1", "");
    let expected = "\
f.yaml:4:64: 'path' must begin with '/' and lead below the base URL
f.yaml:5:57: 'path' must begin with '/' and lead below the base URL
f.yaml:6:76: 'health_check' needs 'path' here: this kind of provider lists no models at its base URL";
    assert_eq!(super::faults(&text), expected);
}

#[test]
fn parameters_and_conditions_of_keys() {
    let text = "
keys:
  - name: a
    key: a-key-that-is-long-enough
    parameters: { forced: { model: x } }
    deny_when: request.modl == 'x'
  - { name: b, key: b-key-that-is-long-enough, deny_message: no }
";
    let unknown = "keys: [{ name: c, key: c-key-that-is-long-enough, parameters: { denid: [] } }]";
    let found = format!("{}\n{}", faults(text), faults(unknown));
    for (place, words) in [
        (
            "f.yaml:5:",
            "'parameters.forced.model': 'model' is what a request is, not a parameter of it: remove it",
        ),
        ("f.yaml:6:16:", "'deny_when' is no condition:"),
        ("f.yaml:7:", "'deny_message' needs a 'deny_when'"),
        ("f.yaml:1:", "denid"),
    ] {
        let told = found.lines().any(|line| line.starts_with(place) && line.contains(words));
        assert!(told, "{place} {words}: {found}");
    }
}

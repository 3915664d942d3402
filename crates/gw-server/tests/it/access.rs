//! Keys that are bound to addresses, hours and metadata, from the file and over the API.

use super::support::gateway::run;
use super::support::{Call, Gateway, KEY, MASTER, Upstream, chat};
use http::Method;
use serde_json::{Value, json};

const OTHER: &str = "gw-otherOtherOtherOtherOtherOtherOtherOtherOthe";

async fn started(server: &str, rules: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}{server}keys:\n  - {{ name: bound, key: {KEY}, {rules} }}\n  - {{ name: free, key: {OTHER} }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

fn ask(key: &str) -> Call {
    Call::chat(&chat("up/chat-model", "hi")).key(key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_taken_from_its_addresses_only_on_every_path() {
    let (upstream, gateway) = started("", "allowed_ips: [192.0.2.0/24, \"2001:db8::/32\"]").await;
    gateway.send(ask(OTHER)).await.ok();
    let before = upstream.stats().requests;
    for call in [
        ask(KEY),
        Call::get("/v1/models").key(KEY),
        Call::get("/v1/files").key(KEY),
        Call::get("/v1/responses/resp_1").key(KEY),
        Call::get("/passthrough/up/v1/models").key(KEY),
        Call::messages(&chat("up/chat-model", "hi")).key(KEY),
        // Nobody is believed what it says of itself.
        ask(KEY).header("x-forwarded-for", "192.0.2.7"),
        ask(KEY).header("x-real-ip", "192.0.2.7").header("forwarded", "for=192.0.2.7"),
    ] {
        let answer = gateway.send(call).await;
        answer.refused(403, "address_not_allowed");
        assert!(answer.text().contains("127.0.0.1"), "{}", answer.text());
    }
    assert_eq!(upstream.stats().requests, before);
    // The same words whatever else may be wrong with the key.
    let (id, expired) = gateway
        .make_key(
            &json!({"name": "late", "expires_at": "2020-01-01T00:00:00Z", "allowed_ips": ["192.0.2.7"]}),
        )
        .await;
    gateway.send(ask(&expired)).await.refused(403, "address_not_allowed");
    let path = format!("/api/v1/keys/{id}");
    let lifted = json!({"allowed_ips": null});
    assert_eq!(
        gateway.admin(Method::PATCH, &path, Some(&lifted)).await.ok().json()["allowed_ips"],
        json!([])
    );
    gateway.send(ask(&expired)).await.refused(401, "invalid_api_key");
    let here = json!({"allowed_ips": ["127.0.0.0/8"], "expires_at": null});
    let shown = gateway.admin(Method::PATCH, &path, Some(&here)).await.ok().json();
    assert_eq!(shown["allowed_ips"], json!(["127.0.0.0/8"]));
    gateway.send(ask(&expired)).await.ok();
    // It is stored.
    let gateway = gateway.restart().await;
    assert_eq!(gateway.admin(Method::GET, &path, None).await.json()["allowed_ips"], json!(["127.0.0.0/8"]));
    gateway.send(ask(MASTER)).await.ok();
    let url = format!("http://{}", gateway.addr);
    let create = ["keys", "create", "--name", "cli", "--allowed-ips", "192.0.2.7,::1", "--json"];
    let (code, out, err) = run(&[&create[..], &["--url", &url, "--key", MASTER]].concat()).await;
    assert_eq!(code, 0, "{err}");
    let made: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(made["allowed_ips"], json!(["192.0.2.7", "::1"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_says_whom_it_speaks_for() {
    let server = "server: { trusted_proxies: [127.0.0.1, 10.0.0.0/8] }\n";
    let (_upstream, gateway) = started(server, "allowed_ips: [192.0.2.0/24]").await;
    let from = async |list: &str| gateway.send(ask(KEY).header("x-forwarded-for", list)).await;
    from("192.0.2.7").await.ok();
    from("192.0.2.7, 10.1.2.3").await.ok();
    from("203.0.113.1, 192.0.2.7").await.ok();
    // The one that the proxy heard from stands last; what it claims of itself before that.
    for list in ["192.0.2.7, 203.0.113.1", "192.0.2.7, unknown", "10.0.0.9", "nonsense"] {
        from(list).await.refused(403, "address_not_allowed");
    }
    gateway.send(ask(KEY)).await.refused(403, "address_not_allowed");
    let call = Call::post("/api/v1/keys", json!({"name": "made"}).to_string()).key(MASTER);
    gateway.send(call.header("x-forwarded-for", "192.0.2.99")).await;
    let entries = gateway.rows("/api/v1/audit?action=key.create").await;
    assert_eq!(entries[0]["address"], json!("192.0.2.99"));
}

/// Hours of today, in UTC, that hold now or do not.
fn hours(now: bool) -> Value {
    // All days, so that the end of a day does not matter.
    if now {
        json!([{"days": ["mon-sun"]}])
    } else {
        json!([{"days": ["mon-sun"], "from": "00:00", "to": "00:01", "time_zone": far()}])
    }
}

/// A time zone where it is not just past midnight.
fn far() -> &'static str {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    if now % 86_400 < 43_200 { "Etc/GMT-6" } else { "Etc/GMT+6" }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_taken_in_its_hours_only() {
    let (_upstream, gateway) =
        started("", "hours: [{ days: mon-sun, from: \"00:00\", to: \"24:00\" }]").await;
    gateway.send(ask(KEY)).await.ok();
    let (id, key) = gateway.make_key(&json!({"name": "night", "hours": hours(false)})).await;
    gateway.send(ask(&key)).await.refused(403, "time_not_allowed");
    gateway.send(Call::get("/v1/models").key(&key)).await.refused(403, "time_not_allowed");
    let path = format!("/api/v1/keys/{id}");
    let shown = gateway.admin(Method::PATCH, &path, Some(&json!({"hours": hours(true)}))).await.ok().json();
    assert_eq!(shown["hours"][0]["days"].as_array().unwrap().len(), 7);
    assert_eq!((&shown["hours"][0]["from"], &shown["hours"][0]["to"]), (&json!("00:00"), &json!("24:00")));
    gateway.send(ask(&key)).await.ok();
    // What is shown can be sent back.
    let again = json!({"hours": shown["hours"]});
    assert_eq!(gateway.admin(Method::PATCH, &path, Some(&again)).await.ok().json()["hours"], shown["hours"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_may_ask_for_metadata() {
    let (_upstream, gateway) = started("", "required_metadata: [cost_center, ticket]").await;
    let with = async |metadata: &str| gateway.send(ask(KEY).header("x-gatewright-metadata", metadata)).await;
    with(r#"{"cost_center":"42","ticket":7,"more":true}"#).await.ok();
    for (metadata, missing) in [
        (r#"{"cost_center":"42"}"#, "ticket"),
        (r#"{"cost_center":"","ticket":1}"#, "cost_center"),
        (r#"{"cost_center":null,"ticket":1}"#, "cost_center"),
        ("{}", "cost_center, ticket"),
        ("nonsense", "x-gatewright-metadata"),
        ("[1]", "x-gatewright-metadata"),
        (r#"{"a":"\ud800"}"#, "x-gatewright-metadata"),
    ] {
        let answer = with(metadata).await;
        answer.refused(400, "invalid_request");
        assert!(answer.text().contains(missing), "{}", answer.text());
    }
    gateway.send(ask(KEY)).await.refused(400, "invalid_request");
    gateway.send(ask(OTHER)).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_that_cannot_be_read_is_refused_and_records_keep_what_fits() {
    let (_upstream, gateway) = started("", "").await;
    let with = |metadata: &str| ask(KEY).header("x-gatewright-metadata", metadata);
    let largest = format!(r#"{{"a":"{}","b":7}}"#, "x".repeat(8192 - 14));
    assert_eq!(largest.len(), 8192);
    for call in [
        with("nonsense"),
        with("{no json"),
        with("[1]"),
        with("\"a text\""),
        with(r#"{"a":1}"#).header("x-gatewright-metadata", r#"{"b":1}"#),
        ask(KEY).header_bytes("x-gatewright-metadata", b"{\"a\":\"\xe4\"}"),
        with(&largest.replace("\"b\"", "\"bb\"")),
    ] {
        let answer = gateway.send(call).await;
        answer.refused(400, "invalid_request");
        let text = answer.text();
        assert!(text.contains("x-gatewright-metadata") && text.contains("8192 bytes"), "{text}");
        // It is written down as any refused call.
        let row = gateway.record(&answer.request_id()).await;
        assert_eq!((&row["outcome"], &row["metadata"]), (&json!("refused"), &Value::Null), "{row}");
    }
    for (metadata, kept) in [
        (r#"{"ticket":7}"#, json!({"ticket": 7})),
        (largest.as_str(), json!({"b": 7, "gatewright_left_out": 1})),
    ] {
        let answer = gateway.send(with(metadata)).await;
        let row = gateway.record(&answer.ok().request_id()).await;
        assert_eq!((&row["outcome"], &row["metadata"]), (&json!("success"), &kept), "{row}");
        assert_ne!(row["cost_usd"], "0", "{row}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_rules_are_refused_with_their_place() {
    let (_upstream, gateway) = started("", "allowed_ips: [127.0.0.1]").await;
    for (body, field) in [
        (json!({"allowed_ips": ["127.0.0.1", "x"]}), "allowed_ips[1]"),
        (json!({"allowed_ips": ["10.0.0.1/8"]}), "allowed_ips[0]"),
        (json!({"allowed_ips": ["10.0.0.0/33"]}), "allowed_ips[0]"),
        (json!({"allowed_ips": "127.0.0.1"}), "allowed_ips"),
        (json!({"hours": {"from": "08:00"}}), "hours"),
        (json!({"hours": [{"day": "mon"}]}), "hours"),
        (json!({"hours": [{"days": ["someday"]}]}), "hours[0].days"),
        (json!({"hours": [{}, {"from": "8"}]}), "hours[1].from"),
        (json!({"hours": [{"from": "08:00", "to": "08:00"}]}), "hours[0].to"),
        (json!({"hours": [{"time_zone": "Mars/Base"}]}), "hours[0].time_zone"),
        (json!({"required_metadata": [" "]}), "required_metadata[0]"),
    ] {
        let mut input = body.clone();
        input["name"] = json!("wrong");
        let answer = gateway.admin(Method::POST, "/api/v1/keys", Some(&input)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["field"]),
            (400, &json!(field)),
            "{body}"
        );
    }
    let file = gateway.folder().join("wrong.yaml");
    for (rules, place, text) in [
        ("allowed_ips: [10.0.0.1/8]", "1:", "write 10.0.0.0/8"),
        ("hours: [{ from: \"25:00\" }]", "1:", "no time of day"),
        ("hours: [{ days: [mon, day] }]", "1:", "no day"),
        ("hours: [{ time_zone: Mars/Base }]", "1:", "no time zone"),
    ] {
        std::fs::write(&file, format!("keys: [{{ name: a, key: {KEY}, {rules} }}]\n")).unwrap();
        let (code, _, err) = run(&["check", file.to_str().unwrap()]).await;
        assert!(
            code == 2 && err.contains(&format!("wrong.yaml:{place}")) && err.contains(text),
            "{rules}: {err}"
        );
    }
    std::fs::write(&file, "server: { trusted_proxies: [proxy.example] }\n").unwrap();
    let (code, _, err) = run(&["check", file.to_str().unwrap()]).await;
    assert!(code == 2 && err.contains("is no address"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_call_from_allowed_origins_only() {
    let rules = "allowed_origins: [\"https://App.example\", \"http://localhost:5173\"]";
    let (upstream, gateway) = started("cors: { allow_origins: [\"*\"] }\n", rules).await;
    let from = |origin: &'static str| ask(KEY).header("origin", origin);
    for origin in ["https://app.example", "http://localhost:5173"] {
        gateway.send(from(origin)).await.ok();
    }
    // No browser that asks for another's page.
    gateway.send(ask(KEY)).await.ok();
    let before = upstream.stats().requests;
    for origin in [
        "https://evil.example",
        "http://app.example",
        "https://app.example.evil.example",
        "https://app.example:444",
        "http://localhost",
        "null",
    ] {
        let answer = gateway.send(from(origin)).await;
        answer.refused(403, "origin_not_allowed");
        assert!(answer.text().contains("'allowed_origins'"), "{}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "its page reads why");
        gateway.send(ask(OTHER).header("origin", origin)).await.ok();
    }
    for path in ["/v1/models", "/v1/files", "/v1/responses/resp_1", "/passthrough/up/v1/models"] {
        let call = Call::get(path).key(KEY).header("origin", "https://evil.example");
        gateway.send(call).await.refused(403, "origin_not_allowed");
    }
    assert_eq!(upstream.stats().requests, before + 6, "those of the key without rules");

    let body = json!({"name": "page", "allowed_origins": ["https://APP.example:443"]});
    let (id, key) = gateway.make_key(&body).await;
    let path = format!("/api/v1/keys/{id}");
    let shown = gateway.admin(Method::GET, &path, None).await.ok().json();
    assert_eq!(shown["allowed_origins"], json!(["https://app.example"]));
    gateway.send(ask(&key).header("origin", "https://app.example")).await.ok();
    gateway.send(ask(&key).header("origin", "https://b.example")).await.refused(403, "origin_not_allowed");
    let effective = gateway.admin(Method::GET, &format!("{path}/effective"), None).await.json();
    assert_eq!(effective["allowed_origins"][0]["value"], json!(["https://app.example"]), "{effective}");
    for wrong in ["app.example", "https://*.example", "https://app.example/", "null"] {
        let body = json!({"allowed_origins": ["https://ok.example", wrong]});
        let answer = gateway.admin(Method::PATCH, &path, Some(&body)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["field"]),
            (400, &json!("allowed_origins[1]"))
        );
    }
    let lifted = gateway.admin(Method::PATCH, &path, Some(&json!({"allowed_origins": null}))).await;
    assert_eq!(lifted.ok().json()["allowed_origins"], json!([]));
    gateway.send(ask(&key).header("origin", "https://b.example")).await.ok();
}

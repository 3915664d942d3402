//! Parameters of calls and conditions that refuse them, by what stands above and beside their keys, and by the keys.

use super::chain::chain;
use super::{Call, Gateway, Upstream, chat, make, patch, refused, set_up};
use serde_json::{Value, json};

fn with(members: &Value) -> Value {
    let mut body = chat("up/chat-model", "hi");
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_level_says_which_parameters_calls_may_have() {
    let chain = chain().await;
    for (path, holder) in &chain.all {
        let rules =
            json!({"parameters": {"allowed": ["max_tokens", "temperature", "seed"], "denied": ["seed"]}});
        let shown = patch(&chain.gateway, path, &rules).await.ok().json();
        assert_eq!(shown["parameters"], rules["parameters"], "{path}");
        chain.send(&with(&json!({"temperature": 1}))).await.ok();
        for wrong in [json!({"seed": 1}), json!({"top_p": 1})] {
            let answer = chain.send(&with(&wrong)).await;
            let name = wrong.as_object().unwrap().keys().next().unwrap();
            let text = answer.refused(400, "unsupported_parameter").text();
            assert!(text.contains(holder) && text.contains(name), "{path}: {text}");
            assert_eq!(answer.json()["error"]["param"], json!(name));
        }
        if path.starts_with("teams") {
            let effective = &chain.effective().await["parameters"];
            assert_eq!(effective["denied"]["effective"], json!(["seed"]), "{effective}");
            assert_eq!(effective["denied"]["from"][0]["name"], "core", "{effective}");
            assert_eq!(effective["allowed"]["from"][0]["level"], "team", "{effective}");
        }
        patch(&chain.gateway, path, &json!({"parameters": null})).await.ok();
        chain.send(&with(&json!({"seed": 1}))).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nearest_default_counts_and_the_highest_of_what_is_forced() {
    let chain = chain().await;
    let (organization, team, key) = (&chain.all[0].0, &chain.all[1].0, &chain.all[7].0);
    let of = |rules: Value| json!({ "parameters": rules });
    let above = json!({"defaults": {"temperature": 0.9, "seed": 1}, "forced": {"top_p": 0.5}});
    patch(&chain.gateway, organization, &of(above)).await.ok();
    patch(&chain.gateway, team, &of(json!({"defaults": {"seed": 2}, "forced": {"top_p": 0.6, "n": 1}})))
        .await
        .ok();
    patch(&chain.gateway, key, &of(json!({"defaults": {"temperature": 0.2}}))).await.ok();
    let customer = &chain.all[5].0;
    patch(&chain.gateway, customer, &of(json!({"defaults": {"seed": 3}, "forced": {"n": 2, "user": "u"}})))
        .await
        .ok();

    chain.send(&with(&json!({"top_p": 1, "n": 3}))).await.ok();
    let sent = chain.sent();
    let set = ["temperature", "seed", "top_p", "n", "user"].map(|name| sent[name].clone());
    assert_eq!(set, [json!(0.2), json!(2), json!(0.5), json!(1), json!("u")], "{sent}");
    chain.send(&with(&json!({"temperature": 1.5, "stream": true}))).await.ok();
    assert_eq!(chain.sent()["temperature"], 1.5);

    let effective = &chain.effective().await["parameters"];
    assert_eq!(effective["defaults"]["temperature"]["effective"], 0.2, "{effective}");
    assert_eq!(effective["defaults"]["seed"]["from"]["level"], "team", "{effective}");
    assert_eq!(effective["forced"]["top_p"]["effective"], 0.5, "{effective}");
    assert_eq!(effective["forced"]["top_p"]["from"]["level"], "organization", "{effective}");
    assert_eq!(effective["forced"]["top_p"]["considered"].as_array().unwrap().len(), 2, "{effective}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_have_the_names_of_their_format() {
    let (upstream, gateway) = set_up().await;
    let rules = json!({"defaults": {"max_tokens": 11}, "forced": {"temperature": 0.5}, "denied": ["top_k"]});
    let (_, key) = gateway.make_key(&json!({"name": "a", "parameters": rules})).await;
    let sent = || serde_json::from_slice::<Value>(&upstream.last_body()).unwrap();
    let messages = json!([{"role": "user", "content": "hi"}]);
    let body = json!({"model": "claude/m", "max_tokens": 9, "temperature": 1, "messages": messages});
    gateway.send(Call::messages(&body).key(&key)).await.ok();
    assert_eq!((&sent()["temperature"], &sent()["max_tokens"]), (&json!(0.5), &json!(9)));
    let body = json!({"model": "claude/m", "max_tokens": 9, "top_k": 5, "messages": messages});
    gateway.send(Call::messages(&body).key(&key)).await.refused(400, "unsupported_parameter");

    let contents = json!([{"role": "user", "parts": [{"text": "hi"}]}]);
    let path = "/v1beta/models/up/chat-model:generateContent";
    let gemini = async |config: Value| {
        let body = json!({"contents": contents, "generationConfig": config});
        gateway.send(Call::post(path, body.to_string()).key(&key)).await
    };
    gemini(json!({"topP": 1})).await.ok();
    let body = sent();
    assert_eq!((body["temperature"].as_f64(), body["top_p"].as_f64()), (Some(0.5), Some(1.0)), "{body}");
    let most = body.get("max_completion_tokens").or(body.get("max_tokens"));
    assert_eq!(most, Some(&json!(11)), "{body}");
    let denied = gemini(json!({"topK": 1})).await;
    assert_eq!(
        (denied.status.as_u16(), denied.header("x-gatewright-error")),
        (400, Some("unsupported_parameter"))
    );

    // What goes on as it is has to say itself what is forced.
    let (_, key) = gateway
        .make_key(&json!({"name": "b", "parameters": rules, "endpoints": ["chat", "passthrough"]}))
        .await;
    let raw = async |body: Value| {
        gateway.send(Call::post("/passthrough/up/chat/completions", body.to_string()).key(&key)).await
    };
    raw(chat("chat-model", "hi")).await.refused(400, "unsupported_parameter");
    let mut said = chat("chat-model", "hi");
    said["temperature"] = json!(0.5);
    raw(said).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_put_in_force_is_refused_with_its_field() {
    let (_upstream, gateway) = set_up().await;
    let team = make(&gateway, "teams", &json!({"name": "core"})).await;
    let path = format!("teams/{team}");
    for (wrong, field) in [
        (json!({"parameters": []}), "parameters"),
        (json!({"parameters": {"alowed": []}}), "parameters"),
        (json!({"parameters": {"denied": ["messages"]}}), "parameters.denied[0]"),
        (json!({"parameters": {"forced": {"model": "x"}}}), "parameters.forced.model"),
        (json!({"deny_when": "request.modl == 'x'"}), "deny_when"),
        (json!({"deny_when": "1 +"}), "deny_when"),
        (json!({"deny_when": "text.content == ''"}), "deny_when"),
        (json!({"deny_when": 5}), "deny_when"),
        (json!({"deny_message": "no"}), "deny_message"),
    ] {
        refused(&patch(&gateway, &path, &wrong).await, 400, Some(field));
    }
    let error = patch(&gateway, &path, &json!({"deny_when": "true && request.modl == 'x'"})).await.json();
    assert_eq!(error["error"]["column"], 17, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_level_has_conditions_that_refuse_calls() {
    let chain = chain().await;
    for (path, holder) in &chain.all {
        let rule = json!({"deny_when": "metadata.env == 'prod' || headers['x-stage'] == 'late'",
            "deny_message": "not at this stage"});
        let shown = patch(&chain.gateway, path, &rule).await.ok().json();
        assert_eq!(
            (&shown["deny_when"], &shown["deny_message"]),
            (&rule["deny_when"], &rule["deny_message"])
        );
        let send = async |header: Option<(&str, &str)>| {
            let mut call = Call::chat(&chat("up/chat-model", "hi")).key(&chain.key);
            call = call.header("x-gatewright-customer", "c").header("x-gatewright-tags", "t");
            if let Some((name, value)) = header {
                call = call.header(name, value);
            }
            chain.gateway.send(call).await
        };
        // What is not there cannot be told, and does not hold.
        send(None).await.ok();
        send(Some(("x-gatewright-metadata", r#"{"env": "test"}"#))).await.ok();
        send(Some(("x-stage", "late"))).await.refused(403, "policy_denied");
        let answer = send(Some(("x-gatewright-metadata", r#"{"env": "prod"}"#))).await;
        let text = answer.refused(403, "policy_denied").text();
        assert!(text.contains("not at this stage") && !text.contains("metadata"), "{text}");
        let record = chain.gateway.record(answer.header("x-request-id").unwrap()).await;
        let detail = record["error_detail"].as_str().unwrap();
        assert!(detail.contains(holder) && detail.contains("metadata.env"), "{detail}");
        if path.starts_with("teams") {
            let effective = &chain.effective().await["deny_when"];
            assert_eq!(effective[0]["from"]["name"], "core", "{effective}");
            assert_eq!(effective[0]["value"]["message"], "not at this stage", "{effective}");
        }
        patch(&chain.gateway, path, &json!({"deny_when": null})).await.ok();
        send(Some(("x-stage", "late"))).await.ok();
    }
    // Who somebody is, and what is asked, can be said.
    let project = chain.all[2].0.strip_prefix("projects/").unwrap();
    let rule = format!("project == '{project}' && organization != '' && user != '' && request.stream");
    patch(&chain.gateway, &chain.all[0].0, &json!({ "deny_when": rule })).await.ok();
    chain.send(&with(&json!({"stream": true}))).await.refused(403, "policy_denied");
    chain.send(&with(&json!({}))).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_the_file_has_them_too() {
    let upstream = Upstream::start().await;
    let rules =
        "parameters: { denied: seed, forced: { temperature: 0, stop: [a] } }, deny_when: \"request.stream\"";
    let key = format!("keys: [{{ name: fixed, key: gw-fixedFixedFixed, {rules} }}]\n");
    let gateway = Gateway::start(&format!("{}{key}", upstream.providers())).await;
    let send = async |body: &Value| gateway.send(Call::chat(body).key("gw-fixedFixedFixed")).await;
    send(&with(&json!({"temperature": 1}))).await.ok();
    let sent: Value = serde_json::from_slice(&upstream.last_body()).unwrap();
    assert_eq!((&sent["temperature"], &sent["stop"]), (&json!(0), &json!(["a"])));
    send(&with(&json!({"seed": 1}))).await.refused(400, "unsupported_parameter");
    send(&with(&json!({"stream": true}))).await.refused(403, "policy_denied");
}

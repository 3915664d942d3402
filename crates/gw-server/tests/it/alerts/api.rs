//! The admin API: tenants manage their own rules and channels, and nothing secret comes back.

use super::{ask, looked_again, place, told, told_so_many};
use crate::support::scripted::Scripted;
use crate::support::{Answer, Call, Gateway, MASTER};
use http::Method;
use serde_json::{Value, json};

pub(super) async fn made(gateway: &Gateway, token: &str, path: &str, body: Value) -> Answer {
    gateway.send(Call::post(&format!("/api/v1/{path}"), body.to_string()).key(token)).await
}

async fn gateway(place: &Scripted, more: &str) -> Gateway {
    let text = format!("{}alerts:\n  evaluate_every_seconds: 1\n{more}", place.provider());
    Gateway::start(&text).await
}

pub(super) fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// An organization, a key of it, and the token of its admin.
pub(super) async fn tenant(gateway: &Gateway, name: &str) -> (String, String, String) {
    let organization = id(&made(gateway, MASTER, "organizations", json!({"name": name})).await);
    let team = json!({"name": format!("team-{name}"), "organization_id": organization});
    let team = id(&made(gateway, MASTER, "teams", team).await);
    let (_, key) = gateway.make_key(&json!({"name": format!("key-{name}"), "team_id": team})).await;
    let token = json!({"name": name, "role": "admin", "account_id": organization});
    let token = made(gateway, MASTER, "admin-tokens", token).await.json();
    (organization, key, token["token"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_told_of_its_own_and_manages_it() {
    let place = place().await;
    let gateway = gateway(&place, "  private_addresses: true\n").await;
    let (organization, key, token) = tenant(&gateway, "one").await;
    let (_, other_key, other_token) = tenant(&gateway, "other").await;
    let channel = json!({"name": "ops", "kind": "webhook", "organization_id": organization,
        "url": format!("{}/hook?token=hidden", place.url()), "secret": "also-hidden", "headers": {"x-key": "hidden-too"}});
    let channel = made(&gateway, &token, "alerts/channels", channel).await;
    assert_eq!(channel.status, 201, "{}", channel.text());
    assert!(!channel.text().contains("hidden"), "{}", channel.text());
    let shown = channel.json();
    assert_eq!((&shown["target"], &shown["header_names"]), (&json!(place.url()), &json!(["x-key"])));
    let rule = |more: Value| {
        let mut rule = json!({"name": "fresh", "kind": "new_model", "organization_id": organization, "channels": ["ops"]});
        for (name, value) in more.as_object().unwrap() {
            rule[name] = value.clone();
        }
        rule
    };
    // What is wrong is named; what is another's, or the gateway's, is not there.
    let wrong = made(&gateway, &token, "alerts/rules", rule(json!({"channels": ["nobody"]}))).await;
    assert_eq!(wrong.json()["error"]["field"], "channels");
    let wrong = made(&gateway, &token, "alerts/rules", rule(json!({"kind": "provider_down"}))).await;
    assert_eq!(wrong.json()["error"]["field"], "kind");
    let wrong = made(&gateway, &token, "alerts/rules", rule(json!({"window": 5}))).await;
    assert_eq!(wrong.json()["error"]["field"], "window");
    made(&gateway, &other_token, "alerts/rules", rule(json!({}))).await.refused(400, "invalid_request");
    made(&gateway, &token, "alerts/rules", rule(json!({"organization_id": null})))
        .await
        .refused(403, "permission_denied");
    let rule = made(&gateway, &token, "alerts/rules", rule(json!({}))).await;
    assert_eq!(rule.status, 201, "{}", rule.text());

    ask(&gateway, &other_key, "hi").await.ok();
    looked_again(&gateway).await;
    assert!(told(&place, "/hook").is_empty(), "of another's model nobody is told");
    ask(&gateway, &key, "hi").await.ok();
    let told = told_so_many(&place, "/hook", 1).await;
    assert_eq!(
        (&told[0]["organization_id"], &told[0]["subject"]["id"]),
        (&json!(organization), &json!("up/chat-model"))
    );
    for (token, count) in [(&token, 1), (&other_token, 0)] {
        for path in ["alerts", "alerts/events", "alerts/rules", "alerts/channels"] {
            let rows = gateway.send(Call::get(&format!("/api/v1/{path}")).key(token)).await.ok().json();
            assert_eq!(rows["data"].as_array().unwrap().len(), count, "{path}: {rows}");
        }
    }
    let path = format!("/api/v1/alerts/channels/{}", shown["id"].as_str().unwrap());
    // Secrets go nowhere else than where they were given for.
    let change = |more: Value| {
        let mut body = json!({"url": format!("{}/elsewhere", place.url())});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        gateway.send(Call::post(&path, body.to_string()).method(Method::PATCH).key(&token))
    };
    let refused = change(json!({})).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (400, &json!("url")));
    change(json!({"secret": "new"})).await.refused(400, "invalid_request");
    assert_eq!(change(json!({"secret": "new", "headers": null})).await.status, 200);
    let delete = Call::get(&path).method(Method::DELETE);
    gateway.send(delete.clone().key(&token)).await.refused(409, "conflict");
    gateway.send(delete.key(&other_token)).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_does_not_reach_into_the_gateways_network() {
    let place = place().await;
    let gateway = gateway(&place, "").await;
    let (organization, _, token) = tenant(&gateway, "one").await;
    let urls =
        [place.url(), place.url().replace("127.0.0.1", "localhost"), "http://169.254.169.254/".to_owned()];
    for (number, url) in urls.into_iter().enumerate() {
        let name = format!("c{number}");
        let channel = json!({"name": name, "kind": "slack", "organization_id": organization, "url": url});
        let channel = made(&gateway, &token, "alerts/channels", channel).await;
        let path = format!("alerts/channels/{}/test", id(&channel));
        let answer = made(&gateway, &token, &path, Value::Null).await.ok().json();
        assert_eq!(answer["sent"], false);
        assert!(answer["error"].as_str().unwrap().contains("not allowed"), "{answer}");
    }
    // What the gateway's own people make may.
    let channel = json!({"name": "ours", "kind": "slack", "url": format!("{}/slack", place.url())});
    let channel = id(&made(&gateway, MASTER, "alerts/channels", channel).await);
    let answer =
        made(&gateway, MASTER, &format!("alerts/channels/{channel}/test"), Value::Null).await.ok().json();
    assert_eq!(answer["sent"], true, "{answer}");
    let events = gateway.rows("/api/v1/alerts/events?type=test").await;
    assert_eq!(events.len(), 4);
    assert_eq!(events[0]["deliveries"][0]["state"], "sent");
    assert_eq!(events[3]["deliveries"][0]["state"], "failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_silenced_is_written_down_and_told_later_and_events_come_in_pages() {
    let place = place().await;
    let more = format!(
        "  channels:\n    hook: {{ kind: webhook, default: true, url: \"{}/hook\" }}\n  rules:\n    fresh: {{ kind: new_key }}\n",
        place.url()
    );
    let gateway = gateway(&place, &more).await;
    for (wrong, field) in [
        (json!({"until": "2126-01-01"}), "rule"),
        (json!({"rule": "fresh", "until": "2020-01-01"}), "until"),
        (
            json!({"severity": "warning", "until": "2126-01-01", "all_organizations": true}),
            "all_organizations",
        ),
    ] {
        let refused = gateway.admin(Method::POST, "/api/v1/alerts/silences", Some(&wrong)).await;
        let told = (refused.status.as_u16(), refused.json()["error"]["field"].clone());
        assert_eq!(told, (400, json!(field)), "{wrong}");
    }
    let silence = json!({"rule": "fresh", "until": "2099-01-01", "comment": "moving house"});
    let silence = id(&made(&gateway, MASTER, "alerts/silences", silence).await);
    for name in ["a", "b", "c"] {
        let (_, key) = gateway.make_key(&json!({"name": name})).await;
        ask(&gateway, &key, "hi").await.ok();
    }
    let events = crate::support::eventually_within(super::SOON, "events", async || {
        let events = gateway.rows("/api/v1/alerts/events").await;
        (events.len() == 3).then_some(events)
    })
    .await;
    assert!(events.iter().all(|event| event["is_silenced"] == true && event["deliveries"] == json!([])));
    looked_again(&gateway).await;
    assert!(told(&place, "/hook").is_empty());
    let mut cursor = String::new();
    let mut seen = Vec::new();
    loop {
        let page = gateway
            .send(Call::get(&format!("/api/v1/alerts/events?limit=2&cursor={cursor}")).key(MASTER))
            .await;
        let page = page.ok().json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|event| event["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>());
    // The file is the floor.
    let file = Call::post("/api/v1/alerts/rules/file:fresh", "{\"enabled\":false}").method(Method::PATCH);
    gateway.send(file.key(MASTER)).await.refused(409, "conflict");
    let path = format!("/api/v1/alerts/silences/{silence}");
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(told_so_many(&place, "/hook", 3).await.len(), 3, "they go on, so somebody is told now");
}

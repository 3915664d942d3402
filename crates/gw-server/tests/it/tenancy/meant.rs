//! What cannot mean what whoever wrote it means: it is refused, not taken in silence. What is left out stays as it is.

use super::{Gateway, MASTER, Method, ask, make, patch, refused, set_up};
use crate::support::Answer;
use crate::support::gateway::run;
use serde_json::{Value, json};

async fn make_key(gateway: &Gateway, mut body: Value) -> Answer {
    body["name"] = json!("k");
    gateway.admin(Method::POST, "/api/v1/keys", Some(&body)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_meant_is_refused() {
    let (_upstream, gateway) = set_up().await;
    let more = |limit: Value| json!({ "limits": { "more": [limit] } });
    let tokens = |member: &str, value: Value| {
        let mut limit = json!({ "unit": "tokens", "limit": 10, "per": "hour" });
        limit[member] = value;
        more(limit)
    };
    for (body, field) in [
        (json!({"denied_tools": ["*delete"]}), "denied_tools"),
        (json!({"tools": ["db_*_drop"]}), "tools"),
        (json!({"models": ["demo/*t"]}), "models"),
        (json!({"models": ["a**"]}), "models"),
        (tokens("models", json!(["*-large"])), "limits.more[0].models"),
        (tokens("providers", json!(["az*re"])), "limits.more[0].providers"),
        (tokens("limit_usd", json!(1)), "limits.more[0].limit_usd"),
        (tokens("burst", json!(5)), "limits.more[0].burst"),
        (more(json!({"unit": "cost", "limit": 10, "limit_usd": 1})), "limits.more[0].limit"),
        (json!({"limits": {"rpm": 5, "burst": 100}}), "limits.burst"),
        (json!({"limits": {"max_parallel": 5_000_000_000_u64}}), "limits.max_parallel"),
        (json!({"limits": {"rpm": 1_000_000_001}}), "limits.rpm"),
    ] {
        refused(&make_key(&gateway, body).await, 400, Some(field));
    }
    let (id, _) = gateway
        .make_key(&json!({"name": "fine", "limits": {"rpm": 5, "kind": "gcra", "burst": 3}, "denied_tools": ["db_*"]}))
        .await;
    let path = format!("keys/{id}");
    let changed = patch(&gateway, &path, &json!({"limits": {"kind": "sliding"}})).await;
    assert_eq!(changed.ok().json()["limits"]["burst"], 0, "it was of the pace");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_where_an_id_is_meant_is_refused_with_the_id() {
    let (_upstream, gateway) = set_up().await;
    let team = make(&gateway, "teams", &json!({"name": "Search"})).await;
    let answer = make_key(&gateway, json!({"team_id": "search"})).await;
    refused(&answer, 400, Some("team_id"));
    assert!(answer.text().contains(&team), "{}", answer.text());
    refused(&make_key(&gateway, json!({"metadata": {"a": "x".repeat(3 << 20)}})).await, 413, None);
    let padded = make(&gateway, "teams", &json!({"name": "  Maps "})).await;
    let shown = gateway.admin(Method::GET, &format!("/api/v1/teams/{padded}"), None).await;
    assert_eq!(shown.ok().json()["name"], "Maps");
    let (id, _) = gateway.make_key(&json!({"name": "labelled", "team_id": "quarter 3"})).await;
    let path = format!("keys/{id}");
    refused(&patch(&gateway, &path, &json!({"team_id": "Search"})).await, 400, Some("team_id"));
    patch(&gateway, &path, &json!({"team_id": team})).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_given_of_a_budget_stays() {
    let (_upstream, gateway) = set_up().await;
    let budget = json!({"limit_usd": "2.5", "period": "month", "time_zone": "Europe/Berlin", "alert_at": [50, 80],
        "strict": true, "shadow": true, "mode": "leased"});
    let (id, _) = gateway.make_key(&json!({"name": "k", "budget": budget})).await;
    let path = format!("keys/{id}");
    let until = "2100-01-01T00:00:00Z";
    let more = json!({"budget": {"increases": [{"amount_usd": "1", "until": until}]}});
    let shown = patch(&gateway, &path, &more).await.ok().json()["budget"].clone();
    for member in ["limit_usd", "period", "time_zone", "alert_at", "strict", "shadow", "mode"] {
        assert_eq!(shown[member], budget[member], "{member}");
    }
    assert_eq!(shown["limit_now_usd"], "3.5", "{shown}");
    // What is shown can be sent back as it is.
    let again = patch(&gateway, &path, &json!({ "budget": shown })).await.ok().json();
    assert_eq!(again["budget"], shown);
    let less = patch(&gateway, &path, &json!({"budget": {"time_zone": null, "alert_at": null}})).await;
    let less = less.ok().json()["budget"].clone();
    assert_eq!(
        (&less["time_zone"], &less["alert_at"], &less["strict"]),
        (&Value::Null, &json!([]), &json!(true))
    );
    refused(&patch(&gateway, &path, &json!({"budget": {"limit": 1}})).await, 400, Some("budget"));
    let gone = patch(&gateway, &path, &json!({"budget": null})).await.ok().json();
    assert_eq!(gone["budget"], Value::Null);
    refused(&patch(&gateway, &path, &json!({"budget": {"alert_at": [5]}})).await, 400, Some("budget"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_team_has_key_names_of_its_own() {
    let (_upstream, gateway) = set_up().await;
    let (one, two) = (
        make(&gateway, "teams", &json!({"name": "one"})).await,
        make(&gateway, "teams", &json!({"name": "two"})).await,
    );
    let project = make(&gateway, "projects", &json!({"name": "p", "team_id": one})).await;
    let prod = |team: &str| json!({"name": "prod", "team_id": team});
    let new_key = async |body: Value| gateway.admin(Method::POST, "/api/v1/keys", Some(&body)).await;
    let (first, key) = gateway.make_key(&prod(&one)).await;
    let (second, _) = gateway.make_key(&prod(&two)).await;
    let (third, _) = gateway.make_key(&json!({"name": "prod", "project_id": project})).await;
    refused(&new_key(prod(&one)).await, 409, Some("name"));
    refused(
        &patch(&gateway, &format!("keys/{third}"), &json!({"project_id": null})).await,
        409,
        Some("name"),
    );
    refused(&patch(&gateway, &format!("keys/{second}"), &json!({"team_id": one})).await, 409, Some("name"));
    // A label is nobody's.
    let labelled = |team: &str| json!({"name": "labelled", "team_id": team, "project_id": "web"});
    assert_eq!(new_key(labelled(&one)).await.status, 201);
    assert_eq!(new_key(labelled(&two)).await.status, 201);
    let url = format!("http://{}", gateway.addr);
    let (code, _, err) = run(&["keys", "get", "prod", "--url", &url, "--key", MASTER]).await;
    assert!(code != 0 && [&first, &second, &third].iter().all(|id| err.contains(&***id)), "{err}");
    let file = |keys: &str| {
        let text = format!("teams:\n- name: one\n  keys: [{{ name: test }}]\n- name: two\n  keys: {keys}\n");
        json!({"files": [{"name": "t.yaml", "text": text}]})
    };
    let apply = async |body: Value| gateway.admin(Method::POST, "/api/v1/apply", Some(&body)).await;
    let twice = apply(file("[{ name: test }, { name: test }]")).await;
    assert!(twice.status == 400 && twice.text().contains("already"), "{}", twice.text());
    let done = apply(file("[{ name: test }]")).await.ok().json();
    let made: Vec<&Value> = done["keys"].as_array().unwrap().iter().map(|key| &key["name"]).collect();
    assert_eq!(made, ["one/test", "two/test"], "{done}");
    let again = apply(file("[{ name: test }]")).await.ok().json();
    assert_eq!(again["changes"], json!([]), "{again}");

    let gateway = gateway.restart().await;
    assert_eq!(ask(&gateway, &key).await.status, 200);
    let new_key = async |body: Value| gateway.admin(Method::POST, "/api/v1/keys", Some(&body)).await;
    refused(&new_key(prod(&one)).await, 409, Some("name"));
    patch(&gateway, &format!("keys/{second}"), &json!({"name": "free"})).await.ok();
    assert_eq!(new_key(prod(&two)).await.status, 201);
}

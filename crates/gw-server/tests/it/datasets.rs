//! Datasets: collected from records, brought along and taken away, changed, and seen by whom they are for; their items stay when
//! the records go, and nothing of them lies in the clear.

use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, chat_stream, eventually};
use http::Method;
use serde_json::{Value, json};

async fn ask(gateway: &Gateway, method: Method, path: &str, body: &Value) -> Answer {
    gateway.admin(method, &format!("/api/v1/{path}"), (!body.is_null()).then_some(body)).await
}

async fn made(gateway: &Gateway, body: Value) -> String {
    let made = ask(gateway, Method::POST, "datasets", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn kept(gateway: &Gateway, call: Call) -> String {
    let id = gateway.send(call.key(MASTER)).await.request_id();
    let path = format!("/api/v1/logs?request_id={id}&has_body=true");
    eventually("bodies are kept", async || (gateway.rows(&path).await.len() == 1).then_some(())).await;
    id
}

async fn items(gateway: &Gateway, id: &str) -> Vec<Value> {
    gateway.rows(&format!("/api/v1/datasets/{id}/items")).await
}

async fn lines(gateway: &Gateway, id: &str) -> String {
    let call = Call::get(&format!("/api/v1/datasets/{id}/export")).key(MASTER);
    let exported = gateway.send(call).await;
    assert_eq!(exported.header("content-type"), Some("application/jsonl"));
    exported.ok().text()
}

async fn import(gateway: &Gateway, id: &str, text: String) -> Answer {
    gateway.send(Call::post(&format!("/api/v1/datasets/{id}/import"), text).key(MASTER)).await
}

async fn collected(gateway: &Gateway) -> String {
    let first = kept(gateway, Call::chat(&chat("up/chat-model", "the first of three"))).await;
    let second = kept(gateway, Call::chat(&chat_stream("up/chat-model", "a stream of three"))).await;
    let third = kept(gateway, Call::chat(&chat("up/quick", "the third"))).await;
    let id = made(gateway, json!({"name": "good ones"})).await;
    let path = format!("datasets/{id}/collect");
    let filters = json!({"filters": {"model": "up/chat-model", "text": "of three"}});
    let done = ask(gateway, Method::POST, &path, &filters).await.ok().json();
    assert_eq!(done, json!({"added": 2, "known": 0, "unusable": 0, "unread": 0, "next_cursor": null}));
    let again = ask(gateway, Method::POST, &path, &json!({})).await.ok().json();
    assert_eq!((&again["added"], &again["known"]), (&json!(1), &json!(2)), "each record once: {again}");
    let all = items(gateway, &id).await;
    let sources: Vec<&str> = all.iter().map(|item| item["source_request_id"].as_str().unwrap()).collect();
    assert_eq!(sources, [first.as_str(), &second, &third]);
    assert_eq!(all[0]["request"], chat("up/chat-model", "the first of three"));
    assert_eq!(all[0]["expected"], "You said: the first of three");
    assert_eq!((&all[1]["expected"], &all[1]["masked"]), (&Value::Null, &json!(false)));
    assert!(all[1]["answer"].as_str().unwrap().contains("data: [DONE]"));
    id
}

/// Everything else that is done with items, from there on.
async fn edited(gateway: &Gateway, id: &str) {
    let all = items(gateway, id).await;
    let path = format!("datasets/{id}/items");
    let changes = json!({
        "add": [{"format": "messages", "request": {"model": "m"}, "metadata": {"by": "hand"}}],
        "change": [{"id": all[1]["id"], "expected": "something", "answer": null}],
        "remove": [all[2]["id"]],
    });
    let done = ask(gateway, Method::PATCH, &path, &changes).await.ok().json();
    let now = items(gateway, id).await;
    assert_eq!(now.len(), 3);
    assert_eq!((&now[1]["expected"], &now[1]["answer"]), (&json!("something"), &Value::Null));
    assert_eq!(
        (&now[1]["request"], &now[1]["source_request_id"]),
        (&all[1]["request"], &all[1]["source_request_id"])
    );
    assert_eq!((&now[2]["id"], &now[2]["format"]), (&done["added"][0], &json!("messages")));
    let wrong = [
        (json!({"add": [{"request": 5}]}), "request"),
        (json!({"add": [{"request": {}, "format": "passthrough"}]}), "format"),
        (json!({"add": [{"request": {}}], "remove": [all[2]["id"]]}), "id"),
        (json!({"change": [{"expected": "x"}]}), "id"),
    ];
    for (body, field) in wrong {
        let refused = ask(gateway, Method::PATCH, &path, &body).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text());
        assert_eq!(refused.json()["error"]["field"], field, "{body}");
    }
    assert_eq!(items(gateway, id).await, now, "all or nothing");
    // Taken away and brought to another one.
    let exported = lines(gateway, id).await;
    assert_eq!(exported.lines().count(), 3);
    let other = made(gateway, json!({"name": "copy", "description": "of the good ones"})).await;
    assert_eq!(
        import(gateway, &other, exported.clone()).await.ok().json()["added"].as_array().unwrap().len(),
        3
    );
    let contents = |all: &[Value]| -> Vec<Value> {
        let of = |item: &Value| {
            json!([item["format"], item["request"], item["expected"], item["answer"], item["metadata"]])
        };
        all.iter().map(of).collect()
    };
    assert_eq!(contents(&items(gateway, &other).await), contents(&now));
    let broken = import(gateway, &other, format!("{exported}\n{{\"request\":")).await;
    assert!(broken.status == 400 && broken.text().contains("line 5"), "{}", broken.text());
    assert_eq!(import(gateway, &other, "\n".to_owned()).await.status, 400);
    let shown = ask(gateway, Method::GET, &format!("datasets/{other}"), &Value::Null).await.ok().json();
    assert_eq!((&shown["items"], &shown["description"]), (&json!(3), &json!("of the good ones")));
    let page =
        gateway.send(Call::get(&format!("/api/v1/datasets/{other}/items?limit=2")).key(MASTER)).await.json();
    let rest = format!("/api/v1/datasets/{other}/items?cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!((page["data"].as_array().unwrap().len(), gateway.rows(&rest).await.len()), (2, 1));
    assert_eq!(ask(gateway, Method::DELETE, &format!("datasets/{other}"), &Value::Null).await.status, 204);
    ask(gateway, Method::GET, &format!("datasets/{other}/items"), &Value::Null)
        .await
        .refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_are_collected_changed_taken_away_and_brought_along() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}\nrecords: {{ logging: full }}\n", upstream.providers())).await;
    let id = collected(&gateway).await;
    edited(&gateway, &id).await;
    let before = lines(&gateway, &id).await;
    let gateway = gateway.restart().await;
    assert_eq!(lines(&gateway, &id).await, before);
    // Nothing of it can be read in the file.
    let file = gateway.folder().join("data/gatewright.db");
    for name in [file.clone(), file.with_extension("db-wal")] {
        let bytes = std::fs::read(&name).unwrap_or_default();
        let has = bytes.windows(12).any(|window| window == b"first of thr");
        assert!(!has, "{}", name.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_so_they_are_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("datasets");
    let variables =
        [("GATEWRIGHT_DATABASE_URL", url.as_str()), ("GATEWRIGHT_ENCRYPTION_KEY", "of the tests")];
    let config = format!("{}\nrecords: {{ logging: full }}\n", upstream.providers());
    let gateway = Gateway::start_with(&config, &variables).await;
    let id = collected(&gateway).await;
    edited(&gateway, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_collects_what_he_may_see_and_shares_it_with_nobody_but_who_looks_after_it() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}\nrecords: {{ logging: full }}\n", upstream.providers())).await;
    let make = async |resource: &str, body: Value| {
        let made = ask(&gateway, Method::POST, resource, &body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()
    };
    let team = make("teams", json!({"name": "t"})).await["id"].clone();
    let mut people = Vec::new();
    for (name, role) in [("ada", "member"), ("ben", "member"), ("cay", "admin")] {
        let member = json!([{"account_id": team, "role": role}]);
        let email = format!("{name}@example.com");
        let user = make("users", json!({"name": name, "email": email, "memberships": member})).await;
        let token = make("admin-tokens", json!({"name": name, "user_id": user["id"]})).await;
        people.push((user["id"].clone(), token["token"].as_str().unwrap().to_owned()));
    }
    let mut keys = Vec::new();
    for (user, _) in &people {
        keys.push(gateway.make_key(&json!({"name": user, "team_id": team, "user_id": user})).await.1);
    }
    for key in &keys {
        let id = gateway.send(Call::chat(&chat("up/chat-model", "mine")).key(key)).await.request_id();
        let path = format!("/api/v1/logs?request_id={id}&has_body=true");
        eventually("bodies are kept", async || (gateway.rows(&path).await.len() == 1).then_some(())).await;
    }
    let by = async |token: &str, method: Method, path: &str, body: Value| {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        gateway.send(Call::post(&format!("/api/v1/{path}"), text).method(method).key(token)).await
    };
    let [(_, ada), (_, ben), (_, cay)] = &people[..] else { panic!() };
    let body = json!({"name": "ada's", "account_id": team});
    let id = by(ada, Method::POST, "datasets", body).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("datasets/{id}");
    let collect = format!("{path}/collect");
    assert_eq!(
        by(ada, Method::POST, &collect, json!({})).await.ok().json()["added"],
        1,
        "her own call alone"
    );
    by(ben, Method::GET, &format!("{path}/items"), Value::Null).await.refused(404, "not_found");
    by(ben, Method::POST, &collect, json!({})).await.refused(404, "not_found");
    assert_eq!(by(cay, Method::POST, &collect, json!({})).await.ok().json()["added"], 2, "all of the team");
    // It has others' calls now, which a member does not see.
    let refused = by(ada, Method::GET, &format!("{path}/items"), Value::Null).await;
    refused.refused(403, "permission_denied");
    by(cay, Method::GET, &format!("{path}/items"), Value::Null).await.ok();
    let looks = gateway.rows("/api/v1/audit?kind=dataset").await;
    let actions: Vec<&str> = looks.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["dataset.read", "dataset.collect", "dataset.collect", "dataset.create"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_keeps_for_himself_is_looked_after_and_not_opened_by_who_left() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}\nrecords: {{ logging: full }}\n", upstream.providers())).await;
    let make = async |resource: &str, body: Value| {
        let made = ask(&gateway, Method::POST, resource, &body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()
    };
    let team = make("teams", json!({"name": "one"})).await["id"].clone();
    let other = make("teams", json!({"name": "two"})).await["id"].clone();
    let mut people = Vec::new();
    for (name, at, role) in [("ada", &team, "member"), ("cay", &team, "admin"), ("dan", &other, "admin")] {
        let member = json!([{"account_id": at, "role": role}]);
        let email = format!("{name}@example.com");
        let user = make("users", json!({"name": name, "email": email, "memberships": member})).await;
        let token = make("admin-tokens", json!({"name": name, "user_id": user["id"]})).await;
        people.push((user["id"].clone(), token["token"].as_str().unwrap().to_owned()));
    }
    let [(ada_id, ada), (_, cay), (_, dan)] = &people[..] else { panic!() };
    let key = gateway.make_key(&json!({"name": "k", "team_id": team, "user_id": ada_id})).await.1;
    let call = gateway.send(Call::chat(&chat("up/chat-model", "mine")).key(&key)).await.request_id();
    let path = format!("/api/v1/logs?request_id={call}&has_body=true");
    eventually("bodies are kept", async || (gateway.rows(&path).await.len() == 1).then_some(())).await;
    let by = async |token: &str, method: Method, path: &str, body: Value| {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        gateway.send(Call::post(&format!("/api/v1/{path}"), text).method(method).key(token)).await
    };
    let own = async |name: &str| {
        let made = by(ada, Method::POST, "datasets", json!({"name": name})).await.json();
        let id = made["id"].as_str().unwrap().to_owned();
        let collected = by(ada, Method::POST, &format!("datasets/{id}/collect"), json!({})).await;
        assert_eq!(collected.ok().json()["added"], 1);
        id
    };
    let (first, second) = (own("first").await, own("second").await);
    // Whoever looks after the team sees and removes it, and nobody who looks after another one.
    let items = format!("datasets/{first}/items");
    by(cay, Method::GET, &items, Value::Null).await.ok();
    by(dan, Method::GET, &items, Value::Null).await.refused(404, "not_found");
    by(dan, Method::DELETE, &format!("datasets/{first}"), Value::Null).await.refused(404, "not_found");
    assert_eq!(by(cay, Method::DELETE, &format!("datasets/{first}"), Value::Null).await.status, 204);
    // Who left the team has it in her list, and does not see what is in it any more.
    let items = format!("datasets/{second}/items");
    by(ada, Method::GET, &items, Value::Null).await.ok();
    let moved = json!({"memberships": [{"account_id": other, "role": "member"}]});
    ask(&gateway, Method::PATCH, &format!("users/{}", ada_id.as_str().unwrap()), &moved).await.ok();
    by(ada, Method::GET, &format!("datasets/{second}"), Value::Null).await.ok();
    for path in [items.clone(), format!("datasets/{second}/export")] {
        let refused = by(ada, Method::GET, &path, Value::Null).await;
        refused.refused(403, "permission_denied");
        assert_eq!(refused.json()["error"]["missing_permission"], "bodies:read");
    }
    by(cay, Method::GET, &items, Value::Null).await.ok();
    by(dan, Method::GET, &items, Value::Null).await.refused(404, "not_found");
    // What is hers alone goes with her, and what she shared stays.
    let shared = made(&gateway, json!({"name": "of the team", "account_id": team})).await;
    let by_hand = by(ada, Method::POST, "datasets", json!({"name": "by hand"})).await.json()["id"].clone();
    by(dan, Method::GET, &format!("datasets/{}", by_hand.as_str().unwrap()), Value::Null).await.ok();
    let gone = ask(
        &gateway,
        Method::DELETE,
        &format!("users/{}?cascade=true", ada_id.as_str().unwrap()),
        &Value::Null,
    )
    .await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    let left = gateway.rows("/api/v1/datasets").await;
    assert_eq!(left.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), [shared]);
}

/// A text that cannot be made smaller.
fn noise(length: usize) -> String {
    // A generator of its own: what the items say must not depend on chance.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ length as u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'0' + u8::try_from(state % 75).unwrap())
    };
    (0..length).map(|_| letter()).filter(|letter| *letter != '\\').collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_items_are_bounded_and_come_in_pieces() {
    let upstream = Upstream::start().await;
    let most = "records: { max_page_bytes: 65536 }\ndatasets: { max_bytes: 1048576, max_items: 30 }\n";
    let gateway = Gateway::start(&format!("{}{most}", upstream.providers())).await;
    let id = made(&gateway, json!({"name": "large ones"})).await;
    let path = format!("datasets/{id}/items");
    let add = |count: usize, bytes: usize| {
        let items: Vec<Value> =
            (0..count).map(|number| json!({"request": chat("any", &noise(bytes + number))})).collect();
        json!({ "add": items })
    };
    let full = async |body: Value| {
        let refused = ask(&gateway, Method::PATCH, &path, &body).await;
        assert_eq!(refused.status, 409, "{}", refused.text());
        refused.text()
    };
    // Three times some 31,000 bytes are more than is read at once.
    ask(&gateway, Method::PATCH, &path, &add(7, 40_000)).await.ok();
    let page = ask(&gateway, Method::GET, &format!("{path}?limit=100"), &Value::Null).await.ok().json();
    let shown = page["data"].as_array().unwrap().len();
    assert!((1..7).contains(&shown) && page["next_cursor"].is_string(), "{shown} items");
    assert_eq!(items(&gateway, &id).await.len(), 7);
    assert_eq!(lines(&gateway, &id).await.lines().count(), 7, "an export has all");
    // The last page of a list says that it is the last.
    let last = ask(&gateway, Method::GET, &format!("{path}?limit=7"), &Value::Null).await.ok().json();
    assert!(last["next_cursor"].is_string() == (last["data"].as_array().unwrap().len() < 7));

    let text = full(add(2, 600_000)).await;
    assert!(text.contains("datasets.max_bytes") && text.contains("1048576"), "{text}");
    let text = full(add(24, 10)).await;
    assert!(text.contains("datasets.max_items"), "{text}");
    ask(&gateway, Method::PATCH, &path, &add(1, 600_000)).await.ok();
    full(add(1, 600_000)).await;
    // Room is made by taking some out.
    let all = items(&gateway, &id).await;
    let body = json!({ "remove": [all.last().unwrap()["id"]] });
    ask(&gateway, Method::PATCH, &path, &body).await.ok();
    ask(&gateway, Method::PATCH, &path, &add(1, 600_000)).await.ok();
}

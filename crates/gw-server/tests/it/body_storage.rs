//! Bodies of calls in object storage: they go there by themselves and are read from there, also after a restart and by other
//! gateways; a storage that is away, or refuses, is in the way of nothing; what is to go early goes from there too.

use super::support::gateway::run;
use super::support::object_storage::ObjectStorage;
use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually, eventually_within};
use http::Method;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Within that, what waits is in the storage: it is tried again after a pause.
const SENT: Duration = Duration::from_secs(30);

fn config(upstream: &Upstream, storage: &ObjectStorage, more: &str) -> String {
    let s3 = storage.settings();
    format!(
        "{}\nrecords: {{ logging: full, bodies_in: s3, body_upload_seconds: 1, s3: {s3}{more} }}\n",
        upstream.providers()
    )
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("data/bodies")).map_or(0, Iterator::count)
}

async fn bodies(gateway: &Gateway, id: &str) -> Answer {
    gateway.admin(Method::GET, &format!("/api/v1/logs/{id}/bodies"), None).await
}

/// What is kept of a call's request, if anything.
async fn said(gateway: &Gateway, id: &str) -> Option<String> {
    let answer = bodies(gateway, id).await;
    (answer.status == 200).then(|| answer.json()["request"]["body"].as_str().unwrap().to_owned())
}

/// Makes a call; its bodies are kept when this returns.
async fn say(gateway: &Gateway, text: &str) -> String {
    let id = gateway.send(Call::chat(&chat("up/chat-model", text)).key(MASTER)).await.ok().request_id();
    eventually("bodies are kept", async || said(gateway, &id).await).await;
    id
}

/// Waits until nothing is here any more.
async fn all_sent(gateway: &Gateway) {
    eventually_within(SENT, "all is in the storage", async || (files(gateway.folder()) == 0).then_some(()))
        .await;
}

fn segments(storage: &ObjectStorage) -> usize {
    storage.names().iter().filter(|name| name.ends_with(".bodies")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_go_there_by_themselves_and_are_read_in_pieces() {
    let (upstream, storage) = (Upstream::start().await, ObjectStorage::start().await);
    // What nobody knows of goes when its time is long over.
    storage.put("bodies/00000007-00000001.bodies", b"old");
    storage.put("bodies/not a segment", b"of somebody else");
    let mut gateway = Gateway::start(&config(&upstream, &storage, "")).await;
    let first = say(&gateway, "the first of three").await;
    let second = say(&gateway, "the second of three").await;
    all_sent(&gateway).await;
    let third = say(&gateway, "the third of three").await;
    all_sent(&gateway).await;
    for (id, text) in [(&first, "first"), (&second, "second"), (&third, "third")] {
        assert!(said(&gateway, id).await.unwrap().contains(text));
    }
    let reads = storage.heads("GET /calls/gw%20test/bodies/");
    assert!(!reads.is_empty() && reads.iter().all(|head| head.contains("range: bytes=")), "{reads:?}");
    assert_eq!(gateway.rows("/api/v1/logs?text=of%20three").await.len(), 3);
    assert_eq!(gateway.rows("/api/v1/logs?has_body=true").await.len(), 3);
    assert!(!storage.holds(b"of three"), "they are sealed");
    assert!(gateway.metric("gatewright_record_body_segments_sent_total").await >= 2.0);
    assert!(gateway.stop().await.success(), "{}", gateway.log());
    // Whoever keeps new ones elsewhere has what is there already all the same.
    let elsewhere = config(&upstream, &storage, "").replace("bodies_in: s3", "bodies_in: database");
    gateway.write_config(&elsewhere);
    let gateway = gateway.restart().await;
    assert!(said(&gateway, &first).await.unwrap().contains("first"));
    let (_, key) = gateway.make_key(&json!({"name": "again", "logging": "metadata"})).await;
    let path = format!("/api/v1/logs/{second}/replay");
    let replayed = gateway.admin(Method::POST, &path, Some(&json!({"key": key}))).await;
    assert_eq!(replayed.status, 200, "{}", replayed.text());
    say(&gateway, "a fourth one").await;
    assert_eq!(files(gateway.folder()), 0);
    assert!(segments(&storage) >= 2);
    let left = storage.names();
    assert!(left.iter().any(|name| name.ends_with("/not a segment")), "{left:?}");
    assert!(!left.iter().any(|name| name.contains("/00000007-")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_when_a_gateway_ends_is_sent() {
    let (upstream, storage) = (Upstream::start().await, ObjectStorage::start().await);
    let slow =
        config(&upstream, &storage, "").replace("body_upload_seconds: 1,", "body_upload_seconds: 3600,");
    let mut gateway = Gateway::start(&slow).await;
    let id = say(&gateway, "the last word").await;
    assert_eq!((files(gateway.folder()), segments(&storage)), (1, 0));
    assert!(gateway.stop().await.success(), "{}", gateway.log());
    assert_eq!((files(gateway.folder()), segments(&storage)), (0, 1));
    let gateway = gateway.restart().await;
    assert!(said(&gateway, &id).await.unwrap().contains("the last word"));
    // A storage that is away keeps nobody from ending.
    say(&gateway, "after the last word").await;
    storage.go_down().await;
    let mut gateway = gateway;
    assert!(gateway.stop().await.success(), "{}", gateway.log());
    assert_eq!(files(gateway.folder()), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_sent_yet_outlives_the_process_and_a_storage_that_is_away() {
    let (upstream, storage) = (Upstream::start().await, ObjectStorage::start().await);
    storage.go_down().await;
    let mut gateway = Gateway::start(&config(&upstream, &storage, "")).await;
    let mut ids = vec![say(&gateway, "while it is away").await];
    eventually_within(SENT, "it is tried", async || {
        (gateway.metric("gatewright_record_body_storage_failures_total").await > 0.0).then_some(())
    })
    .await;
    ids.push(say(&gateway, "away still").await);
    gateway.kill().await;
    let gateway = gateway.restart().await;
    ids.push(say(&gateway, "and after a restart").await);
    assert!(files(gateway.folder()) >= 2 && storage.names().is_empty());
    for id in &ids {
        assert!(said(&gateway, id).await.is_some(), "they are read here");
    }
    assert_eq!(gateway.rows("/api/v1/logs?text=away").await.len(), 2);
    storage.come_back().await;
    all_sent(&gateway).await;
    for id in &ids {
        assert!(said(&gateway, id).await.is_some(), "they are read there");
    }
    assert_eq!(gateway.metric("gatewright_record_bodies_dropped_total").await, 0.0);
    // What is there cannot be read while it is away, which is said.
    let last = say(&gateway, "a last one").await;
    all_sent(&gateway).await;
    storage.go_down().await;
    let answer = bodies(&gateway, &last).await;
    answer.refused(503, "bodies_unavailable");
    assert!(answer.text().contains("cannot be read now"), "{}", answer.text());
    let path = format!("/api/v1/logs/{last}/replay");
    let (_, key) = gateway.make_key(&json!({"name": "again"})).await;
    gateway.admin(Method::POST, &path, Some(&json!({"key": key}))).await.refused(503, "bodies_unavailable");
    gateway.send(Call::chat(&chat("up/chat-model", "calls go on")).key(MASTER)).await.ok();
    storage.come_back().await;
    eventually_within(SENT, "it is asked again", async || said(&gateway, &last).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_does_not_find_the_storage_is_not_taken_for_a_storage_without_objects() {
    let (upstream, storage) = (Upstream::start().await, ObjectStorage::start().await);
    let mut gateway = Gateway::start(&config(&upstream, &storage, "")).await;
    let id = say(&gateway, "behind a proxy").await;
    all_sent(&gateway).await;
    // A copy that was left when a gateway was killed goes with the next start.
    gateway.kill().await;
    let copy = gateway.folder().join("data/bodies-rewritten.tmp");
    std::fs::write(&copy, b"what is to go").unwrap();
    let gateway = gateway.restart().await;
    eventually("the copy is gone", async || (!copy.exists()).then_some(())).await;
    storage.lose(true);
    bodies(&gateway, &id).await.refused(503, "bodies_unavailable");
    // Who collects, or exports, hears of it in place of passing over.
    let made = gateway.admin(Method::POST, "/api/v1/datasets", Some(&json!({"name": "all"}))).await;
    let path = format!("/api/v1/datasets/{}/collect", made.json()["id"].as_str().unwrap());
    for filters in [json!({}), json!({"text": "proxy"})] {
        let answer = gateway.admin(Method::POST, &path, Some(&json!({"filters": filters}))).await;
        answer.refused(503, "bodies_unavailable");
    }
    let wanted = json!({"format": "jsonl", "with_bodies": true});
    let export = gateway.admin(Method::POST, "/api/v1/exports", Some(&wanted)).await;
    assert_eq!(export.status, 201, "{}", export.text());
    let export = format!("/api/v1/exports/{}", export.json()["id"].as_str().unwrap());
    eventually("it is begun", async || {
        let export = gateway.admin(Method::GET, &export, None).await.ok().json();
        (export["state"] == "running").then_some(())
    })
    .await;
    storage.lose(false);
    let done = eventually_within(SENT, "the export is done", async || {
        let export = gateway.admin(Method::GET, &export, None).await.ok().json();
        (export["state"] == "done").then_some(export)
    })
    .await;
    assert_eq!(
        (&done["records"], &done["without_bodies"], &done["tries"]),
        (&json!(1), &json!(0), &json!(1))
    );
    let file = gateway.admin(Method::GET, &format!("{export}/download"), None).await.ok().text();
    assert!(file.contains("behind a proxy"), "{file}");
    let collected = gateway.admin(Method::POST, &path, Some(&json!({}))).await.ok().json();
    assert_eq!((&collected["added"], &collected["unread"]), (&json!(1), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storage_that_refuses_is_in_the_way_of_nothing_and_what_waits_is_bounded() {
    let (upstream, storage) = (Upstream::start().await, ObjectStorage::start().await);
    let more = ", body_spool_bytes: 1048576, body_segment_bytes: 1048576, max_body_bytes: 1048576";
    let right = config(&upstream, &storage, more);
    let wrong = right.replace("secret_access_key: SK", "secret_access_key: another");
    let gateway = Gateway::start(&wrong).await;
    let noise = |bytes: usize| -> String {
        let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
        (0..bytes).map(|_| char::from(letters[usize::from(fastrand::u8(..)) % 64])).collect()
    };
    let kept = say(&gateway, &noise(400_000)).await;
    let mut calls = 1;
    eventually_within(SENT, "too much waits", async || {
        let call = Call::chat(&chat("up/chat-model", &noise(400_000))).key(MASTER);
        gateway.send(call).await.ok();
        calls += 1;
        (gateway.metric("gatewright_record_bodies_dropped_total").await > 0.0).then_some(())
    })
    .await;
    assert!(gateway.metric("gatewright_record_body_spool_bytes").await <= 1_048_576.0);
    assert!(said(&gateway, &kept).await.is_some(), "what is kept is read here");
    eventually("every call has its record", async || {
        (gateway.rows("/api/v1/logs?limit=1000").await.len() == calls).then_some(())
    })
    .await;
    let refusals = eventually_within(SENT, "it refuses", async || {
        let heads = storage.heads("PUT ");
        (!heads.is_empty()).then_some(heads)
    })
    .await;
    assert!(storage.names().is_empty(), "{refusals:?}");
    eventually_within(SENT, "it is logged why", async || {
        gateway.log().contains("SignatureDoesNotMatch").then_some(())
    })
    .await;
    gateway.write_config(&right);
    let gateway = gateway.restart().await;
    all_sent(&gateway).await;
    assert!(said(&gateway, &kept).await.is_some());
    say(&gateway, "there is room again").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_organization_wants_gone_early_goes_from_there_and_the_rest_stays() {
    let (upstream, storage) = (Upstream::start().await, ObjectStorage::start().await);
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let data = folder.path().join("data").display().to_string();
    let seed =
        ["emulate", "--seed-records", "2000", "--days", "5", "--with-bodies", "100", "--data-dir", &data];
    let (code, _, problem) = run(&seed).await;
    assert_eq!(code, 0, "{problem}");
    let config = config(&upstream, &storage, "");
    std::fs::write(folder.path().join("gatewright.yaml"), config).unwrap();
    // Files that are there already are sent, too.
    let gateway = Gateway::start_in(folder, "127.0.0.1:0").await;
    all_sent(&gateway).await;
    let before = segments(&storage);
    assert!(before > 0);
    let rows = gateway.rows("/api/v1/logs?limit=1000&has_body=true").await;
    let oldest = rows.iter().rfind(|row| row["organization_id"].is_string()).unwrap();
    let (organization, id) = (oldest["organization_id"].as_str().unwrap(), oldest["id"].as_str().unwrap());
    let other =
        rows.iter().rfind(|row| row["organization_id"].as_str().is_some_and(|other| other != organization));
    let other = other.unwrap()["id"].as_str().unwrap();
    assert!(said(&gateway, id).await.is_some() && said(&gateway, other).await.is_some());
    let puts = storage.heads("PUT ").len();
    let path = format!("/api/v1/organizations/{organization}");
    gateway.admin(Method::PATCH, &path, Some(&json!({"body_retention_days": 1}))).await.ok();
    eventually_within(Duration::from_secs(60), "old bodies of the organization go", async || {
        (bodies(&gateway, id).await.status == 404).then_some(())
    })
    .await;
    eventually_within(Duration::from_secs(60), "objects are written anew or removed", async || {
        (storage.heads("PUT ").len() > puts || segments(&storage) < before).then_some(())
    })
    .await;
    assert!(said(&gateway, other).await.is_some(), "others keep theirs");
}

async fn node(config: &str) -> Gateway {
    Gateway::start_with(config, &[("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_gateway_says_that_they_are_not_there_yet_and_reads_them_once_they_are() {
    let Some(server) = Postgres::start() else { return };
    let (upstream, storage) = (Upstream::start().await, ObjectStorage::start().await);
    let config =
        format!("{}database_url: {}\n", config(&upstream, &storage, ""), server.database("bodies_in_s3"));
    storage.go_down().await;
    let (here, there) = tokio::join!(node(&config), node(&config));
    let id = say(&here, "said at one of two").await;
    let answer = bodies(&there, &id).await;
    answer.refused(503, "bodies_unavailable");
    assert!(answer.text().contains("not in object storage yet"), "{}", answer.text());
    assert_eq!(there.rows("/api/v1/logs?text=one%20of%20two").await.len(), 0);
    assert_eq!(here.rows("/api/v1/logs?text=one%20of%20two").await.len(), 1);
    storage.come_back().await;
    let text = eventually_within(SENT, "it is read there", async || said(&there, &id).await).await;
    assert!(text.contains("said at one of two"));
    assert_eq!(there.rows("/api/v1/logs?text=one%20of%20two").await.len(), 1);
    let other = say(&there, "said at the other").await;
    all_sent(&there).await;
    assert!(said(&here, &other).await.is_some());
    // A gateway that is gone takes nothing with it.
    drop(here);
    assert!(said(&there, &id).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_postgresql_they_stand_in_files_of_a_node_or_of_all() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let shared = tempfile::tempdir().unwrap();
    let config = |url: &str, more: &str| {
        let records = format!("records: {{ logging: full, bodies_in: files{more} }}");
        format!("{}\n{records}\ndatabase_url: {url}\n", upstream.providers())
    };
    let alone = config(&server.database("bodies_of_a_node"), "");
    let (here, there) = tokio::join!(node(&alone), node(&alone));
    let id = say(&here, "in files of one").await;
    assert_eq!((files(here.folder()), files(there.folder())), (1, 0));
    let answer = bodies(&there, &id).await;
    answer.refused(503, "bodies_unavailable");
    assert!(answer.text().contains("bodies_directory"), "{}", answer.text());
    let mut here = here;
    here.kill().await;
    let here = here.restart().await;
    assert!(said(&here, &id).await.unwrap().contains("in files of one"));
    drop((here, there));
    let together = config(
        &server.database("bodies_of_all"),
        &format!(", bodies_directory: \"{}\"", shared.path().join("bodies").display()),
    );
    let (here, there) = tokio::join!(node(&together), node(&together));
    let ids = [say(&here, "said at one").await, say(&there, "said at the other").await];
    for (gateway, id) in [(&here, &ids[1]), (&there, &ids[0])] {
        assert!(said(gateway, id).await.is_some());
    }
    assert_eq!(std::fs::read_dir(shared.path().join("bodies")).unwrap().count(), 2, "one for each node");
    assert_eq!(here.rows("/api/v1/logs?text=said%20at").await.len(), 2);
}

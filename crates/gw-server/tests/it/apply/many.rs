//! Ten thousand keys at once, on SQLite and on PostgreSQL, and two nodes.

use super::super::support::eventually_within;
use super::super::support::postgres::Postgres;
use super::{Gateway, Site, Upstream};
use std::fmt::Write;
use std::time::{Duration, Instant};

const KEYS: usize = 10_000;

/// Longest time for all of them, of a program that is not optimised and beside other tests; alone it is a few seconds.
const LONGEST: Duration = Duration::from_secs(120);

/// A hundred teams with a hundred keys each.
fn document() -> String {
    let mut text = String::from("organizations:\n  - name: Acme\n    teams:\n");
    for team in 0..100 {
        writeln!(text, "      - name: team-{team}\n        limits: {{ rpm: 1000 }}\n        keys:").unwrap();
        for key in 0..KEYS / 100 {
            writeln!(
                text,
                "          - {{ name: key-{team}-{key}, models: [up/chat-model], limits: {{ rpm: 60 }}, \
                 budget: {{ limit_usd: 5, period: month }} }}"
            )
            .unwrap();
        }
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "the time that it takes is what is tested")]
async fn apply_twice(site: &Site) {
    let (text, began) = (document(), Instant::now());
    let done = site.apply(&text, &[]).await.ok();
    let took = began.elapsed();
    assert!(took < LONGEST, "{took:?}");
    assert!(done.out.contains("done: 10101 create"), "{}", done.out.lines().last().unwrap_or_default());
    let again = site.apply(&text, &[]).await.ok();
    assert!(again.out.contains("no changes: 10101 entries"), "{}", again.out);
    site.ask(&site.key("key-42-7")).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_keys_are_applied_at_once() {
    let site = Site::start().await;
    apply_twice(&site).await;
    let gateway = site.gateway.restart().await;
    assert_eq!(gateway.rows("/api/v1/keys?limit=10000").await.len(), KEYS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_keys_are_applied_on_postgresql_and_known_on_the_other_node() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = format!("{}database_url: {}\n", upstream.providers(), server.database("apply"));
    let variables = [("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")];
    let (gateway, other) =
        tokio::join!(Gateway::start_with(&config, &variables), Gateway::start_with(&config, &variables));
    let site = Site { gateway, _upstream: upstream, folder: tempfile::tempdir().unwrap() };
    apply_twice(&site).await;
    let other = Site { gateway: other, ..site };
    let key = other.key("key-99-99");
    eventually_within(Duration::from_secs(60), "the other node has the last key", async || {
        (other.ask(&key).await.status == 200).then_some(())
    })
    .await;
}

//! Ten thousand keys at once, and a thousand on PostgreSQL with two nodes.

use super::super::support::eventually_within;
use super::super::support::postgres::Postgres;
use super::{Gateway, Site, Upstream};
use std::fmt::Write;
use std::time::{Duration, Instant};

const OF_TEAM: usize = 100;

/// Longest time for all of them, of a program that is not optimised and beside other tests; alone it is a few seconds.
const LONGEST: Duration = Duration::from_secs(120);

/// Teams with a hundred keys each.
fn document(teams: usize) -> String {
    let mut text = String::from("organizations:\n  - name: Acme\n    teams:\n");
    for team in 0..teams {
        writeln!(text, "      - name: team-{team}\n        limits: {{ rpm: 1000 }}\n        keys:").unwrap();
        for key in 0..OF_TEAM {
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
async fn apply_twice(site: &Site, teams: usize) {
    let (text, began) = (document(teams), Instant::now());
    let entries = 1 + teams * (1 + OF_TEAM);
    let done = site.apply(&text, &[]).await.ok();
    let took = began.elapsed();
    assert!(took < LONGEST, "{took:?}");
    assert!(
        done.out.contains(&format!("done: {entries} create")),
        "{}",
        done.out.lines().last().unwrap_or_default()
    );
    let again = site.apply(&text, &[]).await.ok();
    assert!(again.out.contains(&format!("no changes: {entries} entries")), "{}", again.out);
    site.ask(&site.key("key-4-7")).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_keys_are_applied_at_once() {
    let site = Site::start().await;
    apply_twice(&site, 100).await;
    let gateway = site.gateway.restart().await;
    assert_eq!(gateway.rows("/api/v1/keys?limit=10000").await.len(), 100 * OF_TEAM);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_keys_are_applied_on_postgresql_and_known_on_the_other_node() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = format!("{}database_url: {}\n", upstream.providers(), server.database("apply"));
    let variables = [("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")];
    let (gateway, other) =
        tokio::join!(Gateway::start_with(&config, &variables), Gateway::start_with(&config, &variables));
    let site = Site { gateway, _upstream: upstream, folder: tempfile::tempdir().unwrap() };
    apply_twice(&site, 10).await;
    let other = Site { gateway: other, ..site };
    let key = other.key("key-9-99");
    eventually_within(Duration::from_secs(60), "the other node has the last key", async || {
        (other.ask(&key).await.status == 200).then_some(())
    })
    .await;
}

//! Tests of [`super`]: a new configuration is put in force whole or not at all.
use super::*;
use crate::app::authorization::{Authority, Caller};
use gw_config::Source;
use gw_model::{KeyPolicy, NanoUsd, Secret};
use gw_pipeline::{GatewayParts, SystemClock};
use gw_store::SqliteStore;
use gw_store::audit::Origin;
use gw_store::keys::file_key_id;
use gw_store::memory::{Amounts, Chain};
use gw_store::traits::Ledger;

mod accounts;
mod called;

const PROVIDER: &str = "providers:\n  up: { kind: openai-compatible, base_url: \"http://127.0.0.1:9/v1\" }\n";

fn compiled(keys: &[(&str, &str)], revision: u64) -> Compiled {
    let mut text = format!("{PROVIDER}keys:\n");
    for (name, key) in keys {
        text.push_str(&format!(
            "  - {{ name: {name}, key: gw-{key:x<43}, budget: {{ limit_usd: 1, period: total }} }}\n"
        ));
    }
    let settings = gw_config::load(Source { name: "test", text: &text }, &gw_config::ProcessEnv).unwrap();
    gw_config::compile(&settings, Arc::new(gw_providers::catalog()), revision).unwrap()
}

fn app(dir: &Path, compiled: &Compiled) -> App {
    let clock = Arc::new(SystemClock::new());
    let storage = Arc::new(Storage::open(dir, &compiled.store, &clock).unwrap());
    let parts = GatewayParts {
        snapshot: compiled.snapshot.clone(),
        keys: Arc::clone(&storage.keys),
        objects: Arc::clone(&storage.objects),
        master: Secret::new("master".to_owned()),
        clock,
        embedding: None,
        shared: None,
    };
    App::new(Gateway::new(parts).unwrap(), storage, compiled, None).unwrap()
}

/// Whoever may do everything.
fn master() -> Caller {
    Caller { origin: Origin::system(), authority: Authority::everything() }
}

/// Revision of the snapshot, and the names of all keys.
fn state(app: &App) -> (u64, Vec<String>) {
    let mut names: Vec<_> = app.gateway.keys.list().iter().map(|key| key.name.to_string()).collect();
    names.sort();
    (app.gateway.live().snapshot.revision, names)
}

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_configuration_that_fails_at_any_point_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path(), &compiled(&[("one", "1")], 1));
    super::super::keys::create(&app, &master(), KeyPolicy { name: "api".to_owned(), ..KeyPolicy::default() })
        .unwrap();
    let before = (1, names(&["api", "one"]));
    assert_eq!(state(&app), before);

    let error = app.apply(compiled(&[("api", "3"), ("two", "2")], 2), None).unwrap_err();
    assert!(matches!(error, ApplyError::Keys(_)), "{error}");
    assert_eq!(state(&app), before, "a name that is taken");

    let mut bad = compiled(&[("two", "2")], 2);
    for provider in bad.snapshot.providers.values_mut() {
        Arc::make_mut(provider).base_url = "ftp://nowhere".into();
    }
    let error = app.apply(bad, None).unwrap_err();
    assert!(matches!(error, ApplyError::Publish(_)), "{error}");
    assert_eq!(state(&app), before, "a provider that cannot be connected to");

    let mut bad = compiled(&[("two", "2")], 2);
    let missing = dir.path().join("missing.pem").display().to_string();
    bad.server.tls = Some(gw_config::compile::TlsFiles { cert_file: missing.clone(), key_file: missing });
    let error = app.apply(bad, None).unwrap_err();
    assert!(matches!(error, ApplyError::Tls(_)), "{error}");
    assert_eq!(state(&app), before, "a certificate that is not there");

    // Somebody else writes to the database and does not end.
    let other = SqliteStore::open(&dir.path().join(gw_store::sqlite::DATABASE_FILE)).unwrap();
    other
        .fold(&mut |_| {
            let error = app.apply(compiled(&[("two", "2")], 2), None).unwrap_err();
            assert!(matches!(error, ApplyError::Keys(_)), "{error}");
            Ok(())
        })
        .unwrap();
    assert_eq!(state(&app), before, "a database that cannot be written");

    app.apply(compiled(&[("two", "2")], 2), None).unwrap();
    assert_eq!(state(&app), (2, names(&["api", "two"])));
}

#[test]
fn a_key_that_leaves_the_file_and_returns_has_spent_what_it_had() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path(), &compiled(&[("one", "1")], 1));
    let now = app.gateway.clock().now();
    let entry = app.gateway.keys.get(file_key_id("one")).unwrap();
    let mut call = Chain::new(entry.links());
    call.reserve(now, Amounts::cost(NanoUsd(500))).unwrap();
    app.apply(compiled(&[("two", "2")], 2), None).unwrap();
    assert!(entry.revoked());
    // A call that was under way ends meanwhile.
    call.settle(now, Amounts::cost(NanoUsd(300)));
    app.apply(compiled(&[("one", "1"), ("two", "2")], 3), None).unwrap();
    let again = app.gateway.keys.get(file_key_id("one")).unwrap();
    let view = again.tally.budget_views(&again.rules, now)[0];
    assert_eq!((view.spent, view.reserved), (NanoUsd(300), NanoUsd::ZERO));
    assert!(!again.revoked());
}

//! Limits of what is called are in force with the configuration that has them, and not before.
use super::*;
use crate::app::blocks::{self, BlockError, Kind};
use gw_model::snapshot::Quota;
use serde_json::Map;

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Requests a minute that the provider may get.
fn limit_of(app: &App, provider: &str) -> Option<u64> {
    let account = app.gateway.keys.accounts.get(Quota::of_provider(provider))?;
    account.version().policy.limits.rpm
}

#[test]
fn limits_whose_commit_fails_are_not_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path(), &compiled(&[("one", "1")], 1));
    let west = members(json!({
        "kind": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "api_key": "k", "limits": { "rpm": 50 },
    }));
    blocks::create(&app, &master(), Kind::Provider, "west", west.clone()).unwrap();
    assert_eq!(limit_of(&app, "west"), Some(50));
    let change = |limits: Value| {
        let given = members(json!({ "limits": limits }));
        blocks::change(&app, &master(), (Kind::Provider, "west"), given, None)
    };

    // Somebody else writes to the database and does not end.
    let other = SqliteStore::open(&dir.path().join(gw_store::sqlite::DATABASE_FILE)).unwrap();
    other
        .fold(&mut |_| {
            let error = change(json!({ "rpm": 1 })).unwrap_err();
            assert!(matches!(error, BlockError::Store(_)), "{error}");
            let error = blocks::create(&app, &master(), Kind::Provider, "east", west.clone()).unwrap_err();
            assert!(matches!(error, BlockError::Store(_)), "{error}");
            Ok(())
        })
        .unwrap();
    assert_eq!(limit_of(&app, "west"), Some(50), "what was in force before");
    assert_eq!(limit_of(&app, "east"), None, "nobody is counted who is not there");

    change(json!({ "rpm": 1 })).unwrap();
    blocks::create(&app, &master(), Kind::Provider, "east", west).unwrap();
    assert_eq!((limit_of(&app, "west"), limit_of(&app, "east")), (Some(1), Some(50)));
    // What is counted is what calls are counted by.
    let live = app.gateway.live();
    for (quota, account) in live.called() {
        assert!(Arc::ptr_eq(account, &app.gateway.keys.accounts.get(quota.id).unwrap()));
    }
}

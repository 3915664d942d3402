//! Tests of [`super`].
use super::*;
use crate::memory::NewAccount;
use gw_model::AccountPolicy;

fn table() -> KeyTable {
    KeyTable::new(vec![Secret::new("new pepper".to_owned()), Secret::new("old pepper".to_owned())])
}

fn policy(name: &str) -> KeyPolicy {
    KeyPolicy { name: name.to_owned(), ..KeyPolicy::default() }
}

fn add(table: &KeyTable, id: u128, key: &str, source: KeySource) -> Arc<KeyEntry> {
    table.upsert(KeyId(id), table.digest(key), policy(&format!("name-{id}")), false, source)
}

#[test]
fn digests_are_hmac_sha_256() {
    // RFC 4231, test case 2.
    let table = KeyTable::new(vec![Secret::new("Jefe".to_owned())]);
    let digest = table.digest("what do ya want for nothing?");
    assert_eq!(digest[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    assert_eq!(digest[28..], [0x64, 0xec, 0x38, 0x43]);
}

#[test]
fn keys_are_found_by_what_is_presented_id_and_name() {
    let table = table();
    for id in 1..=1000 {
        add(&table, id, &format!("gw-{id}"), KeySource::Api);
    }
    assert_eq!(table.len(), 1000);
    assert_eq!(table.find("gw-77", 0).unwrap().id, KeyId(77));
    assert_eq!(&*table.get(KeyId(78)).unwrap().name, "name-78");
    assert_eq!(table.by_name("", "name-79").unwrap().id, KeyId(79));
    assert!(table.find("gw-1001", 0).is_none() && table.find("", 0).is_none());
    assert!(table.list().is_sorted_by_key(|entry| entry.id));
}

#[test]
fn a_key_stored_under_an_older_pepper_still_opens() {
    let old = KeyTable::new(vec![Secret::new("old pepper".to_owned())]);
    let table = table();
    table.upsert(KeyId(1), old.digest("gw-x"), policy("x"), false, KeySource::Api);
    assert_eq!(table.find("gw-x", 0).unwrap().id, KeyId(1));
}

#[test]
fn a_change_keeps_the_counters_and_forgets_the_old_ways_in() {
    let table = table();
    let first = add(&table, 1, "gw-one", KeySource::Api);
    let second = table.upsert(KeyId(1), table.digest("gw-two"), policy("other"), false, KeySource::Api);
    assert!(Arc::ptr_eq(&first.tally, &second.tally));
    assert!(table.find("gw-one", 0).is_none() && table.by_name("", "name-1").is_none());
    assert_eq!(&*table.find("gw-two", 0).unwrap().name, "other");
    assert_eq!(table.len(), 1);
}

#[test]
fn revocation_reaches_calls_that_hold_an_older_entry() {
    let table = table();
    let held = add(&table, 1, "gw-one", KeySource::Api);
    let digest = table.digest("gw-one");
    table.upsert(KeyId(1), digest, policy("one"), true, KeySource::Api);
    assert!(held.revoked() && table.find("gw-one", 0).unwrap().revoked());
    table.upsert(KeyId(1), digest, policy("one"), false, KeySource::Api);
    assert!(!held.revoked());
    assert!(table.remove(KeyId(1)) && !table.remove(KeyId(1)));
    assert!(held.revoked() && table.find("gw-one", 0).is_none());
}

#[test]
fn a_key_that_leaves_the_file_and_returns_keeps_its_counters() {
    let table = table();
    let before = add(&table, 1, "gw-one", KeySource::File);
    table.remove(KeyId(1));
    assert!(before.revoked());
    let after = add(&table, 1, "gw-one", KeySource::File);
    assert!(Arc::ptr_eq(&before.tally, &after.tally));
    assert!(!after.revoked());
}

#[test]
fn removing_one_of_two_keys_with_one_digest_leaves_the_other() {
    let table = table();
    add(&table, 1, "gw-same", KeySource::Api);
    add(&table, 2, "gw-same", KeySource::Api);
    table.remove(KeyId(1));
    assert_eq!(table.find("gw-same", 0).unwrap().id, KeyId(2));
}

#[test]
fn a_key_that_gives_up_its_name_does_not_hide_the_one_that_took_it() {
    let table = table();
    add(&table, 1, "gw-one", KeySource::Api);
    table.upsert(KeyId(2), table.digest("gw-two"), policy("name-1"), false, KeySource::Api);
    table.upsert(KeyId(1), table.digest("gw-one"), policy("x"), false, KeySource::Api);
    assert_eq!(table.by_name("", "name-1").unwrap().id, KeyId(2));
    assert_eq!(table.by_name("", "x").unwrap().id, KeyId(1));
}

#[test]
fn a_key_can_have_spent_before_it_is_in_the_table() {
    use gw_model::NanoUsd;
    use gw_model::limits::{Budget, Period};
    let table = table();
    let spent = SpentByPeriod { total: NanoUsd(90), ..SpentByPeriod::default() };
    table.restore_spent(KeyId(1), 0, &spent);
    assert!(table.is_empty() && table.get(KeyId(1)).is_none());
    let entry = add(&table, 1, "gw-one", KeySource::File);
    let budget = Budget::new(NanoUsd(100), Period::Total);
    let rules = Rules::new(&entry.policy.limits, vec![budget]);
    assert_eq!(entry.tally.budget_views(&rules, 0)[0].spent, NanoUsd(90));
    table.restore_spent(KeyId(1), 0, &SpentByPeriod { total: NanoUsd(95), ..spent });
    assert_eq!(entry.tally.budget_views(&rules, 0)[0].spent, NanoUsd(95));
}

#[test]
fn an_entry_knows_whether_its_policy_allows_every_model() {
    let table = KeyTable::new(Vec::new());
    for (models, expected) in
        [(vec!["*"], true), (vec!["chat", "*"], true), (vec!["openai/*", "chat"], false), (vec![], false)]
    {
        let models = models.into_iter().map(str::to_owned).collect();
        let policy = KeyPolicy { terms: KeyTerms { models, ..KeyTerms::default() }, ..KeyPolicy::default() };
        let entry = table.upsert(KeyId(1), [1; 32], policy, false, KeySource::Api);
        assert_eq!(entry.allows_every_model(), expected, "{:?}", entry.policy.models);
    }
}

#[test]
fn an_earlier_secret_is_good_until_its_time_and_one_before_it_no_more() {
    let table = table();
    add(&table, 1, "gw-one", KeySource::Api);
    let rotate = |from: &str, to: &str, until| {
        let retiring = Some(Retiring { digest: table.digest(from), until });
        table.upsert_retiring(KeyId(1), table.digest(to), policy("a"), false, KeySource::Api, retiring)
    };
    rotate("gw-one", "gw-two", 100);
    let good = |key: &str, now| table.find(key, now).is_some();
    assert_eq!((good("gw-one", 99), good("gw-one", 100), good("gw-two", 100)), (true, false, true));
    // A change of the policy alone leaves both.
    rotate("gw-one", "gw-two", 100);
    assert!(good("gw-one", 99) && good("gw-two", 99));
    rotate("gw-two", "gw-three", 200);
    assert_eq!((good("gw-one", 50), good("gw-two", 150), good("gw-three", 150)), (false, true, true));
    table.remove(KeyId(1));
    assert!(!good("gw-two", 150) && !good("gw-three", 150));
}

#[test]
fn a_key_of_an_account_that_is_gone_may_call_nothing() {
    let table = table();
    let team = AccountId { level: Level::Team, number: 7 };
    let of_team = |name: &str| KeyPolicy {
        name: name.to_owned(),
        terms: KeyTerms { team_id: Some(team.to_string()), ..KeyTerms::default() },
        ..KeyPolicy::default()
    };
    let orphan = table.upsert(KeyId(1), [1; 32], of_team("orphan"), false, KeySource::Api);
    assert!(orphan.is_closed() && orphan.above().is_empty());
    let user =
        KeyPolicy { user_id: Some(AccountId { level: Level::User, number: 7 }.to_string()), ..of_team("u") };
    assert!(table.upsert(KeyId(2), [2; 32], user, false, KeySource::Api).is_closed());
    let label = KeyPolicy {
        name: "label".to_owned(),
        terms: KeyTerms { team_id: Some("core".to_owned()), ..KeyTerms::default() },
        ..KeyPolicy::default()
    };
    assert!(
        !table.upsert(KeyId(3), [3; 32], label, false, KeySource::Api).is_closed(),
        "no more than a label"
    );
    let account = NewAccount {
        id: team,
        name: "core".into(),
        parent: None,
        policy: AccountPolicy::default(),
        plan: None,
        disabled: false,
    };
    assert!(table.accounts.upsert(account).is_some());
    assert!(!table.upsert(KeyId(1), [1; 32], of_team("orphan"), false, KeySource::Api).is_closed());
}

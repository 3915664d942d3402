//! Suite: many accounts and keys at once, and which document manages what.

use super::Store;
use super::sample::NOON;
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Membership, Role};
use gw_store::StoreError;
use gw_store::types::{AccountProfile, MadeAccount, NewKey, NewSecret, TenantBatch, TenantChange};

const TEAM: AccountId = AccountId { level: Level::Team, number: 1 };
const USER: AccountId = AccountId { level: Level::User, number: 2 };
const KEY: KeyId = KeyId(7);

fn account(id: AccountId, name: &str) -> TenantChange {
    let memberships = match id.level {
        Level::User => vec![Membership::by_hand(TEAM, Role::Member)],
        _ => Vec::new(),
    };
    let email = (id.level == Level::User).then(|| format!("{name}@example.com"));
    let profile = AccountProfile { name: name.to_owned(), email, memberships, ..AccountProfile::default() };
    TenantChange::CreateAccount(MadeAccount { id, parent: None, profile })
}

fn key(id: KeyId, name: &str) -> TenantChange {
    let mut policy = KeyPolicy { name: name.to_owned(), ..KeyPolicy::default() };
    policy.team_id = Some(TEAM.to_string());
    let digest = [u8::try_from(id.0).unwrap(); 32];
    TenantChange::CreateKey(NewKey {
        id,
        digest,
        pepper: 1,
        prefix: "gw-abcde".to_owned(),
        last4: "wxyz".to_owned(),
        policy,
    })
}

fn write(store: &impl Store, changes: &[TenantChange]) -> Result<(), StoreError> {
    let batch = TenantBatch { changes, document: "main", claimed: &[], released: &[] };
    store.write_tenants(&batch, NOON)
}

pub(crate) fn many_changes_are_made_together(store: &impl Store) {
    write(store, &[account(TEAM, "core"), account(USER, "ada"), key(KEY, "one"), key(KeyId(8), "two")])
        .unwrap();
    let team = store.account(TEAM).unwrap().unwrap();
    let user = store.account(USER).unwrap().unwrap();
    assert_eq!(user.profile.memberships, [Membership::by_hand(TEAM, Role::Member)]);
    let one = store.key(KEY).unwrap().unwrap();
    assert_eq!((one.policy.name.as_str(), one.digest, one.retiring), ("one", [7; 32], None));
    assert!(one.revision > user.revision && user.revision > team.revision);
    let kinds: Vec<_> = store.changes_after(0, 10).unwrap().into_iter().map(|change| change.kind).collect();
    assert_eq!(kinds, ["team", "user", "key", "key"]);

    let secret = NewSecret {
        digest: [9; 32],
        pepper: 1,
        prefix: "gw-fghij".to_owned(),
        last4: "1234".to_owned(),
        old_until: NOON + 5,
    };
    let mut policy = one.policy.clone();
    policy.name = "first".to_owned();
    let renamed = AccountProfile { name: "heart".to_owned(), ..AccountProfile::default() };
    write(
        store,
        &[
            TenantChange::UpdateAccount { id: TEAM, profile: renamed, if_revision: team.revision },
            TenantChange::UpdateKey { id: KEY, policy, secret: Some(secret), if_revision: one.revision },
        ],
    )
    .unwrap();
    let one = store.key(KEY).unwrap().unwrap();
    assert_eq!((one.policy.name.as_str(), one.digest), ("first", [9; 32]));
    assert_eq!(one.retiring.map(|old| (old.digest, old.until)), Some(([7; 32], NOON + 5)));
    assert_eq!(store.account(TEAM).unwrap().unwrap().profile.name, "heart");

    let two = store.key(KeyId(8)).unwrap().unwrap();
    write(
        store,
        &[
            TenantChange::RevokeKey { id: two.id, if_revision: two.revision },
            TenantChange::DeleteAccount { id: USER, if_revision: user.revision },
        ],
    )
    .unwrap();
    assert!(store.account(USER).unwrap().is_none());
    assert_eq!(store.key(KeyId(8)).unwrap().unwrap().revoked_at, Some(NOON));
}

/// A change that cannot be made, and whether an error says why.
type Case = (TenantChange, fn(&StoreError) -> bool);

pub(crate) fn one_change_that_cannot_be_made_undoes_all(store: &impl Store) {
    write(store, &[account(TEAM, "core"), key(KEY, "one")]).unwrap();
    let (team, one) = (store.account(TEAM).unwrap().unwrap(), store.key(KEY).unwrap().unwrap());
    let revision = store.revision().unwrap();
    let other = AccountId { level: Level::Team, number: 5 };
    let named = |name: &str| AccountProfile { name: name.to_owned(), ..AccountProfile::default() };
    let of_team = |id, if_revision| TenantChange::UpdateAccount { id, profile: named("x"), if_revision };
    let of_key = |id, if_revision| TenantChange::RevokeKey { id, if_revision };
    let cases: [Case; 6] = [
        (account(other, "core"), |e| matches!(e, StoreError::NameTaken { name } if name == "core")),
        (key(KeyId(9), "one"), |e| matches!(e, StoreError::NameTaken { name } if name == "one")),
        (of_team(TEAM, team.revision - 1), |e| matches!(e, StoreError::Changed { .. })),
        (of_team(other, 1), |e| matches!(e, StoreError::Gone)),
        (of_key(KEY, one.revision - 1), |e| matches!(e, StoreError::Changed { .. })),
        (of_key(KeyId(77), 1), |e| matches!(e, StoreError::Gone)),
    ];
    for (change, is_expected) in cases {
        let first = account(AccountId { level: Level::Tag, number: 3 }, "batch");
        match write(store, &[first, change]) {
            Err(StoreError::OneOfMany { at: 1, source }) => assert!(is_expected(&source), "{source:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(store.revision().unwrap(), revision, "nothing was written");
    assert_eq!(store.managed_by("main").unwrap(), [KEY.to_string(), TEAM.to_string()]);
}

pub(crate) fn it_is_known_which_document_manages_what(store: &impl Store) {
    write(store, &[account(TEAM, "core"), key(KEY, "one"), key(KeyId(8), "two")]).unwrap();
    let (team, one) = (TEAM.to_string(), KEY.to_string());
    assert_eq!(store.managed_by("other").unwrap(), Vec::<String>::new());
    let claimed = [team.clone(), "cust_x".to_owned()];
    let batch = TenantBatch {
        changes: &[],
        document: "other",
        claimed: &claimed,
        released: std::slice::from_ref(&one),
    };
    store.write_tenants(&batch, NOON).unwrap();
    assert_eq!(store.managed_by("main").unwrap(), [KeyId(8).to_string()]);
    assert_eq!(store.managed_by("other").unwrap(), ["cust_x".to_owned(), team.clone()]);
    let asked: Vec<String> =
        [one, team.clone()].into_iter().chain((0..1_200).map(|n| format!("tag_{n}"))).collect();
    assert_eq!(store.managers(&asked).unwrap(), [(team, "other".to_owned())]);
}

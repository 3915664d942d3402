//! Suite: admin tokens, roles of people, and what somebody may see who may not see everything.

use super::Store;
use super::sample::{DAY, NOON, fold, record};
use gw_model::{AccountId, Level, Record, Role};
use gw_store::memory::Retiring;
use gw_store::types::{AccountProfile, GroupBy, LogFilter, StoredToken, TokenHolder, TokenId, UsageFilter};

const fn team(number: u128) -> AccountId {
    AccountId { level: Level::Team, number }
}

fn token(id: u128, holder: TokenHolder) -> StoredToken {
    StoredToken {
        id: TokenId(id),
        name: format!("token {id}"),
        digest: [u8::try_from(id).unwrap(); 32],
        retiring: None,
        prefix: "gwa-ABCD".to_owned(),
        last4: "WXYZ".to_owned(),
        holder,
        scopes: vec!["keys:read".to_owned(), "*".to_owned()],
        expires_at: None,
        created_by: "master".to_owned(),
        created_at: NOON,
        updated_at: NOON,
        revision: 1,
    }
}

pub(crate) fn tokens_are_found_by_what_is_shown_and_changed_in_turn(store: &impl Store) {
    let at = Some(team(7));
    let holders = [
        TokenHolder::Role { role: Role::Owner, at: None },
        TokenHolder::Role { role: Role::Viewer, at },
        TokenHolder::User(AccountId { level: Level::User, number: 9 }),
    ];
    for (id, holder) in (1..).zip(holders) {
        store.create_admin_token(&token(id, holder)).unwrap();
    }
    let all = store.admin_tokens().unwrap();
    assert_eq!(all, (1..).zip(holders).map(|(id, holder)| token(id, holder)).collect::<Vec<_>>());
    assert!(store.create_admin_token(&token(1, holders[0])).is_err());
    assert_eq!(store.admin_token(TokenId(2)).unwrap(), Some(token(2, holders[1])));
    assert_eq!(store.admin_token_of(&[3; 32]).unwrap().map(|found| found.id), Some(TokenId(3)));
    assert_eq!(store.admin_token_of(&[9; 32]).unwrap(), None);

    let retiring = Some(Retiring { digest: [2; 32], until: NOON + DAY });
    let rotated = StoredToken {
        digest: [20; 32],
        retiring,
        expires_at: Some(NOON + 1),
        scopes: vec!["usage:read".to_owned()],
        revision: 2,
        ..token(2, holders[1])
    };
    assert!(store.update_admin_token(&rotated).unwrap());
    assert!(!store.update_admin_token(&rotated).unwrap(), "somebody was faster");
    for digest in [[2; 32], [20; 32]] {
        assert_eq!(store.admin_token_of(&digest).unwrap(), Some(rotated.clone()));
    }
    assert!(store.delete_admin_token(TokenId(2)).unwrap() && !store.delete_admin_token(TokenId(2)).unwrap());
    assert_eq!((store.admin_token_of(&[20; 32]).unwrap(), store.admin_tokens().unwrap().len()), (None, 2));
}

pub(crate) fn people_have_a_role_at_the_gateway(store: &impl Store) {
    let user = AccountId { level: Level::User, number: 1 };
    let mut profile = AccountProfile {
        name: "ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
        gateway_role: Some(Role::Auditor),
        ..AccountProfile::default()
    };
    let made = store.create_account(user, None, &profile, NOON).unwrap();
    assert_eq!(made.profile.gateway_role, Some(Role::Auditor));
    profile.gateway_role = None;
    store.update_account(user, &profile, None, NOON).unwrap();
    assert_eq!(store.account(user).unwrap().unwrap().profile.gateway_role, None);
}

pub(crate) fn who_sees_a_part_is_told_of_that_part(store: &impl Store) {
    let of = |number: u32, accounts: &[AccountId]| Record { accounts: accounts.to_vec(), ..record(number) };
    fold(store, &[of(1, &[team(5)]), of(2, &[team(6)]), of(3, &[team(5), team(6)]), of(4, &[])]);
    let logs = |seen: &[AccountId]| {
        let filter = LogFilter { seen_from: Some(seen.to_vec()), limit: 10, ..LogFilter::default() };
        store.logs(&filter).unwrap().rows.len()
    };
    assert_eq!((logs(&[team(5)]), logs(&[team(5), team(6)]), logs(&[team(7)]), logs(&[])), (2, 3, 0, 0));
    for group_by in [GroupBy::Key, GroupBy::Model, GroupBy::Provider, GroupBy::Day] {
        let sums = |seen: Option<&[AccountId]>, from: Option<i64>| {
            let seen_from = seen.map(<[AccountId]>::to_vec);
            let filter = UsageFilter { group_by, from, seen_from, ..UsageFilter::default() };
            let rows = store.usage(&filter).unwrap();
            let requests: u64 = rows.iter().map(|row| row.requests).sum();
            (rows.first().map(|row| (row.value.clone(), row.name.clone())), requests)
        };
        let (value, all) = sums(None, None);
        let part = sums(Some(&[team(5)]), None);
        assert_eq!((all, part), (4, (value, 2)), "{group_by:?}");
        assert_eq!(sums(Some(&[]), None), (None, 0));
        assert_eq!(sums(Some(&[team(5)]), Some(NOON + 5 * DAY)), (None, 0));
    }
    let filter = |seen: Option<Vec<AccountId>>| UsageFilter {
        group_by: GroupBy::Team,
        seen_from: seen,
        ..UsageFilter::default()
    };
    let rows = store.usage(&filter(Some(vec![team(5)]))).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.requests).collect::<Vec<_>>(),
        [2, 2],
        "by account, for whoever asks to choose"
    );
}

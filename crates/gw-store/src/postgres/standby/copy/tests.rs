//! Tests of [`super`]: the copy comes back whole or not at all.
use super::*;
use crate::types::AccountProfile;
use gw_model::{AccountId, Level, Membership, Role, Secret};

const TEAM: AccountId = AccountId { level: gw_model::Level::Team, number: 7 };

fn seal(key: &str) -> Seal {
    Seal::new(&[Secret::new(key.to_owned())], "a test", "the copy")
}

fn block() -> StoredBlock {
    StoredBlock {
        kind: "provider".to_owned(),
        name: "west".to_owned(),
        document: "{}".to_owned(),
        sealed: Some(vec![1, 2]),
        created_at: 1,
        updated_at: 2,
        revision: 3,
    }
}

fn copy(keys: u128) -> Copy {
    let key = |id| StoredKey {
        id: KeyId(id),
        digest: [u8::try_from(id % 251).unwrap(); 32],
        pepper: 1,
        prefix: "gw-ABCDE".to_owned(),
        last4: "WXYZ".to_owned(),
        policy: KeyPolicy { name: format!("key {id}"), ..KeyPolicy::default() },
        created_at: 1,
        updated_at: 2,
        revoked_at: None,
        revision: 3,
        retiring: (id == 1).then_some(Retiring { digest: [7; 32], until: 8 }),
    };
    let id = |level, number| AccountId { level, number };
    let account = StoredAccount {
        id: id(Level::User, 1),
        parent: Some(id(Level::Organization, 2)),
        profile: AccountProfile {
            name: "Ada".to_owned(),
            email: Some("ada@example.com".to_owned()),
            plan: Some(id(Level::Plan, 3)),
            memberships: vec![Membership::by_hand(id(Level::Team, 4), Role::Billing)],
            ..AccountProfile::default()
        },
        created_at: 1,
        updated_at: 2,
        revision: 3,
    };
    let before = [NanoUsd(10), NanoUsd(20), NanoUsd(30)];
    let spent =
        SpentByPeriod { day: NanoUsd(1), week: NanoUsd(2), month: NanoUsd(3), total: NanoUsd(4), before };
    Copy {
        // 2026-10-30T12:00:00Z, a Friday.
        taken_at: 1_793_361_600_000_000,
        revision: 9,
        keys: (1..=keys).map(key).collect(),
        accounts: vec![account],
        credentials: vec![StoredCredential {
            name: "east".to_owned(),
            sealed: vec![1, 2, 3],
            last4: "1234".to_owned(),
            description: String::new(),
            created_at: 1,
            updated_at: 2,
        }],
        blocks: vec![block()],
        routes: vec![StoredRoute {
            id: "route_1".to_owned(),
            name: "chat".to_owned(),
            created_at: 1,
            updated_at: 2,
            revision: 3,
            versions: vec![RouteVersion {
                number: 1,
                document: "{}".to_owned(),
                state: VersionState::Published,
                author: "ada".to_owned(),
                note: String::new(),
                created_at: 1,
                published_at: Some(2),
            }],
        }],
        spent: vec![(KeyId(1), spent)],
        accounts_spent: vec![(TEAM, spent), (AccountId { number: 8, ..TEAM }, SpentByPeriod::default())],
    }
}

#[test]
fn it_comes_back_as_it_was_and_shows_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Copy::read(dir.path(), &seal("one")).unwrap(), None);
    let whole = copy(2 * ROWS as u128 + 1);
    whole.write(dir.path(), &seal("one")).unwrap();
    assert_eq!(Copy::read(dir.path(), &seal("one")).unwrap().as_ref(), Some(&whole));
    let bytes = std::fs::read(dir.path().join(FILE)).unwrap();
    assert!(!bytes.windows(4).any(|window| window == b"east"));
    assert!(Copy::read(dir.path(), &seal("two")).is_err());
}

#[test]
fn one_that_is_not_whole_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    copy(3).write(dir.path(), &seal("one")).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let length = u32::from_le_bytes(whole[24..28].try_into().unwrap()) as usize;
    let without_first = [&whole[..24], &whole[28 + length..]].concat();
    let mut flipped = whole.clone();
    flipped[60] ^= 1;
    for bad in [&whole[..whole.len() - 1], &whole[..10], b"", &without_first, &flipped] {
        std::fs::write(&path, bad).unwrap();
        assert!(Copy::read(dir.path(), &seal("one")).is_err());
    }
}

#[test]
fn what_was_spent_is_cut_to_the_windows_of_now() {
    let (copy, day) = (copy(1), 86_400_000_000);
    let at = |now| {
        let [(_, spent)] = copy.spent_at(now)[..] else { unreachable!("one key") };
        assert_eq!(copy.accounts_spent_at(Some(TEAM), now), [(TEAM, spent)]);
        assert_eq!(copy.accounts_spent_at(None, now).len(), 2);
        ([spent.day.0, spent.week.0, spent.month.0, spent.total.0], spent.before.map(|before| before.0))
    };
    assert_eq!(at(copy.taken_at + 1), ([1, 2, 3, 4], [10, 20, 30]));
    assert_eq!(at(copy.taken_at + day), ([0, 2, 3, 4], [1, 20, 30]), "Saturday");
    assert_eq!(at(copy.taken_at + 2 * day), ([0, 2, 0, 4], [0, 20, 3]), "Sunday, the 1st");
    assert_eq!(at(copy.taken_at + 3 * day), ([0, 0, 0, 4], [0, 2, 3]), "Monday");
}

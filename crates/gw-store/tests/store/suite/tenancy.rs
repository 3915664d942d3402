//! Suite: accounts above and beside keys, plans, memberships, and answers that are given again.

use super::Store;
use super::sample::NOON;
use gw_model::limits::Limits;
use gw_model::{AccountId, AccountPolicy, KeyId, KeyPolicy, Level, Membership, Role};
use gw_store::audit::Repeatable;
use gw_store::types::{AccountFilter, AccountProfile, Doomed, GivenAnswer, MadeAccount, NewKey, NewSecret};
use gw_store::{StoreError, refers};

const fn id(level: Level, number: u128) -> AccountId {
    AccountId { level, number }
}

const ORGANIZATION: AccountId = id(Level::Organization, 1);
const TEAM: AccountId = id(Level::Team, 2);
const USER: AccountId = id(Level::User, 3);

fn named(name: &str) -> AccountProfile {
    let limits = Limits { rpm: Some(7), ..Limits::default() };
    let policy = AccountPolicy { limits, models: Some(vec!["a/*".to_owned()]), ..AccountPolicy::default() };
    AccountProfile { name: name.to_owned(), policy, ..AccountProfile::default() }
}

fn person(email: &str) -> AccountProfile {
    let memberships = vec![Membership::by_hand(TEAM, Role::Admin)];
    AccountProfile { email: Some(email.to_owned()), memberships, ..named("Ada") }
}

pub(crate) fn accounts_are_created_found_and_changed(store: &impl Store) {
    let made = store.create_account(ORGANIZATION, None, &named("acme"), NOON).unwrap();
    assert_eq!((made.id, made.parent, &made.profile), (ORGANIZATION, None, &named("acme")));
    let team = store.create_account(TEAM, Some(ORGANIZATION), &named("core"), NOON).unwrap();
    assert_eq!(team.parent, Some(ORGANIZATION));
    let user = store.create_account(USER, None, &person("ada@example.com"), NOON).unwrap();
    assert_eq!(store.account(USER).unwrap(), Some(user.clone()));
    assert_eq!(user.profile.memberships, person("x").memberships);

    let mut profile = named("acme 2");
    profile.plan = Some(id(Level::Plan, 9));
    profile.disabled = true;
    let changed =
        store.update_account(ORGANIZATION, &profile, Some(made.revision), NOON + 5).unwrap().unwrap();
    assert_eq!((changed.profile, changed.created_at, changed.updated_at), (profile.clone(), NOON, NOON + 5));
    assert!(changed.revision > user.revision);
    let outdated = store.update_account(ORGANIZATION, &profile, Some(made.revision), NOON);
    assert!(matches!(outdated, Err(StoreError::Changed { revision }) if revision == changed.revision));
    assert_eq!(store.update_account(id(Level::Team, 77), &profile, None, NOON).unwrap(), None);
    let kinds: Vec<_> = store.changes_after(0, 10).unwrap().into_iter().map(|c| c.kind).collect();
    assert_eq!(kinds, ["organization", "team", "user", "organization"]);
}

pub(crate) fn names_of_accounts_are_unique_within_their_parent(store: &impl Store) {
    store.create_account(ORGANIZATION, None, &named("acme"), NOON).unwrap();
    let taken = store.create_account(id(Level::Organization, 2), None, &named("acme"), NOON);
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })));
    store.create_account(TEAM, None, &named("acme"), NOON).unwrap();
    store.create_account(id(Level::Team, 5), Some(ORGANIZATION), &named("acme"), NOON).unwrap();
    let taken = store.create_account(id(Level::Team, 6), Some(ORGANIZATION), &named("acme"), NOON);
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })));
    store.create_account(USER, None, &person("ada@example.com"), NOON).unwrap();
    store.create_account(id(Level::User, 8), None, &person("ada@example.org"), NOON).unwrap();
    let taken = store.update_account(USER, &person("ada@example.org"), None, NOON);
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })));
    // Of service accounts it is the name that must differ, among what belongs to the same.
    let bot = |number| id(Level::User, number);
    store.create_account(bot(30), Some(TEAM), &named("bot"), NOON).unwrap();
    store.create_account(bot(31), Some(ORGANIZATION), &named("bot"), NOON).unwrap();
    let taken = store.create_account(bot(32), Some(TEAM), &named("bot"), NOON);
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })));
    let other = store.create_account(bot(32), Some(TEAM), &named("other"), NOON).unwrap();
    assert_eq!(other.service_of(), Some(TEAM));
    assert!(matches!(
        store.update_account(bot(32), &named("bot"), None, NOON),
        Err(StoreError::NameTaken { .. })
    ));
    store.update_account(bot(30), &named("first bot"), None, NOON).unwrap();
    store.update_account(bot(32), &named("bot"), None, NOON).unwrap();
    let of = |belongs| AccountFilter { belongs: Some(belongs), ..AccountFilter::of(Level::User, 10) };
    let ids = |filter| store.accounts(&filter).unwrap().iter().map(|user| user.id).collect::<Vec<_>>();
    assert_eq!(ids(of(true)), [bot(30), bot(31), bot(32)]);
    assert_eq!(ids(of(false)), [USER, id(Level::User, 8)]);
    assert_eq!(ids(AccountFilter { parent: Some(TEAM), ..of(true) }), [bot(30), bot(32)]);
    // People without an address may have the same name.
    for number in 20..22 {
        store.create_account(id(Level::User, number), None, &named("Ada"), NOON).unwrap();
        store.update_account(id(Level::User, number), &named("Bea"), None, NOON).unwrap();
    }
}

pub(crate) fn accounts_are_listed_in_pages_and_by_what_they_belong_to(store: &impl Store) {
    store.create_account(ORGANIZATION, None, &named("acme"), NOON).unwrap();
    for number in 10..35 {
        let parent = (number % 2 == 0).then_some(ORGANIZATION);
        store
            .create_account(id(Level::Team, number), parent, &named(&format!("team {number}")), NOON)
            .unwrap();
    }
    let mut seen: Vec<AccountId> = Vec::new();
    let all = AccountFilter::of(Level::Team, 10);
    loop {
        let page = store.accounts(&AccountFilter { after: seen.last().copied(), ..all.clone() }).unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|account| account.id));
    }
    assert_eq!(seen, (10..35).map(|number| id(Level::Team, number)).collect::<Vec<_>>());
    let below = AccountFilter { parent: Some(ORGANIZATION), limit: 100, ..all.clone() };
    assert_eq!(store.accounts(&below).unwrap().len(), 13);
    let one = AccountFilter { name: Some("team 11".to_owned()), ..all };
    assert_eq!(store.accounts(&one).unwrap()[0].id, id(Level::Team, 11));
    store.create_account(TEAM, None, &named("core"), NOON).unwrap();
    store.create_account(USER, None, &person("ada@example.com"), NOON).unwrap();
    let members = AccountFilter { member_of: Some(vec![TEAM]), ..AccountFilter::of(Level::User, 10) };
    assert_eq!(store.accounts(&members).unwrap()[0].id, USER);
    let email = Some("ada@example.com".to_owned());
    assert_eq!(
        store.accounts(&AccountFilter { email, ..AccountFilter::of(Level::User, 10) }).unwrap().len(),
        1
    );
}

fn key(number: u8) -> NewKey {
    let policy = KeyPolicy { name: format!("key {number}"), ..KeyPolicy::default() };
    let (prefix, last4) = ("gw-ABCDE".to_owned(), "WXYZ".to_owned());
    NewKey { id: KeyId(number.into()), digest: [number; 32], pepper: 1, prefix, last4, policy }
}

pub(crate) fn accounts_and_keys_go_together_or_not_at_all(store: &impl Store) {
    let first = store.create_account(ORGANIZATION, None, &named("acme"), NOON).unwrap();
    store.create_account(TEAM, Some(ORGANIZATION), &named("core"), NOON).unwrap();
    store.create_account(USER, None, &person("ada@example.com"), NOON).unwrap();
    store.create_key(&key(1), NOON).unwrap();
    let doomed = Doomed { accounts: vec![ORGANIZATION, TEAM], keys: vec![KeyId(1)] };
    let outdated = store.delete_accounts(&doomed, Some(first.revision + 100), NOON);
    assert!(matches!(outdated, Err(StoreError::Changed { .. })));
    assert!(store.account(TEAM).unwrap().is_some());
    store.delete_accounts(&doomed, Some(first.revision), NOON + 1).unwrap();
    assert_eq!((store.account(ORGANIZATION).unwrap(), store.account(TEAM).unwrap()), (None, None));
    assert_eq!(store.key(KeyId(1)).unwrap().unwrap().revoked_at, Some(NOON + 1));
    assert!(store.account(USER).unwrap().unwrap().profile.memberships.is_empty());
    store.create_account(id(Level::Organization, 5), None, &named("acme"), NOON).unwrap();
}

pub(crate) fn a_key_is_rotated(store: &impl Store) {
    let made = store.create_key(&key(1), NOON).unwrap();
    let (prefix, last4) = ("gw-new".to_owned(), "9999".to_owned());
    let secret = NewSecret { digest: [9; 32], pepper: 1, prefix, last4, old_until: NOON + 60 };
    let rotated = store.rotate_key(KeyId(1), &secret, Some(made.revision), NOON + 1).unwrap().unwrap();
    let retiring = rotated.retiring.unwrap();
    assert_eq!((rotated.digest, retiring.digest, retiring.until), ([9; 32], [1; 32], NOON + 60));
    let outdated = store.rotate_key(KeyId(1), &secret, Some(made.revision), NOON + 2);
    assert!(matches!(outdated, Err(StoreError::Changed { revision }) if revision == rotated.revision));
    store.revoke_key(KeyId(1), NOON).unwrap();
    assert_eq!(store.rotate_key(KeyId(1), &secret, None, NOON).unwrap(), None);
}

pub(crate) fn answers_are_kept_for_a_time_and_up_to_a_number(store: &impl Store) {
    let answer = |at: i64| GivenAnswer {
        request: vec![1, 2],
        status: 201,
        etag: "\"4\"".to_owned(),
        sealed: vec![7; 40],
        created_at: at,
    };
    for at in 1..=5 {
        store.keep_answer(&format!("a{at}"), &answer(at), 0, 3).unwrap();
    }
    assert_eq!(store.given_answer("a5", 0).unwrap(), Some(answer(5)));
    assert_eq!(store.given_answer("a2", 0).unwrap(), None);
    assert_eq!(store.given_answer("a4", 5).unwrap(), None);
    store.keep_answer("a4", &answer(9), 5, 3).unwrap();
    assert_eq!(store.given_answer("a4", 5).unwrap(), Some(answer(9)));
}

pub(crate) fn what_is_missing_is_added_below_what_is_there(store: &impl Store) {
    let org = store.create_account(ORGANIZATION, None, &named("acme"), NOON).unwrap();
    let made =
        |number, parent, name| MadeAccount { id: id(Level::Customer, number), parent, profile: named(name) };
    let there = Some(ORGANIZATION);
    let list =
        [made(1, there, "ann"), made(2, there, "ann"), made(3, Some(TEAM), "bob"), made(4, None, "ann")];
    store.create_missing(&list, NOON + 1).unwrap();
    store.create_missing(&list, NOON + 2).unwrap();
    let ids = [ORGANIZATION, TEAM, list[0].id, list[1].id, list[2].id, list[3].id];
    let mut found = store.accounts_of(&ids).unwrap();
    found.sort_by_key(|account| account.revision);
    let found: Vec<_> = found.iter().map(|account| (account.id, account.created_at)).collect();
    assert_eq!(found, [(org.id, NOON), (list[0].id, NOON + 1), (list[3].id, NOON + 1)]);
    let changes: Vec<_> = store.changes_after(org.revision, 10).unwrap();
    let changes: Vec<_> = changes.iter().map(|change| (&*change.kind, change.id.clone())).collect();
    assert_eq!(changes, [("customer", list[0].id.to_string()), ("customer", list[3].id.to_string())]);
}

pub(crate) fn a_write_is_claimed_once(store: &impl Store) {
    let claim = |mark: &str, since: i64| Repeatable {
        name: "w".to_owned(),
        request: vec![1],
        mark: mark.to_owned(),
        since,
    };
    assert!(store.claim_answer(&claim("a", 0), NOON).unwrap());
    assert!(store.claim_answer(&claim("a", 0), NOON).unwrap(), "the same time may note it again");
    assert!(!store.claim_answer(&claim("b", 0), NOON).unwrap());
    assert_eq!(store.given_answer("w", 0).unwrap().unwrap().status, 0);
    let answer = GivenAnswer {
        request: vec![1],
        status: 201,
        etag: "\"1\"".to_owned(),
        sealed: vec![7],
        created_at: NOON,
    };
    store.keep_answer("w", &answer, 0, 9).unwrap();
    assert_eq!(store.given_answer("w", 0).unwrap(), Some(answer.clone()));
    store.keep_answer("w", &GivenAnswer { status: 200, ..answer.clone() }, 0, 9).unwrap();
    assert_eq!(store.given_answer("w", 0).unwrap(), Some(answer), "the first answer stays");
    assert!(!store.claim_answer(&claim("a", 0), NOON).unwrap());
    assert!(store.claim_answer(&claim("c", NOON + 1), NOON + 1).unwrap(), "what is forgotten may come anew");
}

pub(crate) fn what_refers_to_what_goes_is_found(store: &impl Store) {
    store.create_account(ORGANIZATION, None, &named("acme"), NOON).unwrap();
    let seen = store.revision().unwrap();
    let doomed = Doomed { accounts: vec![ORGANIZATION], keys: Vec::new() };
    assert_eq!(refers::referring_since(store, &doomed, seen).unwrap(), Doomed::default());
    store.create_account(TEAM, Some(ORGANIZATION), &named("core"), NOON).unwrap();
    let found = refers::referring_since(store, &doomed, seen).unwrap();
    assert_eq!(found, Doomed { accounts: vec![TEAM], keys: Vec::new() });
    let mut new = key(1);
    new.policy.terms.team_id = Some(TEAM.to_string());
    store.create_key(&new, NOON).unwrap();
    let both = Doomed { accounts: vec![ORGANIZATION, TEAM], keys: Vec::new() };
    let found = refers::referring_since(store, &both, seen).unwrap();
    assert_eq!(found, Doomed { accounts: Vec::new(), keys: vec![KeyId(1)] });
    assert!(refers::check_there(store, refers::of_key(&new.policy)).is_ok());
    store.delete_accounts(&both, None, NOON).unwrap();
    let gone = refers::check_there(store, refers::of_key(&new.policy));
    assert!(matches!(gone, Err(StoreError::Missing { id }) if id == TEAM), "{gone:?}");
}

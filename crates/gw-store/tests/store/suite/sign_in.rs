//! Suite: how people sign in, and who is signed in.

use super::Store;
use super::sample::{DAY, NOON};
use gw_model::{AccountId, Level};
use gw_store::StoreError;
use gw_store::types::{
    AccountProfile, Doomed, PasswordLink, SessionHolder, SessionId, StoredLogin, StoredSession, Via,
};

const fn user(number: u128) -> AccountId {
    AccountId { level: Level::User, number }
}

fn session(id: u128, holder: SessionHolder) -> StoredSession {
    StoredSession {
        id: SessionId(id),
        digest: [u8::try_from(id).unwrap(); 32],
        holder,
        via: Via::Password,
        provider: String::new(),
        id_token: None,
        created_at: NOON + i64::try_from(id).unwrap(),
        used_at: NOON,
        expires_at: NOON + DAY,
        address: "192.0.2.1".to_owned(),
        agent: "a browser".to_owned(),
    }
}

fn make_user(store: &impl Store, id: AccountId) -> AccountProfile {
    let email = Some(format!("{}@example.com", id.number));
    let profile = AccountProfile { name: "ada".to_owned(), email, ..AccountProfile::default() };
    store.create_account(id, None, &profile, NOON).unwrap();
    profile
}

pub(crate) fn a_login_is_changed_in_turn_and_found_by_its_link(store: &impl Store) {
    assert_eq!(store.login(user(1)).unwrap(), None);
    let link = PasswordLink { digest: [7; 32], until: NOON + DAY, resets_totp: true };
    let first = StoredLogin { link: Some(link), updated_at: NOON, revision: 1, ..StoredLogin::none(user(1)) };
    assert!(store.save_login(&first).unwrap());
    assert!(!store.save_login(&first).unwrap(), "there is one already");
    assert_eq!(store.login_of_link(&[7; 32]).unwrap(), Some(first));
    let second = StoredLogin {
        password: Some("what it becomes".to_owned()),
        totp: Some(vec![1, 2, 3]),
        totp_pending: Some(vec![4]),
        totp_step: 58_000_000,
        recovery: vec![[1; 32], [2; 32]],
        updated_at: NOON + 1,
        revision: 2,
        ..StoredLogin::none(user(1))
    };
    assert!(store.save_login(&second).unwrap());
    assert!(!store.save_login(&second).unwrap(), "somebody was faster");
    assert_eq!(store.login(user(1)).unwrap(), Some(second));
    assert_eq!(store.login_of_link(&[7; 32]).unwrap(), None);
}

pub(crate) fn sessions_are_listed_used_and_ended(store: &impl Store) {
    let (mine, key) = (SessionHolder::User(user(1)), SessionHolder::Key([9; 32]));
    let of_key = StoredSession {
        via: Via::Key,
        provider: "idp".to_owned(),
        id_token: Some(vec![1, 2]),
        ..session(4, key)
    };
    assert!(
        matches!(store.create_session(&session(1, mine)), Err(StoreError::Gone)),
        "there is no such user"
    );
    make_user(store, user(1));
    for new in [session(1, mine), session(2, mine), session(3, mine), of_key.clone()] {
        store.create_session(&new).unwrap();
    }
    assert!(store.create_session(&session(1, mine)).is_err());
    assert_eq!(store.session_of(&[4; 32]).unwrap(), Some(of_key));
    assert_eq!(store.session_of(&[5; 32]).unwrap(), None);
    let ids = |holder| store.sessions_of(holder).unwrap().iter().map(|one| one.id.0).collect::<Vec<_>>();
    assert_eq!((ids(mine), ids(key)), (vec![3, 2, 1], vec![4]));
    store.touch_session(SessionId(2), NOON + 50).unwrap();
    store.touch_session(SessionId(2), NOON + 40).unwrap();
    assert_eq!(store.session_of(&[2; 32]).unwrap().unwrap().used_at, NOON + 50);
    assert_eq!(store.delete_sessions_over(NOON, NOON).unwrap(), 0);
    assert_eq!(store.delete_sessions_of(mine, Some(SessionId(2))).unwrap(), 2);
    assert_eq!((ids(mine), ids(key)), (vec![2], vec![4]));
    assert!(store.delete_session(SessionId(4)).unwrap() && !store.delete_session(SessionId(4)).unwrap());
    store.create_session(&session(5, mine)).unwrap();
    assert_eq!(store.delete_sessions_over(NOON, NOON + 1).unwrap(), 1, "one was not used");
    assert_eq!(store.delete_sessions_over(NOON + DAY, NOON).unwrap(), 1, "all end some day");
    assert_eq!(ids(mine), Vec::<u128>::new());
}

pub(crate) fn what_a_user_signs_in_with_goes_with_him(store: &impl Store) {
    let (ada, bob) = (user(1), user(2));
    let mut profile = make_user(store, ada);
    make_user(store, bob);
    for (id, who) in [(1, ada), (2, bob)] {
        store.save_login(&StoredLogin { revision: 1, ..StoredLogin::none(who) }).unwrap();
        store.create_session(&session(id, SessionHolder::User(who))).unwrap();
        store.create_identity("https://idp", &id.to_string(), who, NOON).unwrap();
    }
    profile.disabled = true;
    store.update_account(ada, &profile, None, NOON).unwrap();
    assert_eq!(store.session_of(&[1; 32]).unwrap(), None, "who is disabled is signed in nowhere");
    assert!(store.session_of(&[2; 32]).unwrap().is_some() && store.login(ada).unwrap().is_some());
    let late = store.create_session(&session(3, SessionHolder::User(ada)));
    assert!(matches!(late, Err(StoreError::Gone)), "nor does he sign in meanwhile");
    profile.disabled = false;
    store.update_account(ada, &profile, None, NOON).unwrap();
    store.create_session(&session(3, SessionHolder::User(ada))).unwrap();
    let doomed = Doomed { accounts: vec![ada], keys: Vec::new() };
    store.delete_accounts(&doomed, None, NOON).unwrap();
    assert_eq!((store.session_of(&[3; 32]).unwrap(), store.login(ada).unwrap()), (None, None));
    assert!(store.was_removed(ada).unwrap() && !store.was_removed(bob).unwrap());
    assert_eq!(store.identity("https://idp", "1").unwrap(), Some(ada), "it is known whom it called so");
    assert_eq!(store.identity("https://idp", "2").unwrap(), Some(bob));
    assert!(
        store.create_identity("https://idp", "1", bob, NOON).unwrap(),
        "somebody else is called so by now"
    );
    assert_eq!(store.identity("https://idp", "1").unwrap(), Some(bob));
    assert!(store.session_of(&[2; 32]).unwrap().is_some() && store.login(bob).unwrap().is_some());
}

pub(crate) fn issuers_call_people_by_one_name(store: &impl Store) {
    assert_eq!(store.identity("https://a", "x").unwrap(), None);
    make_user(store, user(1));
    make_user(store, user(2));
    assert!(store.create_identity("https://a", "x", user(1), NOON).unwrap());
    assert!(!store.create_identity("https://a", "x", user(2), NOON).unwrap());
    assert!(store.create_identity("https://b", "x", user(2), NOON).unwrap());
    assert_eq!(store.identity("https://a", "x").unwrap(), Some(user(1)));
    assert_eq!(store.identity("https://b", "x").unwrap(), Some(user(2)));
}

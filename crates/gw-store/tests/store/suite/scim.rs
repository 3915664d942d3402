//! Suite: what directories say of people, and their groups.

use super::Store;
use super::sample::NOON;
use gw_model::{AccountId, Level};
use gw_store::StoreError;
use gw_store::types::{AccountFilter, AccountProfile, Doomed, GroupId, ScimPerson, StoredGroup};
use serde_json::json;

const fn organization(number: u128) -> AccountId {
    AccountId { level: Level::Organization, number }
}

const fn user(number: u128) -> AccountId {
    AccountId { level: Level::User, number }
}

fn person(of: AccountId, name: &str) -> AccountProfile {
    let attributes = json!({"title": "Countess \u{0}", "emails": [{"value": "x"}]});
    let scim = ScimPerson {
        organization: of,
        user_name: name.to_owned(),
        external_id: Some("00u1".to_owned()),
        attributes: attributes.as_object().unwrap().clone(),
        deleted: false,
    };
    AccountProfile { name: name.to_owned(), scim: Some(Box::new(scim)), ..AccountProfile::default() }
}

pub(crate) fn what_a_directory_says_of_a_person_is_kept(store: &impl Store) {
    let ada = person(organization(1), "Ada");
    let made = store.create_account(user(1), None, &ada, NOON).unwrap();
    assert_eq!(made.profile, ada);
    let taken = store.create_account(user(2), None, &person(organization(1), "ADA"), NOON);
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })), "{taken:?}");
    store.create_account(user(2), None, &person(organization(2), "ADA"), NOON).unwrap();
    let taken = store.update_account(user(2), &ada, None, NOON);
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })), "{taken:?}");
    let mut gone = ada.clone();
    gone.scim.as_mut().unwrap().deleted = true;
    store.update_account(user(1), &gone, None, NOON).unwrap();
    store.update_account(user(2), &ada, None, NOON).unwrap();
    let all = store.accounts(&AccountFilter::of(Level::User, 10)).unwrap();
    assert_eq!(all.iter().map(|user| &user.profile).collect::<Vec<_>>(), [&gone, &ada]);
    let plain = AccountProfile { scim: None, ..ada };
    assert_eq!(store.update_account(user(2), &plain, None, NOON).unwrap().unwrap().profile, plain);
}

pub(crate) fn groups_of_directories_are_kept_and_go_with_their_organization(store: &impl Store) {
    let group = |id: u128, of: u128, name: &str| StoredGroup {
        id: GroupId(id),
        organization: organization(of),
        name: name.to_owned(),
        external_id: (id == 1).then(|| "x".to_owned()),
        members: vec![user(1), user(2)],
        created_at: NOON,
        updated_at: NOON,
        revision: 1,
    };
    let all = [group(1, 1, "Lab"), group(2, 1, "Staff"), group(3, 2, "Lab")];
    for one in &all {
        store.create_group(one).unwrap();
        assert_eq!(store.group(one.id).unwrap().as_ref(), Some(one));
    }
    let taken = store.create_group(&group(4, 1, "LAB"));
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })), "{taken:?}");
    assert_eq!(store.groups(None).unwrap(), all);
    assert_eq!(store.groups(Some(organization(1))).unwrap(), all[..2]);
    let taken = store.update_group(&StoredGroup { revision: 2, ..group(2, 1, "lab") });
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })), "{taken:?}");
    let next = StoredGroup { revision: 2, members: Vec::new(), external_id: None, ..group(1, 1, "Labs") };
    assert!(store.update_group(&next).unwrap());
    assert!(!store.update_group(&next).unwrap(), "somebody was faster");
    assert_eq!(store.group(GroupId(1)).unwrap(), Some(next));
    assert!(store.delete_group(GroupId(1)).unwrap() && !store.delete_group(GroupId(1)).unwrap());
    let named = AccountProfile { name: "acme".to_owned(), ..AccountProfile::default() };
    store.create_account(organization(1), None, &named, NOON).unwrap();
    let doomed = Doomed { accounts: vec![organization(1)], keys: Vec::new() };
    store.delete_accounts(&doomed, None, NOON).unwrap();
    assert_eq!(store.groups(None).unwrap(), all[2..]);
}

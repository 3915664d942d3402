//! Tests of [`super`].
use super::super::chain::Chain;
use super::*;
use gw_model::limits::Limits;

const ORGANIZATION: AccountId = AccountId { level: Level::Organization, number: 1 };
const TEAM: AccountId = AccountId { level: Level::Team, number: 2 };
const PROJECT: AccountId = AccountId { level: Level::Project, number: 3 };

fn new(id: AccountId, parent: Option<AccountId>, rpm: Option<u64>) -> NewAccount {
    let policy = AccountPolicy { limits: Limits { rpm, ..Limits::default() }, ..AccountPolicy::default() };
    NewAccount { id, name: id.level.as_str().into(), parent, policy, plan: None, disabled: false }
}

fn table() -> AccountTable {
    let table = AccountTable::default();
    table.upsert(new(ORGANIZATION, None, Some(2))).unwrap();
    table.upsert(new(TEAM, Some(ORGANIZATION), None)).unwrap();
    table.upsert(new(PROJECT, Some(TEAM), None)).unwrap();
    table
}

#[test]
fn a_project_counts_for_its_team_and_organization() {
    let table = table();
    let project = table.get(PROJECT).unwrap();
    let call = || Chain::new(project.lineage().map(|account| account.link()));
    let levels: Vec<Level> = call().links().map(|link| link.id.level).collect();
    assert_eq!(levels, [Level::Project, Level::Team, Level::Organization]);
    call().admit(0).unwrap();
    call().admit(0).unwrap();
    let refused = call().admit(0).unwrap_err();
    assert_eq!(refused.holder.to_string(), "organization 'organization'");
    // A change is in force at once, and forgets nothing.
    table.upsert(new(ORGANIZATION, None, Some(3))).unwrap();
    call().admit(0).unwrap();
    assert!(call().admit(0).is_err());
}

#[test]
fn whoever_refers_to_a_closed_account_sees_it() {
    let table = table();
    let project = table.get(PROJECT).unwrap();
    table.upsert(NewAccount { disabled: true, ..new(ORGANIZATION, None, None) }).unwrap();
    assert!(project.is_closed());
    table.upsert(new(ORGANIZATION, None, None)).unwrap();
    assert!(!project.is_closed());
    assert!(table.remove(TEAM) && !table.remove(TEAM));
    assert!(project.is_closed() && table.get(TEAM).is_none());
}

#[test]
fn an_account_needs_its_parent() {
    let table = AccountTable::default();
    assert!(table.upsert(new(TEAM, Some(ORGANIZATION), None)).is_none());
    assert!(table.is_empty());
}

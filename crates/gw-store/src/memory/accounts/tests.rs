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

#[test]
fn a_plan_counts_for_each_holder_beside_its_own_rules_and_changes_for_all() {
    let table = AccountTable::default();
    let plan = AccountId { level: Level::Plan, number: 9 };
    table.upsert(new(plan, None, Some(2))).unwrap();
    let held = |id, rpm| NewAccount { plan: Some(plan), ..new(id, None, rpm) };
    let bare = table.upsert(held(TEAM, None)).unwrap();
    let own = table.upsert(held(ORGANIZATION, Some(100))).unwrap();
    let admit = |account: &Arc<Account>| Chain::new([account.link()]).admit(0);
    for account in [&bare, &own] {
        admit(account).unwrap();
        admit(account).unwrap();
        assert_eq!(admit(account).unwrap_err().max, 2);
    }
    assert!(Arc::ptr_eq(&bare.rules(), &table.get(plan).unwrap().rules()), "shared by who has no rules");
    assert!(Arc::ptr_eq(&own.rules(), &own.rules()), "merged once");
    table.upsert(new(plan, None, Some(3))).unwrap();
    for account in [&bare, &own] {
        admit(account).unwrap();
        assert_eq!(admit(account).unwrap_err().max, 3);
    }
    table.upsert(new(ORGANIZATION, None, Some(5))).unwrap();
    admit(&own).unwrap();
    admit(&own).unwrap();
    assert_eq!(admit(&own).unwrap_err().max, 5, "what was counted stays counted");
    assert!(table.upsert(NewAccount { plan: Some(TEAM), ..new(PROJECT, None, None) }).is_none());
    let referring: Vec<_> = table.referring(plan).iter().map(|account| account.id).collect();
    assert_eq!(referring, [TEAM]);
}

#[test]
fn customers_are_found_by_name_nearest_first() {
    let table = table();
    let customer = |number, parent, name: &str| NewAccount {
        name: name.into(),
        ..new(AccountId { level: Level::Customer, number }, parent, None)
    };
    table.upsert(customer(1, None, "c")).unwrap();
    table.upsert(customer(2, Some(ORGANIZATION), "c")).unwrap();
    let above: Vec<_> = table.get(PROJECT).unwrap().lineage().cloned().collect();
    let found =
        |above: &[Arc<Account>]| table.named(Level::Customer, "c", above).map(|account| account.id.number);
    assert_eq!((found(&above), found(&[])), (Some(2), Some(1)));
    table.upsert(customer(2, Some(ORGANIZATION), "d")).unwrap();
    assert_eq!(found(&above), Some(1), "a name is given up with a change");
    table.remove(AccountId { level: Level::Customer, number: 1 });
    assert_eq!(found(&above), None);
    assert!(table.named(Level::Tag, "c", &above).is_none());
}

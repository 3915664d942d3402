//! Tests of [`super`].
use super::super::chain::Chain;
use super::*;
use gw_model::CustomerPolicy;
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

fn seen(max: usize, rpm: u64) -> Arc<CustomerPolicy> {
    let limits = Limits { rpm: Some(rpm), ..Limits::default() };
    Arc::new(CustomerPolicy { on_sight: true, max, limits, ..CustomerPolicy::default() })
}

#[test]
fn customers_are_made_on_sight_each_within_its_tenant() {
    let table = table();
    let above: Vec<_> = table.get(PROJECT).unwrap().lineage().cloned().collect();
    assert!(!table.has_named() && table.customer("ann", &above).unwrap().is_none());
    table.set_customers(&seen(2, 1));
    let id = |above: &[Arc<Account>], name| table.customer(name, above).unwrap().unwrap().id;
    let ann = id(&above, "ann");
    assert_eq!(id(&above, "ann"), ann);
    assert_ne!(id(&[], "ann"), ann, "of another tenant, or of none");
    assert_eq!(table.list(Level::Customer).len(), 2);
    // What is beyond the bound shares one account.
    assert_eq!(id(&above, "bob"), id(&[], "eve"));
    assert_eq!(table.list(Level::Customer).len(), 2);
    let fresh: Vec<_> = table.take_fresh().into_iter().map(|new| (new.id, new.parent)).collect();
    assert_eq!(fresh.len(), 2);
    assert!(fresh.contains(&(ann, Some(ORGANIZATION))) && table.take_fresh().is_empty());
}

#[test]
fn a_change_of_what_customers_get_reaches_those_made_before() {
    let table = AccountTable::default();
    table.set_customers(&seen(9, 1));
    let call = || Chain::new(table.customer("ann", &[]).unwrap());
    call().admit(0).unwrap();
    assert!(call().admit(0).is_err());
    table.set_customers(&seen(9, 2));
    call().admit(0).unwrap();
    assert!(call().admit(0).is_err());
}

#[test]
fn what_was_made_is_found_by_its_name_from_the_nearest_owner_on() {
    let table = table();
    let above: Vec<_> = table.get(PROJECT).unwrap().lineage().cloned().collect();
    let tag = |number, name: &str, parent| {
        let id = AccountId { level: Level::Tag, number };
        table.upsert(NewAccount { name: name.into(), ..new(id, parent, None) }).unwrap()
    };
    let (common, own) = (tag(10, "batch", None), tag(11, "batch", Some(TEAM)));
    assert_eq!(table.named(Level::Tag, "batch", &above).unwrap().id, own.id);
    assert_eq!(table.named(Level::Tag, "batch", &[]).unwrap().id, common.id);
    tag(11, "nightly", Some(TEAM));
    assert_eq!(table.named(Level::Tag, "batch", &above).unwrap().id, common.id);
    assert_eq!(table.named(Level::Tag, "nightly", &above).unwrap().id, own.id);
    let id = AccountId { level: Level::Customer, number: 5 };
    table.upsert(NewAccount { disabled: true, ..new(id, None, None) }).unwrap();
    assert_eq!(table.customer("customer", &above).err(), Some(CustomerClosed));
}

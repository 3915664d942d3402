//! What is told about the accounts that calls count for besides their key.

use super::Store;
use super::sample::{HOUR, NOON, attempt, fold, pending, record};
pub(crate) use crate::restore::{
    a_budget_that_is_added_knows_what_was_spent_before_folded_or_not,
    a_call_that_lasted_for_hours_is_not_forgotten, many_accounts_are_read_at_once,
    windows_of_every_kind_are_restored,
};
use gw_model::{AccountId, KeyId, KeyPolicy, KeyTerms, Level, NanoUsd, Parent, Record, SubCallRole};
use gw_store::types::{AccountLabel, GroupBy, KeyLabel, LogFilter, UsageFilter, UsageRow};

const fn account(level: Level, number: u128) -> AccountId {
    AccountId { level, number }
}

const ORGANIZATION: AccountId = account(Level::Organization, 9);
const TEAM: AccountId = account(Level::Team, 5);
const PROJECT: AccountId = account(Level::Project, 6);
const USER: AccountId = account(Level::User, 7);
const CUSTOMER: AccountId = account(Level::Customer, 8);
const TAGS: [AccountId; 2] = [account(Level::Tag, 1), account(Level::Tag, 2)];

fn counted(number: u32, accounts: &[AccountId]) -> Record {
    Record { accounts: accounts.to_vec(), ..record(number) }
}

/// Five calls: of a bare key, and of accounts in several ways; one of them a sub-call, one of another hour.
fn calls() -> Vec<Record> {
    let mut list = vec![
        record(1),
        counted(2, &[USER, PROJECT, TEAM, ORGANIZATION]),
        counted(3, &[CUSTOMER, TAGS[0], TAGS[1], TEAM, ORGANIZATION]),
        counted(4, &[TAGS[1], ORGANIZATION]),
        counted(5, &[USER, ORGANIZATION]),
    ];
    list[2].customer = Some("acme".to_owned());
    list[2].attempts = vec![attempt("beta", 30), attempt("alpha", 7)];
    list[3].parent = Some(Parent { request: list[0].id, role: SubCallRole::Panel });
    list[4].key = Some(KeyId(2));
    list[4].team_id = None;
    list[4].time += 2 * HOUR;
    list
}

fn filter(group_by: GroupBy) -> UsageFilter {
    UsageFilter { group_by, ..UsageFilter::default() }
}

fn told(rows: &[UsageRow]) -> Vec<(String, Option<String>, u64, u64)> {
    rows.iter().map(|row| (row.value.clone(), row.name.clone(), row.requests, row.cost.0)).collect()
}

pub(crate) fn usage_is_summed_by_account(store: &impl Store) {
    let label = |id, name: &str| AccountLabel { id, name: name.to_owned() };
    store.label_accounts(&[label(TEAM, "old"), label(ORGANIZATION, "Org")]).unwrap();
    store.label_accounts(&[label(TEAM, "Core")]).unwrap();
    let labels = of_project("site".to_owned());
    let project = of_project(PROJECT.to_string());
    let labels = [KeyLabel::of(KeyId(1), &project), KeyLabel::of(KeyId(2), &labels)];
    store.label_keys(&labels).unwrap();
    fold(store, &calls());
    let row = |value: &str, name: Option<&str>, requests, cost| {
        (value.to_owned(), name.map(str::to_owned), requests, cost)
    };
    let sums = |group_by| told(&store.usage(&filter(group_by)).unwrap());
    let id = |id: AccountId| id.to_string();
    assert_eq!(
        sums(GroupBy::Organization),
        [row("", None, 1, 100), row(&id(ORGANIZATION), Some("Org"), 3, 337)]
    );
    assert_eq!(sums(GroupBy::User), [row("", None, 2, 237), row(&id(USER), None, 2, 200)]);
    assert_eq!(sums(GroupBy::Tag), [row(&id(TAGS[0]), None, 1, 37), row(&id(TAGS[1]), None, 1, 137)]);
    assert_eq!(
        sums(GroupBy::Team),
        [row("", None, 1, 100), row("core", None, 1, 200), row(&id(TEAM), Some("Core"), 2, 137)]
    );
    assert_eq!(sums(GroupBy::Customer), [row("", None, 3, 400), row(&id(CUSTOMER), None, 1, 37)]);
    let projects = [row("", None, 2, 237), row(&id(PROJECT), None, 1, 100), row("site", None, 1, 100)];
    assert_eq!(sums(GroupBy::Project), projects);

    // Whoever sees a part of the calls sees what users and tags used there.
    let seen = |group_by, of| {
        let filter = UsageFilter { seen_from: Some(vec![of]), ..filter(group_by) };
        told(&store.usage(&filter).unwrap())
    };
    assert_eq!(seen(GroupBy::User, ORGANIZATION), [row(&id(USER), None, 2, 200)]);
    assert_eq!(seen(GroupBy::User, TEAM), [row(&id(USER), None, 1, 100)]);
    assert_eq!(
        seen(GroupBy::Tag, ORGANIZATION),
        [row(&id(TAGS[0]), None, 1, 37), row(&id(TAGS[1]), None, 1, 137)]
    );
    assert_eq!(seen(GroupBy::Tag, TEAM), [row(&id(TAGS[0]), None, 1, 37), row(&id(TAGS[1]), None, 1, 37)]);
    assert_eq!(seen(GroupBy::Tag, PROJECT), []);

    let early = UsageFilter { to: Some(NOON + HOUR), ..filter(GroupBy::User) };
    assert_eq!(told(&store.usage(&early).unwrap()), [row("", None, 2, 237), row(&id(USER), None, 1, 100)]);
    let of_key = UsageFilter { key_id: Some(KeyId(2)), ..filter(GroupBy::Model) };
    assert_eq!(told(&store.usage(&of_key).unwrap()), [row("chat", None, 1, 100)]);
    let of_team = UsageFilter { team_id: Some(id(TEAM)), ..filter(GroupBy::Provider) };
    assert_eq!(told(&store.usage(&of_team).unwrap()), [row("alpha", None, 2, 107), row("beta", None, 0, 30)]);

    let of_customer = UsageFilter { customer: Some(id(CUSTOMER)), ..filter(GroupBy::Model) };
    assert_eq!(told(&store.usage(&of_customer).unwrap()), [row("chat", None, 1, 37)]);
    let at = UsageFilter { provider: Some("beta".to_owned()), ..filter(GroupBy::Team) };
    assert_eq!(told(&store.usage(&at).unwrap()), [row(&id(TEAM), Some("Core"), 0, 30)]);
    let of_none = UsageFilter { model: Some("other".to_owned()), ..filter(GroupBy::Key) };
    assert_eq!(told(&store.usage(&of_none).unwrap()), []);
}

pub(crate) fn logs_are_filtered_by_account(store: &impl Store) {
    let all = calls();
    fold(store, &all);
    let numbers = |filter: LogFilter| -> Vec<usize> {
        let rows = store.logs(&LogFilter { sub_calls: true, ..filter }).unwrap().rows;
        let place = |id| all.iter().position(|one| one.id == id).unwrap();
        rows.iter().map(|row| place(row.request_id)).rev().collect()
    };
    let of =
        |accounts: &[AccountId]| numbers(LogFilter { accounts: accounts.to_vec(), ..LogFilter::default() });
    assert_eq!(
        (of(&[ORGANIZATION]), of(&[USER]), of(&[TAGS[1]])),
        (vec![1, 2, 3, 4], vec![1, 4], vec![2, 3])
    );
    assert_eq!((of(&[USER, PROJECT]), of(&[account(Level::User, 9)])), (vec![1], vec![]));
    let team = |id: &str| numbers(LogFilter { team_id: Some(id.to_owned()), ..LogFilter::default() });
    assert_eq!(
        (team(&TEAM.to_string()), team("core"), team("other")),
        (vec![1, 2], vec![0, 1, 2, 3], vec![])
    );
    let one = LogFilter { request_id: Some(all[2].id), ..LogFilter::default() };
    assert_eq!(store.logs(&one).unwrap().rows[0].accounts, all[2].accounts);
}

pub(crate) fn a_lost_call_is_charged_to_its_accounts_until_the_truth_turns_up(store: &impl Store) {
    let call = counted(2, &[TEAM, ORGANIZATION]);
    store.fold(&mut |batch| batch.lost(&pending(&call, &[900, 700])).map(drop)).unwrap();
    let spent = |id| store.accounts_spent(Some(id), NOON).unwrap().first().map(|(_, spent)| *spent);
    let (team, organization) = (spent(TEAM).unwrap(), spent(ORGANIZATION).unwrap());
    assert_eq!((team.day, team.month, team.total), (NanoUsd(700), NanoUsd(700), NanoUsd(700)));
    assert_eq!(organization, team);
    assert_eq!(spent(USER), None);
    let lost = LogFilter { accounts: vec![TEAM], ..LogFilter::default() };
    assert_eq!(store.logs(&lost).unwrap().rows[0].accounts, [TEAM, ORGANIZATION]);
    // The truth says that it counted for others.
    fold(store, &[counted(2, &[USER, ORGANIZATION])]);
    let total = |id| spent(id).unwrap().total;
    assert_eq!((total(TEAM), total(USER), total(ORGANIZATION)), (NanoUsd(0), NanoUsd(100), NanoUsd(100)));
    let mut all = store.accounts_spent(None, NOON).unwrap();
    all.retain(|(id, _)| !id.level.is_called());
    assert_eq!(all.len(), 3);
}

fn of_project(id: String) -> KeyPolicy {
    KeyPolicy { terms: KeyTerms { project_id: Some(id), ..KeyTerms::default() }, ..KeyPolicy::default() }
}

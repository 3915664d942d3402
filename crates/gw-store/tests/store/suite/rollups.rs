//! Suite: sums by minute, hour and day.

use super::Store;
use super::sample::{HOUR, NOON, attempt, fold, pending, record};
use gw_model::{AccountId, KeyId, Level, Outcome, Record, Verdict, WireFormat};
use gw_store::analytics::{
    RecordSums, RollupBy, RollupFilter, RollupLimits, RollupQuery, RollupRow, Span, SumBounds, sum_records,
};
use gw_store::types::LogFilter;
use std::time::Duration;

const DAY: i64 = 24 * HOUR;

fn account(level: Level, number: u128) -> AccountId {
    AccountId { level, number }
}

fn day() -> RollupQuery {
    RollupQuery { with_latency: true, ..RollupQuery::over(Span::Hour, NOON - DAY / 2, NOON + DAY / 2) }
}

fn grouped(store: &impl Store, by: RollupBy, filter: RollupFilter) -> Vec<(String, i64, i64)> {
    let query = RollupQuery { group_by: Some(by), filter, ..day() };
    let told = |row: &RollupRow| (row.value.clone().unwrap(), row.sums.requests, row.sums.cost);
    store.rollups(&query).unwrap().iter().map(told).collect()
}

/// Six calls of two teams; one of them failed after a second try, one was refused.
fn calls() -> Vec<Record> {
    let (one, two) = (account(Level::Team, 1), account(Level::Team, 2));
    let organization = account(Level::Organization, 9);
    let mut list: Vec<Record> = (1..=6).map(record).collect();
    for (at, call) in list.iter_mut().enumerate() {
        call.accounts = vec![if at < 4 { one } else { two }, organization];
        call.total_us = 1_000 * (at as u64 + 1);
        call.team_id = None;
    }
    list[3].accounts.insert(0, account(Level::Customer, 4));
    list[4].key = Some(KeyId(2));
    list[4].outcome = Outcome::UpstreamError;
    list[4].status = 502;
    list[4].error_code = "upstream_error".to_owned();
    list[4].attempts.insert(0, attempt("beta", 5));
    list[5].attempts.clear();
    list[5].outcome = Outcome::Refused;
    list[5].status = 429;
    list[5].error_code = "rate_limit_exceeded".to_owned();
    list[5].model = "made-up".to_owned();
    list[5].first_byte_us = None;
    list[1].cache = "hit".to_owned();
    list
}

pub(crate) fn calls_are_rolled_up_by_every_dimension(store: &impl Store) {
    let all = calls();
    fold(store, &all);
    // Once more changes nothing.
    fold(store, &all);
    for span in Span::ALL {
        let rows = store.rollups(&RollupQuery { span: *span, ..day() }).unwrap();
        assert_eq!(rows.len(), 1, "{span:?}");
        let RollupRow { sums, latency, first_byte, .. } = &rows[0];
        assert_eq!((sums.requests, sums.errors, sums.cost), (6, 2, 505), "{span:?}");
        assert_eq!((sums.input_tokens, sums.output_tokens, sums.cached_tokens), (60, 120, 24));
        assert_eq!((latency.count(), first_byte.count()), (5, 5));
    }
    let of = |by| grouped(store, by, RollupFilter::default());
    let row = |value: &str, requests, cost| (value.to_owned(), requests, cost);
    let (one, two) = (account(Level::Team, 1).to_string(), account(Level::Team, 2).to_string());
    assert_eq!(of(RollupBy::Team), [row(&one, 4, 400), row(&two, 2, 105)]);
    assert_eq!(of(RollupBy::Key), [row(&KeyId(1).to_string(), 5, 400), row(&KeyId(2).to_string(), 1, 105)]);
    assert_eq!(of(RollupBy::Model), [row("", 1, 0), row("chat", 5, 505)]);
    assert_eq!(of(RollupBy::Provider), [row("", 1, 0), row("alpha", 5, 500), row("beta", 0, 5)]);
    assert_eq!(
        of(RollupBy::Outcome),
        [row("refused", 1, 0), row("success", 4, 400), row("upstream_error", 1, 105)]
    );
    assert_eq!(of(RollupBy::Status), [row("2xx", 4, 400), row("4xx", 1, 0), row("5xx", 1, 105)]);
    assert_eq!(
        of(RollupBy::Error),
        [row("", 4, 400), row("rate_limit_exceeded", 1, 0), row("upstream_error", 1, 105)]
    );
    assert_eq!(of(RollupBy::Cache), [row("", 5, 405), row("hit", 1, 100)]);
    assert_eq!(of(RollupBy::Customer), [row(&account(Level::Customer, 4).to_string(), 1, 100)]);
    let filter = RollupFilter { team_id: Some(two.clone()), ..RollupFilter::default() };
    assert_eq!(grouped(store, RollupBy::Model, filter), [row("", 1, 0), row("chat", 1, 105)]);
    let filter = RollupFilter { seen_from: Some(vec![account(Level::Team, 1)]), ..RollupFilter::default() };
    assert_eq!(grouped(store, RollupBy::Key, filter), [row(&KeyId(1).to_string(), 4, 400)]);
    let nobody = RollupFilter { seen_from: Some(Vec::new()), ..RollupFilter::default() };
    assert_eq!(grouped(store, RollupBy::Model, nobody), []);
    let only = RollupQuery { group_by: Some(RollupBy::Team), only: Some(vec![one.clone()]), ..day() };
    let told: Vec<_> =
        store.rollups(&only).unwrap().iter().map(|row| (row.value.clone(), row.sums.cost)).collect();
    assert_eq!(told, [(None, 105), (Some(one), 400)]);
}

pub(crate) fn roll_ups_are_cut_by_time_and_removed(store: &impl Store) {
    let mut later = record(2);
    later.time += 2 * HOUR;
    later.total_us = 3_000;
    fold(store, &[record(1), later.clone()]);
    fold(store, &[record(3)]);
    let by_time = |span| {
        let rows = store.rollups(&RollupQuery { span, by_time: true, ..day() }).unwrap();
        rows.iter().map(|row| (row.start, row.sums.requests)).collect::<Vec<_>>()
    };
    assert_eq!(by_time(Span::Minute), [(NOON, 2), (NOON + 2 * HOUR, 1)]);
    assert_eq!(by_time(Span::Hour), [(NOON, 2), (NOON + 2 * HOUR, 1)]);
    assert_eq!(by_time(Span::Day), [(NOON - DAY / 2, 3)]);
    let query = RollupQuery { from: NOON + HOUR, ..day() };
    let rows = store.rollups(&query).unwrap();
    let told = rows[0].latency.quantile_us(500).unwrap();
    assert!(told.abs_diff(3_000) <= 60, "{told}");
    while store.remove_rollups(Span::Minute, NOON + HOUR).unwrap() > 0 {}
    assert_eq!(by_time(Span::Minute), [(NOON + 2 * HOUR, 1)]);
    assert_eq!(by_time(Span::Hour).len(), 2);
}

pub(crate) fn series_go_with_the_last_of_their_sums(store: &impl Store) {
    let mut old = record(1);
    old.model = "old".to_owned();
    old.key = Some(KeyId(7));
    old.time -= 9 * DAY;
    fold(store, &[old.clone(), record(2)]);
    let remove = |span| while store.remove_rollups(span, NOON - DAY).unwrap() > 0 {};
    let firsts = || {
        let mut firsts = store.first_uses(0).unwrap();
        firsts.models.sort();
        firsts.models
    };
    assert_eq!(firsts(), ["chat", "old"]);
    assert_eq!(store.remove_series().unwrap(), 0);
    remove(Span::Minute);
    remove(Span::Hour);
    assert_eq!(store.remove_series().unwrap(), 0, "days still name it");
    assert_eq!(firsts(), ["chat", "old"]);
    remove(Span::Day);
    assert!(store.remove_series().unwrap() >= 2);
    assert_eq!(firsts(), ["chat"]);
    assert_eq!(store.remove_series().unwrap(), 0);
    // It may come back, and is named again.
    old.time = NOON + HOUR;
    old.id = gw_model::RequestId::new(old.time, 77);
    fold(store, &[old]);
    assert_eq!(firsts(), ["chat", "old"]);
    let query = RollupQuery { group_by: Some(RollupBy::Model), ..day() };
    assert_eq!(store.rollups(&query).unwrap().len(), 2);
}

/// What series do not tell apart is summed up by itself, within organizations too.
pub(crate) fn calls_are_summed_up_by_what_series_do_not_tell(store: &impl Store) {
    let (one, other) = (account(Level::Organization, 9), account(Level::Organization, 8));
    let mut list = calls();
    list[0].format = WireFormat::AnthropicMessages;
    list[1].details.region = Some("eu".to_owned());
    list[2].details.verdicts = vec![found("pii", "email"), found("pii", "phone"), found("secrets", "key")];
    list[3].accounts = vec![other, account(Level::Tag, 3)];
    list[2].accounts.push(account(Level::Tag, 3));
    fold(store, &list);
    let all = |by| grouped(store, by, RollupFilter::default());
    let of = |by, organization| {
        grouped(store, by, RollupFilter { accounts: vec![organization], ..RollupFilter::default() })
    };
    let row = |value: &str, requests, cost| (value.to_owned(), requests, cost);
    assert_eq!(all(RollupBy::Format), [row("chat", 5, 405), row("messages", 1, 100)]);
    assert_eq!(all(RollupBy::Region), [row("", 5, 405), row("eu", 1, 100)]);
    assert_eq!(all(RollupBy::Guardrail), [row("pii", 1, 100), row("secrets", 1, 100)]);
    let upstream = [row("", 1, 0), row("alpha-large", 5, 500), row("beta-large", 0, 5)];
    assert_eq!(all(RollupBy::UpstreamModel), upstream);
    assert_eq!(all(RollupBy::Endpoint).iter().map(|row| row.1).sum::<i64>(), 6);
    assert_eq!(of(RollupBy::Format, other), [row("chat", 1, 100)]);
    let tag = account(Level::Tag, 3).to_string();
    assert_eq!(of(RollupBy::Tag, one), [row(&tag, 1, 100)]);
    assert_eq!(all(RollupBy::Tag), [row(&tag, 2, 200)]);
    let seen = RollupFilter { seen_from: Some(vec![account(Level::Team, 1)]), ..RollupFilter::default() };
    assert!(grouped(store, RollupBy::Format, seen).is_empty());
    while store.remove_rollups(Span::Day, NOON + 2 * DAY).unwrap() > 0 {}
    assert!(all(RollupBy::Format).is_empty());
}

/// A lost call counts for what is known of it, and for nothing when its truth turns up.
pub(crate) fn a_lost_call_gives_way_in_sums_of_parts(store: &impl Store) {
    let mut truth = record(1);
    truth.details.region = Some("eu".to_owned());
    store.fold(&mut |batch| batch.lost(&pending(&truth, &[900]))).unwrap();
    assert_eq!(grouped(store, RollupBy::Region, RollupFilter::default()).len(), 1);
    fold(store, &[truth]);
    let rows = grouped(store, RollupBy::Region, RollupFilter::default());
    let counted: Vec<_> = rows.iter().filter(|row| row.1 != 0 || row.2 != 0).collect();
    assert_eq!(counted, [&("eu".to_owned(), 1, 100)]);
    let formats = grouped(store, RollupBy::Format, RollupFilter::default());
    assert_eq!(formats, [("chat".to_owned(), 1, 100)]);
}

pub(crate) fn durations_of_many_batches_come_together(store: &impl Store) {
    for batch in 0..5u32 {
        let mut calls: Vec<_> = (1..=20).map(|number| record(batch * 20 + number)).collect();
        for (at, call) in (0u64..).zip(&mut calls) {
            call.time = NOON;
            call.total_us = (u64::from(batch) * 20 + at + 1) * 10_000;
        }
        fold(store, &calls);
    }
    let rows = store.rollups(&day()).unwrap();
    for (per_mille, exact) in [(500, 500_000), (950, 950_000), (990, 990_000)] {
        let told = rows[0].latency.quantile_us(per_mille).unwrap();
        assert!(told.abs_diff(exact) <= exact / 50, "{told} in place of {exact}");
    }
    assert_eq!(rows[0].latency.count(), 100);
}

pub(crate) fn a_lost_call_gives_way_in_roll_ups(store: &impl Store) {
    let found = record(1);
    store.fold(&mut |batch| batch.lost(&pending(&found, &[900]))).unwrap();
    let sums = || store.rollups(&day()).unwrap()[0].sums;
    assert_eq!((sums().requests, sums().errors, sums().cost), (1, 1, 900));
    fold(store, &[found]);
    assert_eq!((sums().requests, sums().errors, sums().cost), (1, 0, 100));
}

pub(crate) fn callers_beyond_a_bound_are_counted_by_their_place(store: &impl Store) {
    store.limit_rollups(RollupLimits { max_minute_series: 1, max_hour_series: 3 });
    let team = account(Level::Team, 1);
    let mut calls: Vec<_> = (1..=6).map(record).collect();
    for (number, call) in (1u128..).zip(&mut calls) {
        call.time = NOON;
        (call.key, call.accounts) = (Some(KeyId(number)), vec![team]);
        call.team_id = None;
    }
    fold(store, &calls);
    let keys = grouped(store, RollupBy::Key, RollupFilter::default());
    assert_eq!((keys.len(), keys[0].0.as_str(), keys[0].1), (4, "", 3));
    // Nothing is lost of the whole, nor of the team.
    assert_eq!(grouped(store, RollupBy::Team, RollupFilter::default()), [(team.to_string(), 6, 600)]);
}

pub(crate) fn what_is_used_first_is_told(store: &impl Store) {
    fold(store, &[record(1)]);
    let mut later = record(2);
    later.time += 2 * HOUR;
    let mut other = later.clone();
    (other.id, other.key, other.model) = (record(3).id, Some(KeyId(2)), "new".to_owned());
    let mut refused = Record { id: record(4).id, outcome: Outcome::Refused, ..later.clone() };
    (refused.model, refused.details.is_resolved) = ("refused".to_owned(), true);
    refused.attempts.clear();
    fold(store, &[later, other, refused]);
    let firsts = store.first_uses(NOON + HOUR).unwrap();
    assert_eq!((firsts.models, firsts.keys), (vec!["new".to_owned()], vec![KeyId(2)]));
    assert_eq!(store.first_uses(NOON).unwrap().keys.len(), 2);
}

/// Calls that differ in all that they are summed up by.
fn varied() -> Vec<Record> {
    let mut list = calls();
    list[0].format = WireFormat::AnthropicMessages;
    list[0].details.region = Some("eu".to_owned());
    list[1].accounts.push(account(Level::Tag, 3));
    list[1].accounts.push(account(Level::Tag, 5));
    list[2].accounts.push(account(Level::Tag, 3));
    list[2].details.region = Some("eu".to_owned());
    list[2].details.verdicts = ["email", "phone"].map(|kind| found("pii", kind)).to_vec();
    list[4].accounts.push(account(Level::Tag, 3));
    list[4].attempts[0].usage.cache_write_tokens = 3;
    list[4].attempts[0].usage.cache_write_1h_tokens = 2;
    list[4].attempts[1].usage.reasoning_tokens = 8;
    list
}

fn found(guardrail: &str, kind: &str) -> Verdict {
    Verdict {
        guardrail: guardrail.to_owned(),
        action: "flag".to_owned(),
        kind: kind.to_owned(),
        side: "request".to_owned(),
    }
}

const AMPLE: SumBounds = SumBounds { time: Duration::from_secs(30), sums: 1000 };

fn read(store: &impl Store, query: &RollupQuery, more: &LogFilter) -> RecordSums {
    let sums = sum_records(store, query, more, AMPLE, false).unwrap();
    assert_eq!(sums.searched_to, None);
    sums
}

/// Whether sums are read from where they are kept or made of the records, they are the same.
pub(crate) fn records_add_up_to_what_is_kept(store: &impl Store) {
    let mut all = varied();
    // It began the day before, and ended in that day.
    let mut long = record(9);
    long.time = NOON - DAY / 2 - HOUR;
    long.id = gw_model::RequestId::new(long.time, 9);
    long.total_us = u64::try_from(2 * HOUR).unwrap();
    all.push(long);
    fold(store, &all);
    let filters = [
        RollupFilter::default(),
        RollupFilter { provider: Some("beta".to_owned()), ..RollupFilter::default() },
        RollupFilter { model: Some("made-up".to_owned()), ..RollupFilter::default() },
        RollupFilter { class: Some(4), ..RollupFilter::default() },
        RollupFilter { cache: Some("hit".to_owned()), ..RollupFilter::default() },
        RollupFilter { team_id: Some(account(Level::Team, 2).to_string()), ..RollupFilter::default() },
        RollupFilter { seen_from: Some(vec![account(Level::Team, 1)]), ..RollupFilter::default() },
    ];
    for by in RollupBy::ALL.iter().copied().map(Some).chain([None]) {
        let is_apart = by.is_some_and(|by| by.is_of_account() || by.is_of_part());
        for filter in filters.iter().take(if is_apart { 1 } else { filters.len() }) {
            for by_time in [false, true] {
                let query = RollupQuery { group_by: by, by_time, filter: filter.clone(), ..day() };
                let mut kept = store.rollups(&query).unwrap();
                let mut made = read(store, &query, &LogFilter::default()).rollups(&query);
                if is_apart {
                    // Of these less is kept.
                    for row in kept.iter_mut().chain(&mut made) {
                        (row.latency, row.first_byte) = Default::default();
                        (row.sums.cache_write_tokens, row.sums.reasoning_tokens) = (0, 0);
                    }
                }
                assert_eq!(made, kept, "{by:?} {filter:?} {by_time}");
            }
        }
    }
}

/// What is kept apart can be asked for together, of records.
pub(crate) fn records_are_summed_up_by_what_is_kept_apart(store: &impl Store) {
    fold(store, &varied());
    let tag = account(Level::Tag, 3);
    let of = |by, filter: RollupFilter, more: &LogFilter| {
        let query = RollupQuery { group_by: Some(by), filter, ..day() };
        let told = |row: RollupRow| (row.value.unwrap(), row.sums.requests, row.sums.cost);
        read(store, &query, more).rollups(&query).into_iter().map(told).collect::<Vec<_>>()
    };
    let row = |value: &str, requests, cost| (value.to_owned(), requests, cost);
    let any = RollupFilter::default;
    let tagged = LogFilter { accounts: vec![tag], ..LogFilter::default() };
    let (one, two) = (account(Level::Team, 1).to_string(), account(Level::Team, 2).to_string());
    assert_eq!(of(RollupBy::Team, any(), &tagged), [row(&one, 2, 200), row(&two, 1, 105)]);
    assert_eq!(of(RollupBy::Provider, any(), &tagged), [row("alpha", 3, 300), row("beta", 0, 5)]);
    let failed = RollupFilter { outcome: Some(Outcome::UpstreamError), ..any() };
    assert_eq!(of(RollupBy::Model, failed, &tagged), [row("chat", 1, 105)]);
    let in_region = LogFilter { region: Some("eu".to_owned()), ..tagged.clone() };
    assert_eq!(of(RollupBy::Guardrail, any(), &in_region), [row("pii", 1, 100)]);
    let sent_to = LogFilter { upstream_model: Some("beta-large".to_owned()), ..tagged.clone() };
    assert_eq!(of(RollupBy::Team, any(), &sent_to), [row(&two, 0, 5)]);
    // Of a tag that several have, only those calls count that may be seen.
    let seen = RollupFilter { seen_from: Some(vec![account(Level::Team, 2)]), ..any() };
    assert_eq!(of(RollupBy::Tag, seen, &tagged), [row(&tag.to_string(), 1, 105)]);
    // What was not asked for is one.
    let only = RollupQuery { group_by: Some(RollupBy::Team), only: Some(vec![two.clone()]), ..day() };
    let rows = read(store, &only, &tagged).rollups(&only);
    let told: Vec<_> = rows.iter().map(|row| (row.value.clone(), row.sums.cost)).collect();
    assert_eq!(told, [(None, 200), (Some(two), 105)]);
    // No time is no answer, and says so.
    let no_time = SumBounds { time: Duration::ZERO, ..AMPLE };
    let none = sum_records(store, &only, &tagged, no_time, false).unwrap();
    assert!(none.searched_to.is_some() || none.rollups(&only).len() == 2);
    // More sums than may be are no answer either.
    let few = SumBounds { sums: 0, ..AMPLE };
    assert!(sum_records(store, &only, &tagged, few, false).unwrap().searched_to.is_some());
}

//! Suite: logs and usage for people.

use super::Store;
use super::sample::{HOUR, NOON, attempt, fold, pending, record};
use gw_model::{
    KeyId, KeyPolicy, KeyTerms, NanoUsd, Outcome, Parent, RequestId, SubCallRole, UsageSource, WireFormat,
};
use gw_store::types::{GroupBy, KeyLabel, LogFilter, UsageFilter, UsageRow};

pub(crate) fn logs_carry_every_field(store: &impl Store) {
    let mut full = record(1);
    full.format = WireFormat::AnthropicMessages;
    full.stream = true;
    full.outcome = Outcome::StreamCut;
    full.error_code = "upstream_error".to_owned();
    full.error_detail = "it said no".to_owned();
    full.cache = "miss".to_owned();
    full.customer = Some("acme".to_owned());
    full.attempts.insert(0, attempt("beta", 11));
    full.attempts[0].status = 500;
    full.attempts[0].reason = "500 \"quoted\"".to_owned();
    full.attempts[1].usage.cache_write_tokens = 3;
    full.attempts[1].usage.cache_write_1h_tokens = 2;
    full.attempts[1].usage.reasoning_tokens = 8;
    full.attempts[1].usage_source = UsageSource::Estimated;
    fold(store, std::slice::from_ref(&full));
    let filter = LogFilter { request_id: Some(full.id), ..LogFilter::default() };
    let row = store.logs(&filter).unwrap().rows.remove(0);
    assert_eq!((row.request_id, row.time, row.key_id), (full.id, full.time, Some(KeyId(1))));
    assert_eq!(
        (row.team_id.as_deref(), row.format.as_str(), row.model.as_str()),
        (Some("core"), "messages", "chat")
    );
    assert_eq!(
        (row.provider.as_deref(), row.upstream_model.as_deref()),
        (Some("alpha"), Some("alpha-large"))
    );
    assert_eq!((row.stream, row.outcome, row.status, row.attempts), (true, Outcome::StreamCut, 200, 2));
    assert_eq!(row.error_code.as_deref(), Some("upstream_error"));
    assert_eq!(row.error_detail.as_deref(), Some("it said no"));
    assert_eq!((row.cache.as_deref(), row.customer.as_deref()), (Some("miss"), Some("acme")));
    assert_eq!((row.input_tokens, row.output_tokens, row.cached_tokens), (20, 40, 8));
    assert_eq!((row.cache_write_tokens, row.reasoning_tokens), (5, 8));
    assert_eq!((row.usage_source, row.cost), (UsageSource::Estimated, NanoUsd(111)));
    assert_eq!((row.first_byte_us, row.total_us), (Some(500), 1500));
    let tries: serde_json::Value = serde_json::from_str(&row.tries.unwrap()).unwrap();
    assert_eq!(tries[0]["reason"], "500 \"quoted\"");
    assert_eq!(tries[1]["cost_usd"], "0.0000001");

    let mut bare = record(2);
    bare.key = None;
    bare.team_id = None;
    bare.outcome = Outcome::Refused;
    bare.status = 401;
    bare.attempts.clear();
    bare.first_byte_us = None;
    fold(store, &[bare]);
    let row = store.logs(&LogFilter::default()).unwrap().rows.remove(0);
    assert_eq!((row.key_id, row.team_id, row.provider, row.error_code), (None, None, None, None));
    assert_eq!(
        (row.attempts, row.usage_source, row.first_byte_us, row.tries),
        (0, UsageSource::None, None, None)
    );
}

pub(crate) fn logs_are_filtered_and_paged(store: &impl Store) {
    let mut all: Vec<_> = (1..=30).map(record).collect();
    all[4].model = "other".to_owned();
    all[5].outcome = Outcome::Lost;
    all[6].key = Some(KeyId(2));
    fold(store, &all);
    let ids = |filter: LogFilter| -> Vec<RequestId> {
        store.logs(&filter).unwrap().rows.into_iter().map(|row| row.request_id).collect()
    };
    let of = |number: usize| vec![all[number].id];
    assert_eq!(ids(LogFilter { model: Some("other".to_owned()), ..LogFilter::default() }), of(4));
    assert_eq!(ids(LogFilter { outcome: Some(Outcome::Lost), ..LogFilter::default() }), of(5));
    assert_eq!(ids(LogFilter { key_id: Some(KeyId(2)), ..LogFilter::default() }), of(6));
    let between = LogFilter { from: Some(all[10].time), to: Some(all[11].time), ..LogFilter::default() };
    assert_eq!(ids(between), of(10));
    assert!(ids(LogFilter { request_id: Some(RequestId(5)), ..LogFilter::default() }).is_empty());

    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = store.logs(&LogFilter { limit: 7, before, ..LogFilter::default() }).unwrap();
        seen.extend(page.rows.into_iter().map(|row| row.request_id));
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    let newest_first: Vec<_> = all.iter().rev().map(|record| record.id).collect();
    assert_eq!(seen, newest_first);
}

fn usage(store: &impl Store, group_by: GroupBy) -> Vec<UsageRow> {
    store.usage(&UsageFilter { group_by, ..UsageFilter::default() }).unwrap()
}

pub(crate) fn usage_is_summed_by_every_dimension(store: &impl Store) {
    let policy = KeyPolicy {
        name: "app".to_owned(),
        terms: KeyTerms {
            team_id: Some("core".to_owned()),
            project_id: Some("site".to_owned()),
            ..KeyTerms::default()
        },
        ..KeyPolicy::default()
    };
    store.label_keys(&[KeyLabel::of(KeyId(1), &policy)]).unwrap();
    let mut other = record(3);
    other.key = Some(KeyId(2));
    other.team_id = None;
    other.model = "embed".to_owned();
    other.customer = Some("acme".to_owned());
    other.attempts = vec![attempt("beta", 1)];
    other.outcome = Outcome::UpstreamError;
    fold(store, &[record(1), record(2), other]);
    for (group_by, small, large) in [
        (GroupBy::Key, KeyId(2).to_string(), KeyId(1).to_string()),
        (GroupBy::Team, String::new(), "core".to_owned()),
        (GroupBy::Project, String::new(), "site".to_owned()),
        (GroupBy::Model, "embed".to_owned(), "chat".to_owned()),
        (GroupBy::Provider, "beta".to_owned(), "alpha".to_owned()),
        (GroupBy::Customer, "acme".to_owned(), String::new()),
    ] {
        let rows = usage(store, group_by);
        assert_eq!(rows.len(), 2, "{group_by:?}");
        let of = |value: &str| rows.iter().find(|row| row.value == value).unwrap().clone();
        let (small, large) = (of(&small), of(&large));
        assert_eq!((small.requests, small.errors, small.cost), (1, 1, NanoUsd(1)), "{group_by:?}");
        assert_eq!((large.requests, large.errors, large.cost), (2, 0, NanoUsd(200)), "{group_by:?}");
        assert_eq!((large.input_tokens, large.output_tokens, large.cached_tokens), (20, 40, 8));
        let named = (group_by == GroupBy::Key).then(|| "app".to_owned());
        assert_eq!(large.name, named);
    }
    let days = usage(store, GroupBy::Day);
    assert_eq!((days.len(), days[0].value.as_str(), days[0].requests), (1, "2026-10-30", 3));
}

pub(crate) fn retries_are_counted_where_they_happened(store: &impl Store) {
    let mut retried = record(1);
    retried.attempts.insert(0, attempt("beta", 5));
    let mut refused = record(2);
    refused.attempts.clear();
    refused.outcome = Outcome::Refused;
    refused.model = "no-such-model".to_owned();
    let mut named = record(3);
    named.attempts.clear();
    named.outcome = Outcome::Refused;
    named.model = "limited".to_owned();
    named.details.is_resolved = true;
    fold(store, &[retried, refused, named]);
    let rows = usage(store, GroupBy::Provider);
    let of = |value: &str| rows.iter().find(|row| row.value == value).unwrap().clone();
    assert_eq!((of("alpha").requests, of("alpha").cost), (1, NanoUsd(100)));
    assert_eq!((of("beta").requests, of("beta").cost, of("beta").input_tokens), (0, NanoUsd(5), 10));
    assert_eq!((of("").requests, of("").errors), (2, 2));
    // Names that callers make up get no row of their own.
    let models: Vec<_> =
        usage(store, GroupBy::Model).into_iter().map(|row| (row.value, row.requests)).collect();
    assert_eq!(models, [("", 1), ("chat", 1), ("limited", 1)].map(|(name, count)| (name.to_owned(), count)));
}

pub(crate) fn usage_is_cut_by_time(store: &impl Store) {
    let mut later = record(2);
    later.time += 2 * HOUR;
    fold(store, &[record(1), later]);
    let requests = |from, to| {
        let rows =
            store.usage(&UsageFilter { group_by: GroupBy::Day, from, to, ..UsageFilter::default() }).unwrap();
        rows.iter().map(|row| row.requests).sum::<u64>()
    };
    assert_eq!(requests(None, None), 2);
    assert_eq!(requests(Some(NOON + HOUR), None), 1);
    assert_eq!(requests(None, Some(NOON + HOUR)), 1);
    assert_eq!(requests(Some(NOON + HOUR), Some(NOON + 2 * HOUR)), 0);
}

pub(crate) fn sub_calls_are_listed_when_asked_for_and_are_no_requests(store: &impl Store) {
    let parent = record(1);
    let sub_call = |number: u32, role| {
        let parent = Some(Parent { request: parent.id, role });
        gw_model::Record { parent, outcome: Outcome::UpstreamError, ..record(number) }
    };
    let (mirror, lost) = (sub_call(2, SubCallRole::Mirror), sub_call(3, SubCallRole::Panel));
    fold(store, &[parent.clone(), mirror.clone()]);
    store.fold(&mut |batch| batch.lost(&pending(&lost, &[900]))).unwrap();
    let ids = |filter: &LogFilter| -> Vec<RequestId> {
        store.logs(filter).unwrap().rows.into_iter().map(|row| row.request_id).collect()
    };
    assert_eq!(ids(&LogFilter::default()), [parent.id]);
    let all = LogFilter { sub_calls: true, ..LogFilter::default() };
    assert_eq!(ids(&all), [lost.id, mirror.id, parent.id]);
    assert_eq!(ids(&LogFilter { request_id: Some(mirror.id), ..LogFilter::default() }), [mirror.id]);
    let of = LogFilter { parent_id: Some(parent.id), ..LogFilter::default() };
    let rows = store.logs(&of).unwrap().rows;
    let told: Vec<_> = rows.iter().map(|row| (row.request_id, row.parent_id, row.role)).collect();
    assert_eq!(
        told,
        [
            (lost.id, Some(parent.id), Some(SubCallRole::Panel)),
            (mirror.id, Some(parent.id), Some(SubCallRole::Mirror))
        ]
    );
    let sums = usage(store, GroupBy::Key).remove(0);
    assert_eq!((sums.requests, sums.errors, sums.cost), (1, 0, NanoUsd(1100)));
    // The truth about a lost one is no request either.
    fold(store, &[lost]);
    let sums = usage(store, GroupBy::Key).remove(0);
    assert_eq!((sums.requests, sums.errors, sums.cost), (1, 0, NanoUsd(300)));
}

pub(crate) fn it_is_known_when_keys_were_last_used(store: &impl Store) {
    let used = |keys: &[u128]| {
        store.sum_up(true).unwrap();
        let mut found = store.keys_used(&keys.iter().map(|key| KeyId(*key)).collect::<Vec<_>>()).unwrap();
        found.sort_unstable();
        found
    };
    let of = |number: u32, key: Option<u128>| gw_model::Record { key: key.map(KeyId), ..record(number) };
    // Calls of one round come in any order; one of nobody counts for no key.
    fold(store, &[of(2, Some(7)), of(1, Some(7)), of(3, Some(8)), of(4, None)]);
    let end = |number: i64| NOON + number * 1000 + 1500;
    assert_eq!(used(&[7, 8, 9, 0]), [(KeyId(7), end(2)), (KeyId(8), end(3))]);
    // What is less than a minute later is not worth a write, and what is earlier is no news.
    fold(store, &[of(59_000, Some(7)), of(60_003, Some(8))]);
    assert_eq!(used(&[7, 8]), [(KeyId(7), end(2)), (KeyId(8), end(60_003))]);
    fold(store, &[of(59_001, Some(8)), of(60_002, Some(7))]);
    assert_eq!(used(&[7, 8]), [(KeyId(7), end(60_002)), (KeyId(8), end(60_003))]);
    assert_eq!(used(&[]), []);
}

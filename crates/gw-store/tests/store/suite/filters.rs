//! Suite: filters of what a record says besides who, what and how it ended.

use super::Store;
use super::sample::{attempt, fold, record};
use super::search::{details, found, text};
use gw_model::{
    Media, NanoUsd, Outcome, Parameter, Parent, Record, RecordDetails, SubCallRole, UsageSource, Verdict,
};
use gw_store::types::{ClientFilter, LogFilter, MetadataFilter, ParameterFilter, Span};

fn metadata(name: &str, value: Option<&str>) -> Option<MetadataFilter> {
    Some(MetadataFilter { name: name.to_owned(), value: value.map(str::to_owned) })
}

fn parameter(parameter: Parameter, value: Option<&str>) -> Option<ParameterFilter> {
    Some(ParameterFilter { parameter, value: value.map(str::to_owned) })
}

fn client(address: &str, bits: u8) -> Option<ClientFilter> {
    Some(ClientFilter { address: address.parse().unwrap(), bits })
}

/// One that differs in everything, with another that is like it in little, among many that say nothing.
fn one_among_many(store: &impl Store) -> (Record, Record) {
    let mut all: Vec<Record> = (1..=40).map(record).collect();
    let other = &mut all[10];
    other.details = RecordDetails {
        metadata: text("{\"job\":\"daily\",\"note\":\"eu-west-1 nightly\"}"),
        verdicts: vec![
            Verdict { kind: "email".to_owned(), action: "flag".to_owned(), ..details().verdicts.remove(0) },
            Verdict {
                guardrail: "secrets".to_owned(),
                kind: "key".to_owned(),
                ..details().verdicts.remove(0)
            },
        ],
        ..RecordDetails::default()
    };
    let other = other.clone();
    let one = &mut all[20];
    one.details = details();
    one.details.verdicts[0].side = "response".to_owned();
    one.stream = true;
    one.outcome = Outcome::UpstreamError;
    one.error_detail = "Quota of \u{fc}ber-account EXHAUSTED".to_owned();
    one.saved = NanoUsd(99);
    let mut failed = attempt("beta", 0);
    failed.reason = "timeout".to_owned();
    one.attempts.insert(0, failed);
    let last = &mut one.attempts[1];
    last.usage_source = UsageSource::Estimated;
    last.usage.input_tokens = 1_000;
    last.usage.output_tokens = 2_000;
    last.usage.cached_tokens = 900;
    last.usage.cache_write_tokens = 30;
    last.usage.reasoning_tokens = 40;
    last.usage.media = Media { output_images: 2, ..Media::default() };
    let one = one.clone();
    fold(store, &all);
    (one, other)
}

pub(crate) fn records_are_found_by_what_else_they_say(store: &impl Store) {
    let (one, _) = one_among_many(store);
    let from = |from| Span { from: Some(from), to: None };
    let any = LogFilter::default;
    let all = [
        LogFilter { error_detail: text("exhausted"), ..any() },
        LogFilter { usage_source: Some(UsageSource::Estimated), ..any() },
        LogFilter { tried_provider: text("beta"), ..any() },
        LogFilter { try_reason: text("timeout"), ..any() },
        LogFilter { media: text("output_images"), ..any() },
        LogFilter { region: text("eu-west-1"), ..any() },
        LogFilter { metadata: metadata("job", Some("nightly")), ..any() },
        LogFilter { client: client("203.0.113.7", 32), ..any() },
        LogFilter { parameter: parameter(Parameter::Temperature, Some("0.7")), ..any() },
        LogFilter { parameter: parameter(Parameter::Seed, None), ..any() },
        LogFilter { route_node: text("by-country"), ..any() },
        LogFilter { client: client("203.0.113.0", 24), ..any() },
        LogFilter { dropped_parameter: text("logit_bias"), ..any() },
        LogFilter { guardrail_side: text("response"), ..any() },
        LogFilter {
            guardrail: text("pii"),
            guardrail_kind: text("email"),
            guardrail_action: text("redact"),
            ..any()
        },
        LogFilter { saved: from(99), ..any() },
        LogFilter { waited_us: Span { from: Some(77), to: Some(77) }, ..any() },
        LogFilter { connect_us: Span { from: None, to: Some(9_999) }, ..any() },
        LogFilter { guardrails_us: from(310), ..any() },
        LogFilter { answer_guardrails_us: from(20_500), ..any() },
        LogFilter { tenths_of_tokens_per_second: from(1), ..any() },
        LogFilter { input_tokens: from(1_000), ..any() },
        LogFilter { output_tokens: from(2_000), ..any() },
        LogFilter { cached_tokens: from(900), ..any() },
        LogFilter { cache_write_tokens: from(1), ..any() },
        LogFilter { reasoning_tokens: from(40), ..any() },
        LogFilter { region: text("eu-west-1"), metadata: metadata("job", None), ..any() },
    ];
    for filter in &all {
        let rows = found(store, filter);
        let ids: Vec<_> = rows.iter().map(|row| row.request_id).collect();
        assert_eq!(ids, [one.id], "{filter:?}");
        assert_eq!(store.records_of(&[record(1).id, one.id], filter).unwrap(), rows, "{filter:?}");
    }
    let speed = found(store, &all[0])[0].tenths_of_tokens_per_second().unwrap();
    let exactly = Span { from: Some(speed), to: Some(speed) };
    assert_eq!(found(store, &LogFilter { tenths_of_tokens_per_second: exactly, ..any() }).len(), 1);
    let over = LogFilter { tenths_of_tokens_per_second: from(speed + 1), ..any() };
    assert!(found(store, &over).is_empty());
}

pub(crate) fn what_only_looks_like_it_is_not_found(store: &impl Store) {
    let (one, other) = one_among_many(store);
    let any = LogFilter::default;
    let none = [
        LogFilter { error_detail: text("exhausted quota"), ..any() },
        LogFilter { tried_provider: text("bet"), ..any() },
        LogFilter { try_reason: text("beta"), ..any() },
        LogFilter { media: text("output_ms"), ..any() },
        LogFilter { region: text("eu-west"), ..any() },
        LogFilter { metadata: metadata("nightly", None), ..any() },
        LogFilter { metadata: metadata("note", Some("nightly")), ..any() },
        LogFilter { client: client("203.0.112.0", 24), ..any() },
        LogFilter { dropped_parameter: text("logit"), ..any() },
        LogFilter { parameter: parameter(Parameter::Temperature, Some("0.71")), ..any() },
        LogFilter { parameter: parameter(Parameter::TopP, None), ..any() },
        LogFilter { route_node: text("by"), ..any() },
        // Each is true of some finding, but not of one.
        LogFilter { guardrail: text("secrets"), guardrail_kind: text("email"), ..any() },
        LogFilter {
            guardrail_kind: text("key"),
            guardrail_action: text("flag"),
            guardrail: text("pii"),
            ..any()
        },
        LogFilter { connect_us: Span { from: Some(1_235), to: None }, ..any() },
        LogFilter { role: Some(SubCallRole::Mirror), ..any() },
    ];
    for filter in &none {
        assert!(found(store, filter).is_empty(), "{filter:?}");
    }
    let ids = |filter: LogFilter| found(store, &filter).iter().map(|row| row.request_id).collect::<Vec<_>>();
    assert_eq!(ids(LogFilter { metadata: metadata("job", None), ..any() }), [one.id, other.id]);
    assert_eq!(ids(LogFilter { guardrail_kind: text("email"), ..any() }), [one.id, other.id]);
    assert_eq!(ids(LogFilter { tried_provider: text("alpha"), ..any() }).len(), 40);
    assert_eq!(ids(LogFilter { waited_us: Span { from: None, to: Some(76) }, ..any() }).len(), 39);
    assert_eq!(ids(LogFilter { saved: Span { from: None, to: Some(0) }, ..any() }).len(), 39);
}

pub(crate) fn sub_calls_are_found_by_what_they_are(store: &impl Store) {
    let (parent, mut copy) = (record(1), record(2));
    copy.parent = Some(Parent { request: parent.id, role: SubCallRole::Mirror });
    fold(store, &[parent, copy.clone()]);
    let wanted = |role| LogFilter { role: Some(role), ..LogFilter::default() };
    let ids: Vec<_> = found(store, &wanted(SubCallRole::Mirror)).iter().map(|row| row.request_id).collect();
    assert_eq!(ids, [copy.id]);
    assert!(found(store, &wanted(SubCallRole::Panel)).is_empty());
}

/// Most of what is read is not wanted, and pages are whole nonetheless.
pub(crate) fn pages_of_what_is_packed_are_whole(store: &impl Store) {
    let all: Vec<Record> = (1..=6_000)
        .map(|number| {
            let mut one = record(number);
            one.details.metadata = Some(format!("{{\"run\":{number},\"third\":{}}}", number % 3));
            one.details.region = text(if number % 3_000 == 1 { "rare" } else { "common" });
            one
        })
        .collect();
    fold(store, &all);
    let mut filter = LogFilter { metadata: metadata("third", Some("1")), limit: 700, ..LogFilter::default() };
    let mut ids = Vec::new();
    loop {
        let page = store.logs(&filter).unwrap();
        ids.extend(page.rows.iter().map(|row| row.request_id));
        assert!(page.searched_to.is_none());
        let Some(next) = page.next else { break };
        assert_eq!(page.rows.len(), 700);
        filter.before = Some(next);
    }
    let wanted: Vec<_> = all.iter().step_by(3).rev().map(|one| one.id).collect();
    assert_eq!(ids, wanted);
    let rare = LogFilter { region: text("rare"), limit: 1, ..LogFilter::default() };
    let first = store.logs(&rare).unwrap();
    assert_eq!(first.rows[0].request_id, all[3_000].id);
    let rest = store.logs(&LogFilter { before: first.next, limit: 10, ..rare }).unwrap();
    assert_eq!(rest.rows.iter().map(|row| row.request_id).collect::<Vec<_>>(), [all[0].id]);
    assert!(rest.next.is_none());
}

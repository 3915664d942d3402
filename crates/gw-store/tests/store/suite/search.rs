//! Suite: searches in records by everything that they say.

use super::Store;
use super::sample::{DAY, NOON, fold, pending, record};
use gw_model::guardrail::Speaker;
use gw_model::trace::TraceId;
use gw_model::{
    AccountId, AttemptTimes, FemtoUsd, KeyId, Level, NanoUsd, Outcome, Parameter, Parameters, PriceLine,
    Record, RecordDetails, RequestId, Unit, Verdict, VerdictFinding, WireFormat,
};
use gw_store::types::{
    Feedback, FeedbackFilter, KeptPart, LogFilter, LogRow, Rating, SealedBodies, Span, Whose,
};

pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn found(store: &impl Store, filter: &LogFilter) -> Vec<LogRow> {
    store.logs(filter).unwrap().rows
}

fn parameters() -> Parameters {
    let mut asked = Parameters::default();
    asked.set(Parameter::Temperature, 700);
    asked.set(Parameter::Seed, -4);
    asked
}

pub(crate) fn details() -> RecordDetails {
    RecordDetails {
        user_agent: text("OpenAI-Python/1.2"),
        session: text("session-7"),
        tags: text("blue, green|er,"),
        metadata: text("{\"job\":\"nightly\"}"),
        client_ip: Some("203.0.113.7".parse().unwrap()),
        region: text("eu-west-1"),
        verdicts: vec![Verdict {
            guardrail: "pii".to_owned(),
            action: "redact".to_owned(),
            kind: "email".to_owned(),
            side: "request".to_owned(),
        }],
        findings: vec![VerdictFinding {
            verdict: 0,
            action: String::new(),
            kind: "email".to_owned(),
            speaker: Speaker::Tool,
            text: 2,
            span: (7, 27),
            score: 95,
            reason: "an address of mail".to_owned(),
        }],
        dropped: vec!["logit_bias".to_owned()],
        waited_us: 77,
        connect_us: Some(1234),
        prices: vec![PriceLine { attempt: 0, unit: Unit::Output, count: 20, price: FemtoUsd(5_000_000) }],
        trace_id: TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736"),
        is_resolved: true,
        guardrails_us: 310,
        answer_guardrails_us: 20_500,
        times: vec![AttemptTimes {
            start_us: 160,
            connect_us: Some(1234),
            first_byte_us: Some(900),
            region: text("eu-west-1"),
        }],
        after_us: 12,
        parameters: parameters(),
        route: vec!["start/by-country/eu".to_owned(), "fallback".to_owned()],
    }
}

pub(crate) fn details_of_records_come_back(store: &impl Store) {
    let mut full = record(1);
    full.details = details();
    full.saved = NanoUsd(99);
    fold(store, &[full.clone(), record(2)]);
    let rows = found(store, &LogFilter::default());
    let (bare, row) = (&rows[0], &rows[1]);
    assert_eq!(
        (row.user_agent.as_deref(), row.session.as_deref()),
        (Some("OpenAI-Python/1.2"), Some("session-7"))
    );
    assert_eq!(
        (row.tags.as_slice(), row.saved),
        (&["blue".to_owned(), "green_er".to_owned()][..], NanoUsd(99))
    );
    assert_eq!(row.verdicts, full.details.verdicts);
    let elsewhere =
        RecordDetails { user_agent: None, session: None, tags: None, verdicts: Vec::new(), ..full.details };
    assert_eq!(row.details, elsewhere);
    assert_eq!(
        (&bare.details, &bare.user_agent, bare.saved),
        (&RecordDetails::default(), &None, NanoUsd::ZERO)
    );
}

/// One record that differs in everything, among many that do not.
fn one_among_many(store: &impl Store) -> Record {
    let mut all: Vec<Record> = (1..=40).map(record).collect();
    let one = &mut all[20];
    one.key = Some(KeyId(2));
    one.team_id = text("other-team");
    one.model = "other".to_owned();
    one.format = WireFormat::AnthropicMessages;
    one.stream = true;
    one.outcome = Outcome::UpstreamError;
    one.status = 503;
    one.error_code = "upstream_error".to_owned();
    one.cache = "miss".to_owned();
    one.customer = text("acme");
    one.attempts[0].provider = "beta".to_owned();
    one.attempts[0].upstream_model = "beta-large".to_owned();
    one.attempts[0].cost = NanoUsd(5_000);
    one.attempts[0].usage.input_tokens = 1_000;
    one.attempts.insert(0, record(1).attempts.remove(0));
    one.total_us = 90_000;
    one.first_byte_us = Some(80_000);
    one.accounts = vec![AccountId { level: Level::Project, number: 5 }];
    one.details = details();
    let one = one.clone();
    fold(store, &all);
    one
}

pub(crate) fn records_are_found_by_everything_they_say(store: &impl Store) {
    let one = one_among_many(store);
    let project = AccountId { level: Level::Project, number: 5 };
    let from = |from| Span { from: Some(from), to: None };
    let to = |to| Span { from: None, to: Some(to) };
    let any = LogFilter::default;
    let all = [
        LogFilter { key_id: Some(KeyId(2)), ..any() },
        LogFilter { team_id: text("other-team"), ..any() },
        LogFilter { accounts: vec![project], ..any() },
        LogFilter { seen_from: Some(vec![project]), ..any() },
        LogFilter { model: text("other"), ..any() },
        LogFilter { provider: text("beta"), ..any() },
        LogFilter { upstream_model: text("beta-large"), ..any() },
        LogFilter { formats: vec!["messages".to_owned(), "images".to_owned()], ..any() },
        LogFilter { stream: Some(true), ..any() },
        LogFilter { outcome: Some(Outcome::UpstreamError), ..any() },
        LogFilter { status: Span { from: Some(500), to: Some(599) }, ..any() },
        LogFilter { status: Span { from: Some(503), to: Some(503) }, ..any() },
        LogFilter { error_code: text("upstream_error"), ..any() },
        LogFilter { cache: text("miss"), ..any() },
        LogFilter { customer: text("acme"), ..any() },
        LogFilter { session: text("session-7"), ..any() },
        LogFilter { trace_id: details().trace_id, ..any() },
        LogFilter { tag: text("blue"), ..any() },
        LogFilter { tag: text("green|er"), ..any() },
        LogFilter { user_agent: text("openai-PYTHON"), ..any() },
        LogFilter { guardrail: text("pii"), ..any() },
        LogFilter { guardrail: text("pii"), guardrail_action: text("redact"), ..any() },
        LogFilter { cost: from(101), ..any() },
        LogFilter { total_us: from(2_000), ..any() },
        LogFilter { first_byte_us: from(501), ..any() },
        LogFilter { attempts: from(2), ..any() },
        LogFilter { tokens: from(500), ..any() },
        LogFilter { cost: from(101), total_us: to(90_000), session: text("session-7"), ..any() },
    ];
    for filter in &all {
        let ids: Vec<RequestId> = found(store, filter).iter().map(|row| row.request_id).collect();
        assert_eq!(ids, [one.id], "{filter:?}");
    }
    let none = [
        LogFilter { trace_id: TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4737"), ..any() },
        LogFilter { tag: text("blu"), ..any() },
        LogFilter { session: text("session"), ..any() },
        LogFilter { guardrail: text("pi"), ..any() },
        LogFilter { guardrail: text("pii"), guardrail_action: text("block"), ..any() },
        LogFilter { user_agent: text("curl"), ..any() },
        LogFilter { cost: Span { from: Some(101), to: Some(4_000) }, ..any() },
        LogFilter { session: text("session-7"), provider: text("alpha"), ..any() },
    ];
    for filter in &none {
        assert!(found(store, filter).is_empty(), "{filter:?}");
    }
    assert_eq!(found(store, &LogFilter { cost: to(100), ..any() }).len(), 39);
}

pub(crate) fn records_are_found_by_their_ids_too(store: &impl Store) {
    let one = one_among_many(store);
    let all: Vec<RequestId> = found(store, &LogFilter::default()).iter().map(|row| row.request_id).collect();
    let ids = |filter: &LogFilter| {
        let mut ids: Vec<RequestId> =
            store.records_of(&all, filter).unwrap().iter().map(|row| row.request_id).collect();
        ids.sort_by_key(|id| std::cmp::Reverse(id.0));
        ids
    };
    assert_eq!(ids(&LogFilter::default()), all);
    assert_eq!(ids(&LogFilter { customer: text("acme"), ..LogFilter::default() }), [one.id]);
    assert!(ids(&LogFilter { customer: text("nobody"), ..LogFilter::default() }).is_empty());
    let strange = [RequestId(1), all[0]];
    let rows = store.records_of(&strange, &LogFilter::default()).unwrap();
    assert_eq!(rows, [found(store, &LogFilter::default())[0].clone()]);
    assert!(store.records_of(&[], &LogFilter::default()).unwrap().is_empty());
    if store.is_shared() {
        assert_eq!(store.ids_since(all[2], 100).unwrap(), all[..3]);
        assert_eq!(store.ids_since(RequestId(0), 2).unwrap(), all[..2]);
    }
}

/// What is described is passed over where nothing can be found, and nothing is ever missed.
pub(crate) fn searches_miss_nothing_in_old_records(store: &impl Store) {
    let count = 10_000;
    let all: Vec<Record> = (1..=count)
        .map(|number| {
            let mut one = record(number);
            one.key = Some(KeyId(u128::from(number % 7)));
            one.details.trace_id = Some(TraceId::new(number.into()));
            if number % 1_000 == 0 {
                one.details.session = Some(format!("session-{number}"));
            }
            one
        })
        .collect();
    fold(store, &all);
    // Two whole stretches are old enough; the rest is too little for a third.
    let described = store.describe_records(NOON + DAY, 100).unwrap();
    assert!(described == 0 || described == 2, "{described}");
    let check = |late: usize| {
        for number in (1_000..=count).step_by(1_000) {
            let filter = LogFilter { session: Some(format!("session-{number}")), ..LogFilter::default() };
            assert_eq!(found(store, &filter).len(), 1, "{number}");
            let trace_id = Some(TraceId::new((number + 1).into()));
            let of_trace = LogFilter { trace_id, ..LogFilter::default() };
            assert_eq!(found(store, &of_trace).len(), usize::from(number < count), "{number}");
        }
        let nobody = LogFilter { session: text("nobody"), ..LogFilter::default() };
        assert!(found(store, &nobody).is_empty());
        let (mut seen, mut before) = (0, None);
        loop {
            let filter = LogFilter { key_id: Some(KeyId(3)), before, limit: 1000, ..LogFilter::default() };
            let page = store.logs(&filter).unwrap();
            seen += page.rows.len();
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, all.iter().filter(|one| one.key == Some(KeyId(3))).count());
        let late_ones = LogFilter { model: text("late"), ..LogFilter::default() };
        assert_eq!(found(store, &late_ones).len(), late);
    };
    check(0);
    // What comes late is found at once, and again when its stretch has been described anew.
    let late: Vec<Record> = [2_000, 6_000]
        .map(|number| {
            let mut one = record(number);
            one.id = RequestId(one.id.0 + 1);
            one.model = "late".to_owned();
            one
        })
        .to_vec();
    fold(store, &late);
    check(2);
    let again = store.describe_records(NOON + DAY, 100).unwrap();
    assert_eq!(again > 0, described > 0);
    check(2);
    assert_eq!(store.describe_records(NOON + DAY, 100).unwrap(), 0);
}

pub(crate) fn a_search_without_time_says_how_far_it_came(store: &impl Store) {
    fold(store, &(1..=9_000).map(record).collect::<Vec<_>>());
    let limit = Some(std::time::Duration::ZERO);
    let (mut before, mut seen, mut pages) = (None, 0, 0);
    loop {
        let filter = LogFilter {
            before,
            limit: 1000,
            cost: Span { from: Some(100), to: None },
            ..LogFilter::default()
        };
        let unwanted = &mut |row: &LogRow| row.time % 2_000 == 0;
        let page = store.search(&filter, limit, unwanted).unwrap();
        seen += page.rows.len();
        pages += 1;
        assert!(page.searched_to.is_none() || page.searched_to == page.next);
        assert!(pages < 100 && page.next.is_none_or(|next| before.is_none_or(|before| next < before)));
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, 4_500);
    assert!(pages > 4, "no page looked at everything: {pages}");
}

pub(crate) fn a_lost_call_has_no_details(store: &impl Store) {
    let one = record(1);
    store.fold(&mut |batch| batch.lost(&pending(&one, &[50]))).unwrap();
    let rows = found(store, &LogFilter::default());
    assert_eq!((rows[0].outcome, &rows[0].details), (Outcome::Lost, &RecordDetails::default()));
    let mut truth = one;
    truth.details = details();
    fold(store, &[truth]);
    let rows = found(store, &LogFilter { session: text("session-7"), ..LogFilter::default() });
    assert_eq!((rows.len(), rows[0].outcome), (1, Outcome::Success));
}

fn sealed(record: &Record, expires: i64) -> SealedBodies {
    SealedBodies { request: record.id, expires, sealed: vec![1, 2, 3] }
}

pub(crate) fn pages_with_bodies_are_bounded_by_bytes(store: &impl Store) {
    let all: Vec<Record> = (1..=6).map(record).collect();
    fold(store, &all);
    let of = |record: &Record| SealedBodies { sealed: vec![7; 100], ..sealed(record, NOON + DAY) };
    let mut bodies: Vec<SealedBodies> = all.iter().map(of).collect();
    bodies[1].sealed = vec![7; 5_000];
    store.write_bodies(&bodies).unwrap();
    let mut filter = LogFilter { with_bodies: true, max_bytes: Some(250), ..LogFilter::default() };
    let mut pages = Vec::new();
    loop {
        let page = store.logs(&filter).unwrap();
        pages.push(page.rows.iter().map(|row| row.request_id).collect::<Vec<_>>());
        filter.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    let wanted = [vec![all[5].id, all[4].id], vec![all[3].id, all[2].id], vec![all[1].id], vec![all[0].id]];
    assert_eq!(pages, wanted, "a page has one row at least");
}

pub(crate) fn bodies_stand_beside_their_records_for_a_time(store: &impl Store) {
    let all: Vec<Record> = (1..=3).map(record).collect();
    fold(store, &all);
    store.write_bodies(&[sealed(&all[0], NOON), sealed(&all[1], NOON + DAY)]).unwrap();
    let last_word = SealedBodies { sealed: vec![9], ..sealed(&all[1], NOON + DAY) };
    store.write_bodies(std::slice::from_ref(&last_word)).unwrap();
    let ids = |filter: LogFilter| -> Vec<RequestId> {
        found(store, &filter).iter().map(|row| row.request_id).collect()
    };
    assert_eq!(ids(LogFilter { has_body: Some(true), ..LogFilter::default() }), [all[1].id, all[0].id]);
    assert_eq!(ids(LogFilter { has_body: Some(false), ..LogFilter::default() }), [all[2].id]);
    let rows = found(store, &LogFilter { with_bodies: true, ..LogFilter::default() });
    let bodies: Vec<Option<&[u8]>> = rows.iter().map(|row| row.bodies.as_deref()).collect();
    assert_eq!(bodies, [None, Some(&[9][..]), Some(&[1, 2, 3][..])]);
    assert!(
        found(store, &LogFilter::default()).iter().all(|row| row.bodies.is_none()),
        "nobody asked for them"
    );
    assert_eq!(store.remove_expired_bodies(NOON - 1, 10).unwrap(), 0);
    assert_eq!(store.remove_expired_bodies(NOON, 10).unwrap(), 1);
    assert_eq!(ids(LogFilter { has_body: Some(true), ..LogFilter::default() }), [all[1].id]);
}

pub(crate) fn feedback_is_kept_up_to_a_number_and_found(store: &impl Store) {
    let all: Vec<Record> = (1..=2).map(record).collect();
    fold(store, &all);
    let said = |id: u128, score: Option<i64>, label: Option<&str>| Feedback {
        id,
        request: all[0].id,
        time: NOON,
        author: "master".to_owned(),
        score,
        label: label.map(str::to_owned),
        comment: text("because"),
    };
    assert!(store.add_feedback(&said(1, Some(-5), Some("bad")), 2).unwrap());
    assert!(store.add_feedback(&said(2, None, None), 2).unwrap());
    assert!(!store.add_feedback(&said(3, None, None), 2).unwrap());
    assert_eq!(store.feedback(all[0].id).unwrap(), [said(1, Some(-5), Some("bad")), said(2, None, None)]);
    assert!(store.feedback(all[1].id).unwrap().is_empty());
    // What is said anew under the same id takes the place of the former, also where there is room for nothing more.
    assert!(store.add_feedback(&said(2, Some(3), Some("fine")), 2).unwrap());
    assert_eq!(store.feedback(all[0].id).unwrap()[1], said(2, Some(3), Some("fine")));
    assert!(store.add_feedback(&said(2, None, None), 2).unwrap());
    let count = |label: Option<&str>, min_score, max_score| {
        let feedback = FeedbackFilter { label: label.map(str::to_owned), min_score, max_score };
        found(store, &LogFilter { feedback: Some(feedback), ..LogFilter::default() }).len()
    };
    assert_eq!(
        (count(None, None, None), count(Some("bad"), None, None), count(Some("good"), None, None)),
        (1, 1, 0)
    );
    assert_eq!((count(None, Some(-5), Some(0)), count(None, Some(0), None)), (1, 0));
    let other = Feedback { id: 0, request: all[1].id, ..said(0, Some(7), None) };
    assert!(store.add_feedback(&other, 2).unwrap());
    let rating =
        |request, score, label: Option<&str>| Rating { request, score, label: label.map(str::to_owned) };
    // What nobody speaks of, and what is in words only, is left out.
    let many: Vec<RequestId> =
        all.iter().map(|one| one.id).chain((1..=1_200).map(|low| RequestId(u128::MAX - low))).collect();
    assert_eq!(
        store.ratings(&many).unwrap(),
        [rating(all[0].id, Some(-5), Some("bad")), rating(all[1].id, Some(7), None)]
    );
    assert!(store.ratings(&[]).unwrap().is_empty());
}

pub(crate) fn what_is_old_goes_by_whose_it_is(store: &impl Store) {
    let organization = |number| AccountId { level: Level::Organization, number };
    let mut all: Vec<Record> = (1..=20).map(record).collect();
    for (at, call) in all.iter_mut().enumerate() {
        call.accounts = match at % 3 {
            0 => vec![organization(1)],
            1 => vec![organization(2)],
            _ => Vec::new(),
        };
    }
    fold(store, &all);
    let bodies: Vec<_> = all.iter().map(|call| sealed(call, NOON + DAY)).collect();
    store.write_bodies(&bodies).unwrap();
    store.sum_up(true).unwrap();
    let bound = all[15].time;
    let left = || {
        let rows = found(store, &LogFilter { with_bodies: true, ..LogFilter::default() });
        [rows.len(), rows.iter().filter(|row| row.bodies.is_some()).count()]
    };
    let sweep = |kept, whose: &Whose, most: usize| {
        let (mut after, mut removed) = (RequestId(0), 0);
        loop {
            let swept = store.sweep(kept, whose, after, bound, most).unwrap();
            assert!(swept.looked <= most && swept.removed <= swept.looked, "{swept:?}");
            (after, removed) = (swept.up_to, removed + swept.removed);
            if swept.looked < most {
                return removed;
            }
        }
    };
    assert_eq!(sweep(KeptPart::Bodies, &Whose::Of(organization(2)), 4), 5);
    assert_eq!(left(), [20, 15]);
    assert_eq!(sweep(KeptPart::Records, &Whose::Of(organization(1)), 4), 5);
    assert_eq!(left(), [15, 10]);
    assert_eq!(sweep(KeptPart::Records, &Whose::NotOf(vec![organization(1), organization(2)]), 100), 5);
    assert_eq!(left(), [10, 5]);
    assert_eq!(sweep(KeptPart::Records, &Whose::Of(organization(9)), 3), 0);
}

pub(crate) fn old_records_go_and_sums_stay(store: &impl Store) {
    let all: Vec<Record> = (1..=20).map(record).collect();
    fold(store, &all);
    store.write_bodies(&[sealed(&all[0], NOON + DAY), sealed(&all[19], NOON + DAY)]).unwrap();
    store.sum_up(true).unwrap();
    let before = store.spent(NOON).unwrap();
    let bound = all[10].time;
    assert_eq!(store.remove_records(bound, 4).unwrap(), 4);
    let mut gone = 4;
    loop {
        match store.remove_records(bound, 4).unwrap() {
            0 => break,
            some => gone += some,
        }
    }
    assert_eq!(gone, 10);
    let left = found(store, &LogFilter { with_bodies: true, ..LogFilter::default() });
    assert_eq!(left.len(), 10);
    assert_eq!(left.iter().filter(|row| row.bodies.is_some()).count(), 1);
    assert_eq!(store.spent(NOON).unwrap(), before);
    // What they had in common is looked through in steps, and what is left stays as it is.
    let rows = || found(store, &LogFilter::default());
    let kept = rows();
    for _ in 0..100 {
        let swept = store.sweep_names(3).unwrap();
        if swept.is_over && !swept.is_lost {
            break;
        }
    }
    assert_eq!(rows(), kept);
    // What comes a second time is not counted again while its record is there.
    fold(store, &all[10..]);
    store.sum_up(true).unwrap();
    assert_eq!(store.spent(NOON).unwrap(), before);
}

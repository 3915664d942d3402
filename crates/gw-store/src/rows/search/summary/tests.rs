//! Tests of [`super`].
use super::*;
use crate::types::Span;
use gw_model::{KeyId, Level, Outcome};

fn row<'a>(key: &'a [u8], session: &'a str, accounts: &'a [u8]) -> SummaryRow<'a> {
    SummaryRow {
        key,
        session,
        accounts,
        model: "chat",
        provider: "alpha",
        outcome: outcome_code(Outcome::Success),
        status: 200,
        tags: "|blue|green|",
        guardrails: "|pii=redact@request:email|",
        format: "openai_chat",
        cost: 500,
        total_us: 9_000,
        ..SummaryRow::default()
    }
}

#[test]
fn what_is_there_is_found_and_what_is_not_mostly_not() {
    let team = AccountId { level: Level::Team, number: 9 };
    let packed = bytes_of(team);
    let mut summary = Summary::default();
    for n in 0..4096u32 {
        let key = u128::from(n % 50).to_be_bytes();
        summary.add(&row(&key, &format!("session-{n}"), &packed));
    }
    let bytes = summary.bytes();
    let may = |filter: &LogFilter| Wanted::of(filter).may_be_in(&bytes);
    let text = |text: &str| Some(text.to_owned());
    assert!(may(&LogFilter::default()));
    for n in 0..50 {
        assert!(may(&LogFilter { key_id: Some(KeyId(n)), ..LogFilter::default() }));
    }
    for filter in [
        LogFilter { session: text("session-4000"), model: text("chat"), ..LogFilter::default() },
        LogFilter { tag: text("green"), guardrail: text("pii"), ..LogFilter::default() },
        LogFilter { guardrail: text("pii"), guardrail_action: text("redact"), ..LogFilter::default() },
        LogFilter { seen_from: Some(vec![team]), accounts: vec![team], ..LogFilter::default() },
        LogFilter { status: Span { from: Some(200), to: Some(299) }, ..LogFilter::default() },
        LogFilter { status: Span { from: Some(200), to: Some(200) }, ..LogFilter::default() },
        LogFilter { cost: Span { from: Some(500), to: None }, ..LogFilter::default() },
        LogFilter { cost: Span { from: None, to: Some(1) }, ..LogFilter::default() },
    ] {
        assert!(may(&filter), "{filter:?}");
    }
    for filter in [
        LogFilter { cost: Span { from: Some(501), to: None }, ..LogFilter::default() },
        LogFilter { total_us: Span { from: Some(9_001), to: None }, ..LogFilter::default() },
        LogFilter { status: Span { from: Some(500), to: Some(599) }, ..LogFilter::default() },
        LogFilter { seen_from: Some(Vec::new()), ..LogFilter::default() },
    ] {
        assert!(!may(&filter), "{filter:?}");
    }
    let strangers =
        (0..1000).filter(|n| may(&LogFilter { key_id: Some(KeyId(1000 + n)), ..LogFilter::default() }));
    assert!(strangers.count() < 50, "few stretches are looked at for nothing");
    assert!(bytes.len() < 4096 * 4, "{} bytes for {} rows", bytes.len(), 4096);
}

#[test]
fn what_cannot_be_read_holds_everything() {
    let wanted = Wanted::of(&LogFilter { key_id: Some(KeyId(1)), ..LogFilter::default() });
    let mut other = Summary::default().bytes();
    assert!(!wanted.may_be_in(&other));
    other[0] = 9;
    assert!(wanted.may_be_in(&other) && wanted.may_be_in(&[]) && wanted.may_be_in(&[1, 2]));
}

/// Stored summaries must be understood for ever.
#[test]
fn the_frozen_sample_still_means_the_same() {
    let mut summary = Summary::default();
    summary.add(&row(&7u128.to_be_bytes(), "s", &[]));
    let hex: String = summary.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, include_str!("../../../../tests/frozen/record_summary_v1.txt").trim());
}

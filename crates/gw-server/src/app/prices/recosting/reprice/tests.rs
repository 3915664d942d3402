//! What is computed again, and what is left.

use super::*;
use gw_model::{FemtoUsd, Rate, RecordDetails, RequestId, Unit};

fn row() -> LogRow {
    let line = |unit, count, price| PriceLine { attempt: 0, unit, count, price: FemtoUsd(price) };
    LogRow {
        request_id: RequestId(1),
        time: 0,
        key_id: None,
        team_id: None,
        format: WireFormat::OpenAiChat.as_str().to_owned(),
        model: "chat".to_owned(),
        provider: Some("up".to_owned()),
        upstream_model: Some("large".to_owned()),
        stream: false,
        outcome: Outcome::Success,
        status: 200,
        error_code: None,
        error_detail: None,
        attempts: 1,
        cache: None,
        customer: None,
        input_tokens: 100,
        output_tokens: 10,
        cached_tokens: 40,
        cache_write_tokens: 0,
        reasoning_tokens: 0,
        usage_source: UsageSource::Upstream,
        cost: NanoUsd(60 + 40 + 20),
        first_byte_us: None,
        total_us: 1,
        tries: None,
        parent_id: None,
        role: None,
        accounts: Vec::new(),
        user_agent: None,
        session: None,
        tags: Vec::new(),
        verdicts: Vec::new(),
        saved: NanoUsd::ZERO,
        bodies: None,
        unread: None,
        details: RecordDetails {
            prices: vec![
                line(Unit::CacheRead, 40, 1_000_000),
                line(Unit::Input, 60, 1_000_000),
                line(Unit::Output, 10, 2_000_000),
            ],
            ..RecordDetails::default()
        },
    }
}

fn given() -> Job {
    let rate =
        |unit, price| Rate { unit, tier: ServiceTier::Standard, above_tokens: 0, price: FemtoUsd(price) };
    let rates = [rate(Unit::Input, 2_000_000), rate(Unit::Output, 3_000_000), rate(Unit::CacheRead, 500_000)];
    Job { prices: Some(PriceSheet { rates: rates.into() }), ..Job::default() }
}

fn done(job: &Job, row: LogRow) -> Result<Option<u64>, Left> {
    reprice(&|_, _, _| None, job, row).map(|found| found.map(|one| one.cost().0))
}

#[test]
fn what_was_consumed_is_charged_at_other_prices() {
    assert_eq!(done(&given(), row()), Ok(Some(60 * 2 + 40 / 2 + 10 * 3)));
    let found = reprice(&|_, _, _| None, &given(), row()).unwrap().unwrap();
    let lines: Vec<_> = found.repriced[0].lines.iter().map(|line| (line.unit, line.count)).collect();
    assert_eq!(lines, [(Unit::CacheRead, 40), (Unit::Input, 60), (Unit::Output, 10)]);
    // What costs what it should stays.
    let same = LogRow { cost: found.cost(), ..row() };
    let details = RecordDetails { prices: found.repriced[0].lines.clone(), ..RecordDetails::default() };
    assert_eq!(done(&given(), LogRow { details, ..same }), Ok(None));
    // A call that had no price gets one.
    let free = LogRow { cost: NanoUsd::ZERO, details: RecordDetails::default(), ..row() };
    assert_eq!(done(&given(), free), Ok(Some(170)));
}

#[test]
fn only_what_was_asked_for_is_looked_at() {
    let of = |provider: &str, model: &str| Job {
        provider: Some(provider.to_owned()),
        upstream_model: Some(model.to_owned()),
        ..given()
    };
    assert_eq!(done(&of("up", "large"), row()), Ok(Some(170)));
    assert_eq!(done(&of("other", "large"), row()), Ok(None));
    assert_eq!(done(&of("up", "small"), row()), Ok(None));
    let lost =
        || LogRow { outcome: Outcome::Lost, attempts: 2, usage_source: UsageSource::Estimated, ..row() };
    assert_eq!(done(&of("other", "large"), lost()), Ok(None));
    assert_eq!(done(&of("up", "large"), lost()), Err(Left::Lost));
}

#[test]
fn no_cost_is_guessed() {
    let unexplained = LogRow { cost: NanoUsd(121), ..row() };
    assert_eq!(done(&given(), unexplained), Err(Left::Unexplained));
    let old = LogRow { details: RecordDetails::default(), ..row() };
    assert_eq!(done(&given(), old), Err(Left::Unexplained));
    let session = LogRow { format: WireFormat::OpenAiRealtime.as_str().to_owned(), ..row() };
    assert_eq!(done(&given(), session), Err(Left::Session));
    assert_eq!(done(&Job::default(), row()), Err(Left::Unpriced));
    // What was never billed stays so.
    let refused = LogRow {
        usage_source: UsageSource::None,
        cost: NanoUsd::ZERO,
        details: RecordDetails::default(),
        ..row()
    };
    assert_eq!(done(&given(), refused), Ok(None));
    let none = LogRow { attempts: 0, cost: NanoUsd::ZERO, ..row() };
    assert_eq!(done(&given(), none), Ok(None));
}

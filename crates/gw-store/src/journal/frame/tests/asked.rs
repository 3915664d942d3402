//! What a request asked for and which way it went, in the journal.

use super::*;
use gw_model::trace::TraceId;
use gw_model::{AttemptTimes, Parameter, Parameters};

#[test]
fn parameters_and_ways_stand_before_the_times() {
    let mut parameters = Parameters::default();
    parameters.set(Parameter::Temperature, 700);
    parameters.set(Parameter::Seed, -4_000_000_000);
    let times = vec![AttemptTimes { start_us: 90, ..Default::default() }; 3];
    let route = vec!["start/eu".to_owned(), "fallback".to_owned()];
    for (parameters, route, times) in [
        (parameters.clone(), route.clone(), times.clone()),
        (parameters.clone(), Vec::new(), times.clone()),
        (Parameters::default(), route, times),
        (parameters, Vec::new(), Vec::new()),
    ] {
        let after_us = if times.is_empty() { 0 } else { 20 };
        let details = RecordDetails {
            guardrails_us: 7,
            answer_guardrails_us: 1_500 * times.len() as u64,
            parameters,
            route,
            times,
            after_us,
            verdicts: Vec::new(),
            user_agent: None,
            session: None,
            tags: None,
            region: None,
            connect_us: None,
            ..sample_details()
        };
        let record = Record { details, ..sample_record() };
        let bytes = record_bytes(&record);
        let (Frame::Record(read), _) = decode(&bytes).unwrap() else { panic!("a record") };
        assert_eq!(rest_of(read.details), record.details);
        for cut in 0..read.details.len() {
            let _ = rest_of(&read.details[..cut]);
        }
    }
}

/// What many calls have must not cost much of the disk.
#[test]
fn parameters_take_few_bytes() {
    let times = vec![AttemptTimes { start_us: 90, ..Default::default() }];
    let trace_id = TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
    let plain = RecordDetails { times, after_us: 20, trace_id, ..sample_details() };
    let bytes =
        |details: &RecordDetails| record_bytes(&Record { details: details.clone(), ..sample_record() }).len();
    let mut asked = plain.clone();
    asked.parameters.set(Parameter::MaxOutputTokens, 64);
    assert_eq!(bytes(&asked) - bytes(&plain), 2);
    asked.parameters.set(Parameter::Temperature, 700);
    assert_eq!(bytes(&asked) - bytes(&plain), 5);
}

#[test]
fn findings_of_guardrails_stand_before_the_times() {
    use gw_model::VerdictFinding;
    use gw_model::guardrail::Speaker;
    let finding = |text: u64, speaker| VerdictFinding {
        verdict: 0,
        action: String::new(),
        kind: "email".to_owned(),
        speaker,
        text,
        span: (300, 320),
        score: 100,
        reason: "an address".to_owned(),
    };
    let flagged = VerdictFinding {
        action: "flag".to_owned(),
        span: (u64::from(u32::MAX), u64::from(u32::MAX) + 9),
        ..finding(u64::from(u32::MAX), Speaker::Tool)
    };
    let route = vec!["start/eu".to_owned()];
    for (findings, times, route) in [
        (vec![finding(0, Speaker::User)], 0, Vec::new()),
        (vec![finding(0, Speaker::System), flagged.clone()], 2, Vec::new()),
        (vec![flagged; 16], 1, route),
    ] {
        let details = RecordDetails {
            findings,
            times: vec![AttemptTimes { start_us: 90, ..Default::default() }; times],
            after_us: 20 * u64::from(times > 0),
            route,
            verdicts: Vec::new(),
            user_agent: None,
            session: None,
            tags: None,
            region: None,
            connect_us: None,
            ..sample_details()
        };
        let bytes = record_bytes(&Record { details: details.clone(), ..sample_record() });
        let (Frame::Record(read), _) = decode(&bytes).unwrap() else { panic!("a record") };
        assert_eq!(rest_of(read.details), details);
        for cut in 0..read.details.len() {
            let _ = rest_of(&read.details[..cut]);
        }
    }
    // No more than a record has room for.
    let many = RecordDetails { findings: vec![finding(1, Speaker::User); 40], ..sample_details() };
    let bytes = record_bytes(&Record { details: many, ..sample_record() });
    let (Frame::Record(read), _) = decode(&bytes).unwrap() else { panic!("a record") };
    assert_eq!(rest_of(read.details).findings.len(), 16);
}

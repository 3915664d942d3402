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

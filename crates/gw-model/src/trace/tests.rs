//! `traceparent` and `tracestate` as the standard's own examples and rules have them, and shares of traces.

use super::*;

const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const POLICY: TracePolicy = TracePolicy {
    sample_permille: 1000,
    parent_based: true,
    errors: true,
    to_providers: true,
    baggage: false,
};

#[test]
fn a_parent_is_read() {
    let context = TraceContext::parse(GOOD).unwrap();
    assert_eq!(context.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(context.span.to_string(), "00f067aa0ba902b7");
    assert!(context.is_sampled);
    let unsampled = format!("{}00", &GOOD[..53]);
    assert!(!TraceContext::parse(&unsampled).unwrap().is_sampled);
    // Flags that this version does not know are let be.
    assert!(TraceContext::parse(&format!("{}ff", &GOOD[..53])).unwrap().is_sampled);
}

#[test]
fn later_versions_may_have_more() {
    assert!(TraceContext::parse(&GOOD.replacen("00", "01", 1)).is_some());
    assert!(TraceContext::parse(&format!("{}-more", GOOD.replacen("00", "cc", 1))).is_some());
    assert!(TraceContext::parse(&format!("{}more", GOOD.replacen("00", "cc", 1))).is_none());
}

#[test]
fn what_is_malformed_is_none() {
    let zero_trace = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
    let zero_span = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16));
    for text in [
        "",
        "00",
        &GOOD[..54],
        &format!("{GOOD}-more"),
        &GOOD.to_uppercase(),
        &GOOD.replacen("00", "ff", 1),
        &GOOD.replacen("4b", "4g", 1),
        &GOOD.replace('-', "_"),
        &zero_trace,
        &zero_span,
        "00-4bf92f3577b34da6a3ce929d0e0e47é6-00f067aa0ba902b7-01",
    ] {
        assert!(TraceContext::parse(text).is_none(), "{text}");
    }
}

#[test]
fn states_are_joined_and_bounded() {
    let state = |lines: &[&str]| {
        TraceContext::parse(GOOD).unwrap().with_state(lines.iter().copied()).state.map(String::from)
    };
    assert_eq!(state(&["a=1, b=2", "", "c=3"]).as_deref(), Some("a=1,b=2,c=3"));
    assert_eq!(state(&[]), None);
    assert_eq!(state(&["no member"]), None);
    assert_eq!(state(&["a=1", "=2"]), None);
    assert_eq!(state(&["a=\u{7f}"]), None);
    assert_eq!(state(&[&format!("a={}", "x".repeat(MAX_STATE_BYTES))]), None);
    let many: Vec<String> = (0..=MAX_STATE_MEMBERS).map(|at| format!("k{at}=1")).collect();
    assert_eq!(state(&[&many.join(",")]), None);
    assert!(state(&[&many[1..].join(",")]).is_some());
}

#[test]
fn a_trace_goes_on_and_is_written_as_it_is_read() {
    let caller = TraceContext::parse(GOOD).unwrap().with_state(["a=1"].into_iter());
    let brought = Brought { context: Some(caller.clone()), ..Brought::default() };
    let trace = Trace::begin(brought, &POLICY, 7, 8);
    assert_eq!((trace.id, trace.parent, trace.span), (caller.trace, Some(caller.span), SpanId::new(8)));
    assert!(trace.is_from_afar && trace.is_sampled);
    let told = String::from_utf8(trace.traceparent(SpanId::new(0xAB)).to_vec()).unwrap();
    assert_eq!(told, "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000ab-01");
    let child = trace.child(9);
    assert_eq!((child.id, child.parent), (trace.id, Some(trace.span)));
    assert_eq!(child.state.as_deref(), Some("a=1"));
    assert!(!child.is_from_afar);
}

#[test]
fn the_caller_decides_where_it_may() {
    let not_kept = TraceContext::parse(&format!("{}00", &GOOD[..53])).unwrap();
    let begin = |policy: TracePolicy, context: Option<&TraceContext>| {
        Trace::begin(Brought { context: context.cloned(), ..Brought::default() }, &policy, u128::MAX, 1)
            .is_sampled
    };
    assert!(!begin(POLICY, Some(&not_kept)));
    assert!(begin(TracePolicy { parent_based: false, ..POLICY }, Some(&not_kept)));
    assert!(begin(POLICY, None));
    assert!(!begin(TracePolicy { sample_permille: 0, ..POLICY }, None));
}

#[test]
fn shares_are_shares() {
    let ids: Vec<TraceId> = (1..=10_000u128)
        .map(|at| TraceId::new(at.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)))
        .collect();
    let kept = |permille| ids.iter().filter(|id| id.is_within(permille)).count();
    assert_eq!((kept(0), kept(1000)), (0, 10_000));
    assert!((800..1200).contains(&kept(100)), "{}", kept(100));
    // Who keeps more keeps all that the other keeps.
    assert!(ids.iter().all(|id| !id.is_within(100) || id.is_within(300)));
}

#[test]
fn ids_are_never_zero() {
    assert_ne!(TraceId::new(0).bytes(), [0; 16]);
    assert_ne!(SpanId::new(0).bytes(), [0; 8]);
}

//! Tests of fault names and values; must not start an emulator.
use super::*;

#[test]
fn model_names_carry_faults() {
    assert_eq!(Faults::from_model("gpt-4o"), Ok(Faults::default()));
    assert_eq!(Faults::from_model("demo/fault-429").map(|f| f.status), Ok(Some(429)));
    assert_eq!(Faults::from_model("fault-status-503@a").map(|f| f.status), Ok(Some(503)));
    let both = Faults::from_model("fault-429+retry-after-2").expect("known");
    assert_eq!((both.status, both.retry_after.as_deref()), (Some(429), Some("2")));
    let cut = Faults::from_model("fault-cut-after-frames-5+reset").expect("known");
    assert_eq!((cut.cut_after_frames, cut.reset), (Some(5), true));
    assert_eq!(Faults::from_model("fault-stall").map(|f| f.stall_after_frames), Ok(Some(3)));
}

#[test]
fn header_lists_add_up() {
    let mut faults = Faults::default();
    faults.add("latency=200; status=429;retry-after=2;text=a%3Bb%20c;").expect("known");
    assert_eq!(faults.latency_ms, Some(200));
    assert_eq!(faults.text.as_deref(), Some("a;b c"));
    faults.add("latency=5").expect("known");
    assert_eq!((faults.latency_ms, faults.status), (Some(5), Some(429)));
}

#[test]
fn wrong_names_and_values_are_told() {
    let unknown = Faults::from_model("fault-nonsense").expect_err("unknown").to_string();
    for fault in FAULT_NAMES {
        assert!(unknown.contains(fault.name), "{unknown}");
    }
    for bad in ["status=200", "status=x", "text", "hang=1", "wrong-usage=odd", "huge=999999999999"] {
        let error = Faults::default().add(bad).expect_err(bad);
        assert!(matches!(error, FaultError::Value { .. }), "{bad}: {error}");
    }
}

#[test]
fn every_listed_name_is_understood() {
    for fault in FAULT_NAMES {
        let item = match fault.default {
            Some(_) => fault.name.to_owned(),
            None => format!("{}=1", fault.name),
        };
        let mut faults = Faults::default();
        faults.add(&item).expect(&item);
        assert_ne!(faults, Faults::default(), "{item} sets nothing");
    }
}

#[test]
fn standing_faults_count_down() {
    let standing = Standing::default();
    standing.set("m", "status=500", Some(2), Share::ALL).expect("known");
    standing.set("*", "latency=1", None, Share::ALL).expect("known");
    for expected in [Some(500), Some(500), None] {
        let mut faults = Faults::default();
        standing.add_to("m", &mut faults).expect("known");
        assert_eq!((faults.status, faults.latency_ms), (expected, Some(1)));
    }
    assert!(standing.is_flaky_failure("k", 1));
    assert!(!standing.is_flaky_failure("k", 1));
}

#[test]
fn a_share_of_the_requests_is_hit_and_not_in_turns() {
    assert_eq!([0.0, -1.0, 1.1, f64::NAN].map(Share::of), [None; 4]);
    let standing = Standing::default();
    standing.set("*", "status=503", None, Share::of(0.3).expect("a share")).expect("known");
    let hits: Vec<bool> = (0..2000)
        .map(|_| {
            let mut faults = Faults::default();
            standing.add_to("m", &mut faults).expect("known");
            faults.status == Some(503)
        })
        .collect();
    let count = hits.iter().filter(|hit| **hit).count();
    assert!((540..660).contains(&count), "{count} of 2000");
    let pairs = hits.windows(2).filter(|pair| pair[0] && pair[1]).count();
    assert!((120..240).contains(&pairs), "{pairs} neighbours; 180 are expected of independent draws");
}

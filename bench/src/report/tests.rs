//! Ratios are made within a round, and every form of the report names what is missing.

use super::results::{Bound, Figure, MemoryRow, Report, SpeedRow, SpeedSample, median};
use crate::process::Facts;
use crate::scenario::Scenario;
use crate::systems::System;

fn sample(cpu_us: f64, p99_us: f64) -> SpeedSample {
    SpeedSample {
        requests_per_second: 15_000.0,
        p50_us: 100.0,
        p99_us,
        first_text_p50_us: 90.0,
        first_text_p99_us: 140.0,
        cpu_us: Some(cpu_us),
        cpu_share: 0.5,
        instrument_share: 0.4,
        rss_mib: 20.0,
        completed: 1000,
        failed: 0,
        first_failure: None,
    }
}

fn row(scenario: Scenario, system: System, cpu: [f64; 3]) -> SpeedRow {
    let mut row = SpeedRow::new(scenario, system.name().to_owned(), system);
    row.samples = (1..).zip(cpu).map(|(round, cpu)| (round, sample(cpu, 100.0 + cpu))).collect();
    row
}

fn report() -> Report {
    let facts = Facts {
        cpu: "a core".to_owned(),
        cores: 2,
        kernel: "6.0".to_owned(),
        memory_mib: 4096,
        date: "2026-01-31".to_owned(),
    };
    let mut failed = SpeedRow::new(Scenario::WholeC64, "portkey".to_owned(), System::Portkey);
    failed.problem = Some("status 500".to_owned());
    Report {
        machine: facts,
        versions: vec![("nginx".to_owned(), "1.22.1".to_owned())],
        missing: vec![("litellm".to_owned(), "no network".to_owned())],
        method: "as described".to_owned(),
        speed: vec![
            row(Scenario::WholeC64, System::Nginx, [10.0, 20.0, 40.0]),
            row(Scenario::WholeC64, System::Gatewright, [15.0, 36.0, 80.0]),
            failed,
        ],
        memory: vec![MemoryRow {
            what: "idle (MiB)".to_owned(),
            system: System::Gatewright,
            value: Some(30.0),
            problem: None,
        }],
        programs: vec![Figure {
            what: "a look".to_owned(),
            value: Some(3.0),
            unit: "ms".to_owned(),
            bound: Some(Bound::AtMost(25.0)),
        }],
    }
}

#[test]
fn ratios_are_medians_of_the_ratios_within_a_round() {
    let report = report();
    let own = report.row(Scenario::WholeC64, "gatewright").unwrap();
    // 1.5, 1.8 and 2.0, not the ratio of the medians of all rounds of another order.
    assert_eq!(report.cpu_ratio(own, "nginx"), Some(1.8));
    assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
    assert_eq!(median(Vec::new()), None);
}

#[test]
fn both_texts_show_outcomes_and_gaps() {
    let report = report();
    for text in [super::text(&report), super::markdown(&report)] {
        assert!(text.contains("1.80"), "{text}");
        assert!(text.contains("not measured: status 500"), "{text}");
        assert!(text.contains("litellm: not measured: no network"), "{text}");
        assert!(text.contains("a look") && text.contains("at most 25 ms"), "{text}");
        assert!(text.contains("FAIL") && text.contains("pass"), "{text}");
    }
    assert!(serde_json::to_string(&report).unwrap().contains("\"scenario\":\"whole-c64\""));
}

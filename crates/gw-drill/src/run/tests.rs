//! Tests of whole runs against a gateway made for them: one that avoids failing targets passes, and each way of being wrong
//! is found.
mod stub;

use super::*;
use crate::testing::NoCatalog;
use serde_json::Value;
use std::sync::Arc;
use stub::{Flaw, Stub};

const OUTAGE: &str = "timeline:
  - { at: 1, targets: [east], fault: status=503 }
  - { at: 2, targets: [east], fault: none }
";

/// Runs a scenario of so many seconds against a gateway with this flaw; the report.
async fn report(flaw: Flaw, seconds: u32, timeline: &str) -> Value {
    let text = format!(
        "name: stubbed\nabout: a test\ntargets: [{{ name: east }}, {{ name: west }}]\nalias: {{ strategy: weighted }}\n\
         load: {{ requests_per_second: 100, seconds: {seconds}, streams: 0 }}\n{timeline}\
         objectives: {{ success_rate: 1.0, wrong_answers: 0, share_within: 0.05 }}\n"
    );
    let catalog: Arc<dyn gw_model::catalog::Catalog> = Arc::new(NoCatalog::default());
    let scenario = Scenario::read("stubbed", &text, &catalog).expect("right");
    let stub = Stub::start(flaw).await;
    let report = run(&scenario, &stub.rig()).await.expect("a report");
    crate::report::json(&[report])[0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_avoids_failing_targets_is_seen_to() {
    let report = report(Flaw::None, 5, OUTAGE).await;
    assert_eq!((&report["passed"], &report["wrong_answers"]), (&true.into(), &0.into()), "{report}");
    assert!(report["detect_ms"].as_u64().is_some_and(|ms| ms < 300), "{report}");
    assert!(report["recover_ms"].as_u64().is_some_and(|ms| ms < 1500), "{report}");
    assert!(report["tries_at_faulty"].as_u64().is_some_and(|tries| (3..30).contains(&tries)), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_of_being_wrong_is_found() {
    for (flaw, kind) in [
        (Flaw::Truncates, "truncated"),
        (Flaw::AnswersOthers, "swapped"),
        (Flaw::ServesTwice, "double_billed"),
        (Flaw::Overcharges, "misbilled"),
        (Flaw::RecordsTwice, "unrecorded"),
    ] {
        let report = report(flaw, 1, "").await;
        assert_eq!(report["passed"], false, "{kind}: {report}");
        let found = report["wrong"][kind].as_u64().unwrap_or(0);
        // One call in ten is spoiled.
        assert!((9..=11).contains(&found), "{kind}: {report}");
        assert_eq!(report["wrong_answers"].as_u64(), Some(found), "nothing else is wrong: {report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_blames_targets_for_their_callers_is_seen_to() {
    let report = report(Flaw::PrefersOne, 3, "").await;
    assert_eq!((&report["passed"], &report["success_rate"]), (&false.into(), &1.0.into()), "{report}");
    assert!(report["missed"][0].as_str().is_some_and(|missed| missed.contains("east has 2")), "{report}");
}

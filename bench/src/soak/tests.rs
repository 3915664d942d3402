//! What is judged of a soak.

use super::{LINES, Sample, judge, sum};

/// A thousand calls for each line, which grow by so much each.
fn samples(mib: f64, handles: usize, bytes: u64) -> Vec<Sample> {
    let one = |line: u32| Sample {
        calls: u64::from(line) * 1_000,
        rss_mib: 30.0 + mib * f64::from(line),
        handles: 80 + handles * line as usize,
        disk: u64::from(line) * bytes,
    };
    (1..=LINES).map(one).collect()
}

#[test]
fn what_grows_is_found() {
    let wanted = 1_000.0 * f64::from(LINES);
    let said = |samples: &[Sample], wrong| {
        judge(samples, wrong, wanted, Vec::new()).map_err(|error| error.to_string())
    };
    assert!(said(&samples(0.1, 0, 300_000), 0).is_ok());
    for (samples, wrong, word) in [
        (samples(3.0, 0, 300_000), 0, "memory grew"),
        (samples(0.0, 2, 300_000), 0, "handles grew"),
        (samples(0.0, 0, 500_000), 0, "bytes of disk"),
        (samples(0.0, 0, 300_000), 1, "1 wrong"),
    ] {
        assert!(said(&samples, wrong).unwrap_err().contains(word), "{word}");
    }
    let idle = judge(&samples(0.0, 0, 300_000), 0, wanted * 2.0, Vec::new()).unwrap_err().to_string();
    assert!(idle.contains("too few calls"), "{idle}");
}

#[test]
fn a_metric_is_summed_over_its_labels() {
    let text = "# TYPE a_total counter\na_total{x=\"1\"} 3\na_total{x=\"2\"} 4\na_total_more 9\nb_total 5\n";
    assert!((sum(text, "a_total") - 7.0).abs() < f64::EPSILON);
    assert!((sum(text, "b_total") - 5.0).abs() < f64::EPSILON && sum(text, "c") < f64::EPSILON);
}

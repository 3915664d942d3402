//! Tests of [`super`].
use super::*;

#[test]
fn counters_are_described_under_the_name_of_their_samples() {
    let open = "# HELP a_requests Calls.\n# TYPE a_requests counter\na_requests_total{x=\"# y\"} 1\n\
                # HELP a_seconds Time.\n# TYPE a_seconds histogram\n# UNIT a_seconds seconds\na_seconds_sum 0.5\n\
                # HELP b Build.\n# TYPE b info\nb_info{v=\"1\"} 1\n# TYPE c unknown\nc 2\n# EOF\n";
    let plain = "# HELP a_requests_total Calls.\n# TYPE a_requests_total counter\na_requests_total{x=\"# y\"} 1\n\
                 # HELP a_seconds Time.\n# TYPE a_seconds histogram\na_seconds_sum 0.5\n\
                 # HELP b_info Build.\n# TYPE b_info gauge\nb_info{v=\"1\"} 1\n# TYPE c untyped\nc 2\n";
    assert_eq!(prometheus(open), plain);
}

#[test]
fn open_metrics_is_for_those_who_ask() {
    for accept in [
        "application/openmetrics-text",
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
        "text/plain, Application/OpenMetrics-Text; version=\"1.0.0\"",
    ] {
        assert!(asks_for_open_metrics(accept), "{accept}");
    }
    for accept in [
        "",
        "*/*",
        "text/plain",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text;version=0.0.1",
    ] {
        assert!(!asks_for_open_metrics(accept), "{accept}");
    }
}

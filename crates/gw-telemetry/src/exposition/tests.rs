//! Texts as the registry writes them, and such as it does not.

use super::*;

const TEXT: &str = "\
# HELP gatewright_requests Requests ended.
# TYPE gatewright_requests counter
gatewright_requests_total{format=\"chat\",model=\"a \\\"b\\\" \\\\ {c},d\"} 7
gatewright_requests_total{format=\"messages\",model=\"\"} 1
# HELP gatewright_cost_usd Cost.
# TYPE gatewright_cost_usd counter
gatewright_cost_usd_total{model=\"m\"} 0.25
# HELP gatewright_store_up 1 while the store can be written.
# TYPE gatewright_store_up gauge
gatewright_store_up 1
# HELP gatewright_queue_seconds Waits.
# TYPE gatewright_queue_seconds histogram
gatewright_queue_seconds_sum{model=\"m\"} 1.5
gatewright_queue_seconds_count{model=\"m\"} 3
gatewright_queue_seconds_bucket{le=\"0.5\",model=\"m\"} 1
gatewright_queue_seconds_bucket{le=\"1.0\",model=\"m\"} 3
gatewright_queue_seconds_bucket{le=\"+Inf\",model=\"m\"} 3
# HELP gatewright_empty Nothing yet.
# TYPE gatewright_empty counter
# EOF
";

const SPAN: Span = Span { began: 1, now: 2 };

#[test]
fn families_become_instruments() {
    let all = metrics(TEXT, SPAN);
    let names: Vec<(&str, &str)> = all.iter().map(|m| (m.name.as_str(), m.unit.as_str())).collect();
    assert_eq!(
        names,
        [
            ("gatewright_requests", ""),
            ("gatewright_cost_usd", "{USD}"),
            ("gatewright_store_up", ""),
            ("gatewright_queue_seconds", "s"),
        ]
    );
    let Some(Data::Sum(requests)) = &all[0].data else { panic!("{:?}", all[0]) };
    assert!(requests.is_monotonic);
    assert_eq!(requests.data_points[0].value, Some(Number::Int(7)));
    let model = requests.data_points[0].attributes[1].value.clone().unwrap().value;
    assert_eq!(model, Some(Value::Text("a \"b\" \\ {c},d".to_owned())));
    assert_eq!(requests.data_points.len(), 2);
    let Some(Data::Gauge(up)) = &all[2].data else { panic!("{:?}", all[2]) };
    assert_eq!(up.data_points[0].value, Some(Number::Int(1)));
}

#[test]
fn buckets_no_longer_count_what_is_below() {
    let all = metrics(TEXT, SPAN);
    let Some(Data::Histogram(waits)) = &all[3].data else { panic!("{:?}", all[3]) };
    let point = &waits.data_points[0];
    assert_eq!((point.count, point.sum), (3, Some(1.5)));
    assert_eq!(point.bucket_counts, [1, 2, 0]);
    assert_eq!(point.explicit_bounds, [0.5, 1.0]);
    assert_eq!(point.attributes.len(), 1);
}

#[test]
fn what_can_not_be_read_is_left_out() {
    let broken = "# TYPE a counter\na_total{x=\"1} 5\na_total x\na_total 3\nb 1\n# \n#\n";
    let all = metrics(broken, SPAN);
    assert_eq!(all.len(), 1);
    let Some(Data::Sum(sum)) = &all[0].data else { panic!("{:?}", all[0]) };
    assert_eq!(sum.data_points.len(), 1);
    assert!(metrics("", SPAN).is_empty());
}

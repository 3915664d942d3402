//! Tests of reading metrics.
use super::trips;

#[test]
fn trips_of_all_targets_are_summed() {
    let text = "# TYPE gatewright_deployment_trips counter\n\
                gatewright_deployment_trips_total{provider=\"east\",model=\"a b\"} 3\n\
                gatewright_deployment_trips_total{provider=\"west\",model=\"m\"} 4\n\
                gatewright_deployment_pauses_total{provider=\"west\",model=\"m\"} 9\n# EOF\n";
    assert_eq!(trips(text), Some(7));
    assert_eq!(trips("# TYPE gatewright_open_streams gauge\n# EOF\n"), Some(0));
    assert_eq!(trips("{\"data\":[]}"), None);
}

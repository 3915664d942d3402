//! What is shown to people asks for metrics that there are.

use super::*;
use std::collections::BTreeSet;

const DASHBOARD: &str = include_str!("../../../../packaging/grafana/gatewright.json");
const GUIDE: &str = include_str!("../../../../docs/guides/metrics.md");

/// The names of all metrics, also of those that have nothing to say yet: as the registry shows them to developers.
fn known() -> BTreeSet<String> {
    let metrics = Metrics::new();
    metrics.sharing();
    metrics.telemetry();
    metrics.alerts();
    metrics.follow_fold(|| None);
    SharedLimitMetrics::default().register(&mut metrics.registry.lock());
    let board = Arc::new(crate::health::Board::default());
    let clock = Arc::new(crate::clock::SystemClock::new());
    let collector = crate::health::BoardCollector { board, clock };
    metrics.registry.lock().register_collector(Box::new(collector));
    let shown = format!("{:?}", metrics.registry.lock());
    let registered = shown.split("name: \"").skip(1).filter_map(|rest| rest.split('"').next());
    let collected = metrics.encode().unwrap();
    let typed = collected.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    registered.map(|name| format!("gatewright_{name}")).chain(typed.map(ToOwned::to_owned)).collect()
}

/// The names of metrics in a text, without what the format adds to them.
fn asked(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let named = text.match_indices("gatewright_").map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        &rest[..end]
    });
    let bare = |name: &str| {
        let suffixes = ["_total", "_bucket", "_count", "_sum"];
        let suffix = suffixes.into_iter().find(|suffix| name.ends_with(suffix)).unwrap_or_default();
        name[..name.len() - suffix.len()].to_owned()
    };
    named.map(bare).collect()
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let (known, asked) = (known(), asked(DASHBOARD));
    assert!(asked.len() > 25, "{asked:?}");
    let unknown: Vec<_> = asked.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?} of {known:?}");
}

#[test]
fn the_guide_lists_all_metrics() {
    let (known, mut listed) = (known(), asked(GUIDE));
    // The program tells of itself; the pipeline does not know of it.
    assert!(listed.remove("gatewright_build_info"));
    let unlisted: Vec<_> = known.difference(&listed).collect();
    assert!(unlisted.is_empty(), "not in docs/guides/metrics.md: {unlisted:?}");
    let unknown: Vec<_> = listed.difference(&known).collect();
    assert!(unknown.is_empty(), "there is no {unknown:?}");
}

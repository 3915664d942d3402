//! Lines that other programs print.
use super::*;

#[test]
fn a_line_is_a_figure_or_nothing() {
    let made = figure("figure | all guardrails, 2 KiB | 45.4 | µs | at most | 60").unwrap();
    assert_eq!(
        (made.what.as_str(), made.value, made.unit.as_str()),
        ("all guardrails, 2 KiB", Some(45.4), "µs")
    );
    assert_eq!(made.met(), Some(true));
    assert_eq!(figure("figure | hits | 3 | per s | at least | 4").unwrap().met(), Some(false));
    for line in ["", "all 45", "figure | a | b | µs | at most | 60", "figure | a | 1 | µs | about | 60"] {
        assert!(figure(line).is_none(), "{line}");
    }
}

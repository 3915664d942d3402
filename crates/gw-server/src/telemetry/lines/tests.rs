//! Which lines are taken, how many, and what of them.

use super::{MOST_WAITING, Waiting};
use gw_model::telemetry::Severity;
use gw_telemetry::lines::Line;

fn line(severity: Severity) -> Line {
    Line { time: 0, severity, target: "here", message: String::new(), fields: Vec::new() }
}

#[test]
fn lines_of_the_start_wait_until_it_is_known_what_is_wanted() {
    let waiting = Waiting::new();
    for severity in [Severity::Info, Severity::Warn, Severity::Error] {
        assert!(waiting.takes(severity));
        waiting.put(line(severity));
    }
    waiting.want(Some(Severity::Warn));
    assert!(!waiting.takes(Severity::Info) && waiting.takes(Severity::Warn));
    let (lines, dropped) = waiting.take();
    assert_eq!((lines, dropped), (vec![line(Severity::Warn), line(Severity::Error)], 0));
}

#[test]
fn nothing_waits_where_nothing_is_wanted() {
    let waiting = Waiting::new();
    waiting.put(line(Severity::Error));
    waiting.want(None);
    assert!(!waiting.takes(Severity::Error));
    assert_eq!(waiting.take(), (Vec::new(), 0));
}

#[test]
fn what_does_not_fit_is_counted() {
    let waiting = Waiting::new();
    (0..MOST_WAITING + 7).for_each(|_| waiting.put(line(Severity::Info)));
    let (lines, dropped) = waiting.take();
    assert_eq!((lines.len(), dropped), (MOST_WAITING, 7));
    assert_eq!(waiting.take(), (Vec::new(), 0));
}

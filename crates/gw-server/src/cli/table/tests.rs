//! Tests of [`super`].
use super::cell;
use serde_json::json;

#[test]
fn cells_have_nothing_that_a_terminal_acts_on() {
    let cases = [
        (json!("plain \u{e4}"), "plain \u{e4}"),
        (json!("\u{1b}[2Jgone\u{7}"), "[2Jgone"),
        (json!("\u{9b}31mred"), "31mred"),
        (json!("two\r\nlines\tand\u{7f}"), "twolinesand"),
        (json!("back\u{202e}wards\u{2066}"), "backwards"),
        (json!(["a\u{1b}]0;title", "b"]), "a]0;title,b"),
        (json!({"a": "\u{9b}1m"}), "{\"a\":\"1m\"}"),
        (json!(null), "-"),
    ];
    for (value, shown) in cases {
        assert_eq!(cell(Some(&value)), shown, "{value}");
    }
}

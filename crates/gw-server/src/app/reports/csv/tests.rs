//! Nothing in a table runs in a spreadsheet.

use super::csv;

fn cell(text: &str) -> String {
    let table = csv(&["name"], &[vec![text.to_owned()]]);
    table.strip_prefix("name\r\n").unwrap().strip_suffix("\r\n").unwrap().to_owned()
}

#[test]
fn what_begins_a_formula_is_text() {
    for formula in ["=1+1", "+1", "-1+1", "--1", "-1.", "-.5", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "\u{a0}=1"] {
        assert_eq!(cell(formula), format!("\"'{formula}\""));
    }
    assert_eq!(cell("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
}

#[test]
fn what_divides_cells_is_quoted_and_all_else_as_it_is() {
    assert_eq!(cell("a,b"), "\"a,b\"");
    assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
    assert_eq!(cell("two\nlines"), "\"two\nlines\"");
    assert_eq!(cell("a=b"), "a=b");
    assert_eq!(cell(""), "");
    for number in ["0.000000105", "-3.5", "-1", "7"] {
        assert_eq!(cell(number), number);
    }
}

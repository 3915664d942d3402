//! Tests of [`super`].
use super::*;

#[test]
fn verdicts_come_back_and_are_found_by_name_and_action() {
    let frame =
        |guardrail, action, on_response| VerdictFrame { guardrail, action, kind: "email", on_response };
    let text = written(&[frame("personal-data", "redact", false), frame("a|b", "block", true)]).unwrap();
    assert_eq!(text, "|personal-data=redact@request:email|a_b=block@response:email|");
    let read = read(&text);
    assert_eq!(read.len(), 2);
    assert_eq!((read[0].guardrail.as_str(), read[0].action.as_str()), ("personal-data", "redact"));
    assert_eq!((read[1].side.as_str(), read[1].kind.as_str()), ("response", "email"));
    assert!(text.contains(&wanted("personal-data", None)));
    assert!(text.contains(&wanted("a|b", Some("block"))));
    assert!(!text.contains(&wanted("data", None)) && !text.contains(&wanted("personal-data", Some("red"))));
    assert_eq!(written(&[]), None);
}

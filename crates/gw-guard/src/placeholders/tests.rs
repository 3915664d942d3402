//! What is left of findings beside placeholders.

use super::*;

fn left(text: &str, found: &str, may_cover: bool) -> Vec<String> {
    let start = text.find(found).unwrap();
    let finding = Finding::sure(start, start + found.len(), "person", "");
    let made = Placeholders::new(["[EMAIL_1]", "[PHONE_12]"]).unwrap();
    let (mut kept, mut at) = (Vec::new(), 0);
    while let (next, Some((start, term))) = made.next(text.as_bytes(), at, true) {
        kept.push(start..term.end);
        at = next;
    }
    let left = outside(finding, text, 0, &kept, may_cover);
    left.iter().map(|part| text[part.start..part.end].to_owned()).collect()
}

#[test]
fn placeholders_are_left_alone() {
    let text = "Jane Doe [EMAIL_1], [phone_12] Smith [EMAIL_2]";
    assert_eq!(left(text, "EMAIL_1", false), Vec::<String>::new());
    assert_eq!(left(text, "EMAIL_1", true), Vec::<String>::new());
    assert_eq!(left(text, "[EMAIL_1]", false), Vec::<String>::new());
    assert_eq!(left(text, "[EMAIL_1]", true), ["[EMAIL_1]"]);
    assert_eq!(left(text, "Jane Doe [EMAIL", false), ["Jane Doe"]);
    assert_eq!(left(text, "Jane Doe [EMAIL", true), ["Jane Doe"]);
    assert_eq!(left(text, "Jane Doe [EMAIL_1], [phone_12] Smith", false), ["Jane Doe", "Smith"]);
    assert_eq!(left(text, "Doe [EMAIL_1], [phone", true), ["Doe [EMAIL_1],"]);
    assert_eq!(left(text, "1], [phone_12] Smith", true), [", [phone_12] Smith"]);
    assert_eq!(left(text, "EMAIL_2", false), ["EMAIL_2"]);
    assert_eq!(left(text, "Smith", false), ["Smith"]);
}

#[test]
fn a_placeholder_that_may_go_on_waits() {
    let made = Placeholders::new(["[EMAIL_1]"]).unwrap();
    let ask = |text: &str, is_end| {
        let (decided, found) = made.next(text.as_bytes(), 0, is_end);
        (decided, found.map(|(at, term)| (at, term.end)))
    };
    assert_eq!(ask("a [b [EMA", false), (5, None));
    assert_eq!(ask("a [b [EMA", true), (9, None));
    assert_eq!(ask("a [b [EMAIL_1] c", false), (14, Some((5, 14))));
    assert_eq!(ask("nothing", false), (7, None));
}

#[test]
fn each_of_many_placeholders_is_found_and_no_other() {
    let many: Vec<String> = (1..=120).map(|number| format!("[EMAIL_{number}]")).collect();
    let made = Placeholders::new(many.iter().map(String::as_str)).unwrap();
    for (place, placeholder) in many.iter().enumerate() {
        for text in [placeholder.clone(), placeholder.to_lowercase(), format!("{placeholder}]0")] {
            let (_, found) = made.next(text.as_bytes(), 0, false);
            let found = found.map(|(at, term)| (at, term.index, term.end));
            assert_eq!(found, Some((0, place, placeholder.len())), "{text}");
        }
        for cut in 1..placeholder.len() {
            let text = &placeholder.as_bytes()[..cut];
            assert!(matches!(made.next(text, 0, false), (0, None)), "{placeholder} at {cut}");
            assert!(matches!(made.next(text, 0, true), (at, None) if at == cut), "{placeholder} at {cut}");
        }
    }
    for other in ["[EMAIL_121]", "[EMAIL_0]", "[EMAIL_1", "[EMAIL_1 ]", "[PHONE_1]", "[\u{e4}]", "[]", "["] {
        assert!(made.next(other.as_bytes(), 0, true).1.is_none(), "{other}");
    }
    for other in ["[EMAIL_121]", "[EMAIL_0]", "[EMAIL_1 ", "[PHONE_1", "[\u{e4}]", "[]"] {
        assert!(matches!(made.next(other.as_bytes(), 0, false), (at, None) if at == other.len()), "{other}");
    }
}

//! Tests of the token rule; must not depend on anything but the rule.
use super::*;

#[test]
fn pieces_rejoin_and_follow_the_rule() {
    for text in ["", "You said: hello", "  lead", "trail  ", "日本語のテキスト と more", "a\n\nb"] {
        assert_eq!(pieces(text).collect::<String>(), text);
    }
    assert_eq!(pieces("You said: hello").collect::<Vec<_>>(), ["You", " said", ":", " hell", "o"]);
    assert_eq!(count("trail  "), 3);
}

#[test]
fn prefix_and_groups_keep_the_text() {
    assert_eq!(prefix("one two three", 2), ("one two", 2));
    assert_eq!(prefix("one", 9), ("one", 1));
    let text = "word ".repeat(20);
    for frames in [1, 3, 7, 20, 500] {
        let groups = groups(&text, Some(frames));
        assert_eq!(groups.iter().map(|g| g.0).collect::<String>(), text);
        assert_eq!(groups.iter().map(|g| g.1).sum::<u64>(), count(&text));
        assert_eq!(groups.len() as u64, frames.min(count(&text)));
    }
}

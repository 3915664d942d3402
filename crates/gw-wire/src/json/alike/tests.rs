//! The result is that of the plain check, whatever came before; and what is alike is not gone through again.
use super::*;
use proptest::prelude::*;

#[test]
fn frames_of_a_stream_are_alike() {
    let mut alike = Alike::default();
    let frame = |number: u32, text: &str, finish: &str| {
        format!(
            r#"{{"n":{number},"choices":[{{"delta":{{"content":{text}}},"finish":{finish}}}],"usage":null}}"#
        )
    };
    for (number, text) in
        [(1, "\"a\""), (9, "\"\""), (10, "\"hi \\\"there\\\"\""), (11, "null"), (12, "[1,{}]")]
    {
        assert!(alike.is_json(frame(number, text, "null").as_bytes()));
    }
    assert_eq!((alike.gaps.len(), alike.misses), (2, 0), "{alike:?}");
    assert!(alike.compare(frame(7, "\"ä\"", "null").as_bytes()).is_ok());
    assert!(alike.is_json(frame(13, "\"\"", "\"stop\"").as_bytes()));
    assert_eq!(alike.gaps.len(), 3);
    for broken in ["\"a", "a\"", "\"a\",", "\"\n\"", "\"\\x\"", "", "01", "nul", "\"a\":1", "{\"a\":1"] {
        assert!(!alike.is_json(frame(14, broken, "null").as_bytes()), "{broken}");
    }
    let whole = frame(15, "\"a\"", "null");
    assert!((0..whole.len()).all(|end| !alike.is_json(&whole.as_bytes()[..end])));
    let latin: Vec<u8> = whole.bytes().map(|byte| if byte == b'a' { 0xe9 } else { byte }).collect();
    assert!(!alike.is_json(&latin));
    assert!(alike.is_json(whole.as_bytes()));
}

#[test]
fn names_and_brackets_are_no_values() {
    let model = br#"{"a":1,"b":[true,"x"]}"#;
    let found = |at: usize| scalar_at(model, at).map(|range| &model[range]);
    assert_eq!([found(0), found(1), found(2), found(4), found(8), found(11)], [None; 6]);
    assert_eq!((found(5), found(6)), (Some(&b"1"[..]), Some(&b"1"[..])));
    assert_eq!(
        (found(12), found(15), found(17)),
        (Some(&b"true"[..]), Some(&b"true"[..]), Some(&b"\"x\""[..]))
    );
    assert_eq!(found(21), None);
}

#[test]
fn texts_that_are_never_alike_are_not_kept() {
    let mut alike = Alike::default();
    assert!(alike.is_json(format!("[{}]", "1,".repeat(MAX_MODEL_BYTES) + "1").as_bytes()));
    assert!(alike.model.is_empty(), "too long");
    for number in 0..40 {
        assert!(alike.is_json(format!("{{\"{}\":1}}", "n".repeat(number)).as_bytes()));
    }
    assert_eq!(alike.misses, MAX_MISSES);
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        (-20i32..200).prop_map(|n| n.to_string()),
        Just("1.5e-7".to_owned()),
        "[a-c\u{e4} :,\\[{]{0,3}".prop_map(|s| format!("\"{s}\"")),
        Just(r#""\"\\""#.to_owned()),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|list| format!("[{}]", list.join(","))),
            proptest::collection::vec(("[ab]", inner), 0..3).prop_map(|list| {
                let members: Vec<String> = list.iter().map(|(k, v)| format!("\"{k}\" :{v}")).collect();
                format!("{{{}}}", members.join(", "))
            }),
        ]
    })
}

/// A frame with two values, and perhaps a byte of it changed, left out or put in.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let change =
        (0usize..200, 0u8..6, prop_oneof![Just(b'"'), Just(b','), Just(b'1'), Just(b'}'), any::<u8>()]);
    (value(), value(), change).prop_map(|(one, two, (at, how, byte))| {
        let mut text = format!("{{\"a\":{one},\"b\":[{two}],\"c\":null}}").into_bytes();
        let at = at % text.len();
        match how {
            0 => text[at] = byte,
            1 => text.insert(at, byte),
            2 => drop(text.remove(at)),
            _ => {}
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn the_result_is_that_of_the_plain_check(frames in proptest::collection::vec(frame(), 1..24)) {
        let mut alike = Alike::default();
        for frame in frames {
            prop_assert_eq!(alike.is_json(&frame), is_json(&frame), "{:?} {:?}", String::from_utf8_lossy(&frame), &alike);
        }
    }
}

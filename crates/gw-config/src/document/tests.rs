//! YAML to nodes: variables, places, limits.

use super::{Kind, Node, parse};
use crate::errors::{Fault, Faults};
use std::collections::BTreeMap;
use std::fmt::Write as _;

fn env() -> BTreeMap<String, String> {
    let pairs =
        [("NAME", "world"), ("EMPTY", ""), ("EVIL", "x, b: {c: [d\n#"), ("LOOP", "${NAME}"), ("_U1", "u")];
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn read(text: &str) -> Result<Node, Vec<String>> {
    let mut faults = Faults::default();
    let node = parse(text, Some(&env()), &mut faults);
    let lines: Vec<String> = faults.into_vec().iter().map(|f: &Fault| f.line("f")).collect();
    node.filter(|_| lines.is_empty()).ok_or(lines)
}

/// The tree on one line: texts in quotes, with `!` when a variable is in them.
fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(s) => format!("{:?}{}", s.text, if s.filled { "!" } else { "" }),
        Kind::Broken => "broken".into(),
        Kind::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Kind::Map(entries) => {
            let list = entries.iter().map(|(k, v)| format!("{}={}", k.text, shown(v)));
            format!("{{{}}}", list.collect::<Vec<_>>().join(" "))
        }
    }
}

fn ok(text: &str) -> String {
    read(text).map(|node| shown(&node)).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn faults(text: &str) -> Vec<String> {
    read(text).expect_err("must be refused")
}

#[test]
fn variables_are_filled_in_everywhere_in_values() {
    assert_eq!(ok("a: ${NAME}"), r#"{a="world"!}"#);
    assert_eq!(ok("a: hello ${NAME}${_U1}!"), r#"{a="hello worldu!"!}"#);
    assert_eq!(ok("a: { b: ${NAME}, c: [${NAME}, x] }"), r#"{a={b="world"! c=["world"! "x"]}}"#);
    assert_eq!(ok("a: \"${NAME}\\n\""), r#"{a="world\n"!}"#);
    assert_eq!(ok("a: '${NAME}'"), r#"{a="world"!}"#);
    assert_eq!(ok("a: |\n  ${NAME}\n"), r#"{a="world\n"!}"#);
    assert_eq!(ok("a: ${NAME} # ${NOT_SET}"), r#"{a="world"!}"#);
}

#[test]
fn defaults_and_dollars() {
    assert_eq!(ok("a: { b: ${NO:-x, y: [z]} }"), r#"{a={b="x, y: [z]"!}}"#);
    assert_eq!(ok("a: ${NO:-}"), r#"{a=""!}"#);
    assert_eq!(ok("a: ${EMPTY:-other}"), r#"{a="other"!}"#);
    assert_eq!(ok("a: ${EMPTY}"), r#"{a=""!}"#);
    assert_eq!(ok("a: ${NO:-http://h:1/p?q=1#f}"), r#"{a="http://h:1/p?q=1#f"!}"#);
    assert_eq!(ok("a: [$$, $${NAME}, $$$$, 5$$]"), r#"{a=["$"! "${NAME}"! "$$"! "5$"!]}"#);
    assert_eq!(ok("a: $$${NAME}"), r#"{a="$world"!}"#);
    assert_eq!(
        ok(r#"{"$${NAME}": 1, "$": 2, "$$": 3, "$$${}": 4}"#),
        r#"{${NAME}="1" $="2" $$="3" $${}="4"}"#
    );
    assert_eq!(ok("a: ${NO:-ünïcode ☃}"), "{a=\"ünïcode ☃\"!}");
}

#[test]
fn escaped_dollars_before_braces_end_with_their_quotes() {
    assert_eq!(ok(r#"{"m":{"$$${":"x"}}"#), r#"{m={$${="x"}}"#);
    // Escapes of a quoted text mean within what looks like a reference what they mean elsewhere.
    assert_eq!(ok(r#"a: "$${\u2028 $${A}\x41\n\"b\"""#), "{a=\"${\\u{2028} ${A}A\\n\\\"b\\\"\"!}");
    assert_eq!(ok(r#"{"a":"$$$${","b":["$${ #{"],"c":"}"}"#), ok("a: '$$$${'\nb: ['$${ #{']\nc: '}'"));
}

#[test]
fn what_a_variable_holds_is_never_syntax_and_never_looked_at_again() {
    assert_eq!(ok("a: { b: ${EVIL} }"), r#"{a={b="x, b: {c: [d\n#"!}}"#);
    assert_eq!(ok("a: ${LOOP}"), r#"{a="${NAME}"!}"#);
}

#[test]
fn faults_in_variables_have_places() {
    assert_eq!(
        faults("a:\n  - ok\n  - { k: x${NOT_SET}y${ALSO_NOT} }\nb: ${1X}\nc: ${A:=b}\n"),
        [
            "f:3:10: environment variable 'NOT_SET' is not set: set it, or write ${NOT_SET:-default}",
            "f:3:10: environment variable 'ALSO_NOT' is not set: set it, or write ${ALSO_NOT:-default}",
            "f:4:4: '${1X}' is not a variable: write ${NAME} or ${NAME:-default}",
            "f:5:4: '${A:=b}' is not a variable: write ${NAME} or ${NAME:-default}",
        ]
    );
    assert_eq!(
        faults("a: 5$\nb: ${OPEN\nc: ${A:-${NAME}}\n${NAME}: x\n"),
        [
            "f:1:4: a single '$' means nothing: write $$ for a dollar, ${NAME} for a variable",
            "f:2:4: '${' is not closed: write ${NAME} or ${NAME:-default}, or $$ for a dollar",
            "f:3:4: the default of 'A' may not hold another variable",
            "f:4:1: variables are filled in in values only, not in keys; write $${ for a dollar and a brace",
        ]
    );
}

#[test]
fn places_count_characters_also_after_masked_ones() {
    let Kind::Map(entries) = read("é: {x: ${NAME}, y: 1}\n").expect("reads").kind else { panic!() };
    let Kind::Map(inner) = &entries[0].1.kind else { panic!() };
    let (key, value) = &inner[1];
    assert_eq!((key.place.line, key.place.column), (1, 17));
    assert_eq!((value.place.line, value.place.column), (1, 20));
}

#[test]
fn documents_that_are_not_configurations() {
    assert_eq!(ok(""), r#""""#);
    assert_eq!(ok("# only a comment\n"), r#""""#);
    assert_eq!(ok("---\na: 1\n"), r#"{a="1"}"#);
    assert_eq!(
        faults("a: 1\n---\nb: 2\n"),
        ["f:2:1: a second document ('---'): write one configuration a file"]
    );
    assert_eq!(faults("a: 1\nb: 2\na: 3\n"), ["f:3:1: duplicate key 'a': it already stands on line 1"]);
    assert_eq!(
        faults("a: {b: 1, \"b\": 2}\nc: !!str 5\n"),
        [
            "f:1:11: duplicate key 'b': it already stands on line 1",
            "f:2:10: YAML tags ('!...') are not used here: remove it"
        ]
    );
    assert_eq!(faults("? [a]\n: 1\n"), ["f:1:3: a key must be a text, not a list or block"]);
    assert_eq!(
        faults("a: \u{f0041}\n"),
        ["f:1:4: this character is not allowed in a configuration: remove it"]
    );
    assert_eq!(
        faults("a: 1\nb: \0\n"),
        ["f:2:4: this character is not allowed in a configuration: remove it"]
    );
    assert_eq!(faults("a: [1, 2\nb: 3\n"), ["f:2:2: not valid YAML: illegal placement of ':' indicator"]);
}

#[test]
fn anchors_are_copies_within_limits() {
    assert_eq!(ok("a: &x {k: 1}\nb: *x\n"), r#"{a={k="1"} b={k="1"}}"#);
    assert_eq!(
        faults("a: &x {k: 1}\nb:\n  <<: *x\n"),
        ["f:3:3: merge keys ('<<') are not supported: write the keys out"]
    );
    assert_eq!(faults("a: &x [*x]\n"), ["f:1:8: this alias stands inside the value that it names"]);
    assert_eq!(faults("a: *x\n"), ["f:1:4: not valid YAML: while parsing node, found unknown anchor"]);
}

#[test]
fn alias_bombs_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{below}]").expect("writes");
    }
    let found = faults(&bomb);
    assert_eq!(found.len(), 1);
    assert!(found[0].ends_with(": aliases copy more than 50000 values: write them out"), "{found:?}");
    let deep = "a: &x [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[*x]]]]]]]]]]]]]]]\n";
    assert_eq!(faults(deep), ["f:2:19: nested deeper than 32 levels"]);
}

#[test]
fn depth_and_size_are_limited() {
    let deep = format!("{}1{}", "[".repeat(2000), "]".repeat(2000));
    assert_eq!(faults(&deep).len(), 1);
    let block: String = (0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert_eq!(faults(&block).len(), 1);
    let large = "#".repeat(super::MAX_FILE_BYTES + 1);
    assert_eq!(faults(&large), ["f:1:1: the file is larger than 64 MiB"]);
    let many = "a".repeat(40 << 20);
    let env: BTreeMap<String, String> = [("BIG".to_owned(), many)].into();
    let mut faults = Faults::default();
    assert!(parse("a: ${BIG}\nb: ${BIG}\n", Some(&env), &mut faults).is_none());
    assert_eq!(faults.into_vec()[0].line("f"), "f:2:4: variables add more than 64 MiB");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}:,&*!|>'\"%@`#?\\-${}a-z0-9 \t\n\u{e9}\u{f0041}]{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn a_quoted_text_comes_back_whatever_a_variable_holds(value in "\\PC{0,60}") {
        let env: BTreeMap<String, String> = [("V".to_owned(), value.clone())].into();
        let mut faults = Faults::default();
        let node = parse("a: { b: ${V} }", Some(&env), &mut faults).expect("parses");
        proptest::prop_assert_eq!(shown(&node), format!("{{a={{b={value:?}!}}}}"));
    }
}

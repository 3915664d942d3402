//! A text is judged the same however it is cut: the same findings, the same replacements, and of a text that is stopped
//! nothing from what was found on.

#![expect(clippy::expect_used, reason = "a test that can not be set up fails")]

use gw_guard::{Blocked, Flow, Form, Guardrail, Place, Placeholders, Session, Side, apply};
use gw_model::guardrail::{CheckSpec, GuardAction, GuardrailSpec, Speaker};
use proptest::prelude::*;
use std::sync::Arc;

const PLACE: Place = Place { side: Side::Response, speaker: Speaker::Assistant, text: 0 };

fn rail(check: CheckSpec, action: GuardAction) -> Arc<Guardrail> {
    let spec = GuardrailSpec {
        mandatory: false,
        replacement: (action == GuardAction::Rewrite).then(|| "***".into()),
        ..GuardrailSpec::everywhere("g", check, action)
    };
    Arc::new(Guardrail::compile(Arc::new(spec)).expect("it can be used"))
}

fn checks() -> Vec<CheckSpec> {
    vec![
        CheckSpec::Pii { entities: Vec::new() },
        CheckSpec::Secrets { entropy: true },
        CheckSpec::Regex {
            patterns: vec![r"\bab+c\b".into(), r"(?i)secret \d+".into(), "x.{0,40}y".into(), "é+".into()],
            max_match_bytes: 32,
        },
        CheckSpec::Keywords {
            terms: vec!["foo".into(), "foo bar baz".into(), "bar ba".into(), "ü".into()],
            case_sensitive: false,
            whole_words: true,
        },
        CheckSpec::Keywords {
            terms: vec!["oo".into(), "ar b".into()],
            case_sensitive: true,
            whole_words: false,
        },
        CheckSpec::Urls { allow: vec!["good.example".into()], deny: Vec::new() },
        CheckSpec::InvisibleText,
        CheckSpec::Refusal,
    ]
}

const PIECES: &[&str] = &[
    "foo",
    " bar",
    "FOO \n",
    "bаr",
    "u\u{308}",
    "\u{308}",
    "Ü",
    "\u{a0}",
    " baz",
    " ",
    "\n",
    "abbbc",
    "SECRET 42",
    "secret ",
    "17",
    "x",
    "y",
    "é",
    "ü",
    "😀",
    "jane.doe",
    "@",
    "example",
    ".com",
    "4111 1111 ",
    "1111 1111",
    "4111111111111111",
    "+1 (202) ",
    "555-0143",
    "DE89 3704 ",
    "0044 0532 0130 00",
    "AB 12 34 56 C",
    "123-45-6789",
    "born on ",
    "12 March 1990",
    "March ",
    "12, ",
    "1990",
    "192.168.",
    "1.17",
    "aa:bb:cc:dd:ee:ff",
    "sk-proj-",
    "abcdefghij0123456789KLMN",
    "ghp_",
    "password = ",
    "\"hunter2!\"",
    "https://good.example/a",
    "https://bad.example/b?c",
    "//bad.zip/x",
    "https:\\\\",
    "https&#58;",
    "](",
    "=",
    "@",
    "bad&#46;zip",
    "/",
    "\\",
    "eyJhbGciOiJI",
    "-----BEGIN ",
    "RSA PRIVATE KEY-----\nMIIB",
    "\n-----END RSA PRIVATE KEY-----",
    "\u{200b}",
    "\u{e0041}",
    "[EMAIL_1]",
    "[EMAIL",
    "_1]",
    ",",
    ".",
    ":",
    "I'm sorry, but I can",
    "'t",
    "\"",
    "\\",
    "\\u0040",
    "\\u00",
    "40",
    "\\/",
    "{\"a\":\"",
    "12 34 56 78 90 ",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 ",
    "NO ",
    "X",
    "12345678",
    "Z",
    "-",
    "(",
    ")",
    "/",
    "电话",
    "，ที่",
    "年",
    "{\"",
    "\\n",
    "0, 7, ",
];

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(prop::sample::select(PIECES), 400..900).prop_map(|pieces| pieces.concat().replace([' ', '\n'], "")),
    ]
}

/// What comes out, what was found, and whether it was stopped.
type Outcome = (String, Vec<String>, Option<Blocked>);

/// What becomes of what was masked in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Masked {
    Nothing,
    Restored,
    Kept,
}

fn run(rails: &Arc<[Arc<Guardrail>]>, pieces: &[&str], form: Form, masked_before: Masked) -> Outcome {
    let mut session = Session::default();
    if masked_before != Masked::Nothing {
        let masked = gw_guard::pass_whole(
            &[rail(CheckSpec::Pii { entities: Vec::new() }, GuardAction::Tokenize)].into(),
            None,
            "j.d@example.org",
            Place { side: Side::Request, ..PLACE },
            Form::Plain,
            &mut session,
            b"",
        );
        assert_eq!(masked.expect("it passes").as_deref(), Some("[EMAIL_1]"));
        session.notes = Default::default();
    }
    let finder = session.vault.finder();
    let finder = if masked_before == Masked::Kept { finder.map(Placeholders::kept) } else { finder };
    let mut flow = Flow::new(Arc::clone(rails), finder, PLACE, form);
    let text = pieces.concat();
    let (mut out, mut sent, mut blocked) = (String::new(), 0, None);
    for at in 0..=pieces.len() {
        let result = match pieces.get(at) {
            Some(piece) => flow.push(piece, &mut session, text.as_bytes()),
            None => flow.finish(&mut session, text.as_bytes()),
        };
        let released = flow.released();
        assert!(released >= sent && text.is_char_boundary(released), "{released} after {sent}");
        let piece = &text[sent..released];
        out.push_str(&apply(piece, sent, released, flow.edits(sent)).unwrap_or_else(|| piece.to_owned()));
        sent = released;
        if let Err(stopped) = result {
            blocked = Some(stopped);
            break;
        }
    }
    let notes = session.notes.list.iter().map(|note| format!("{:?}", note.finding)).collect();
    (out, notes, blocked)
}

/// Cuts a text at characters, by shares of its length.
fn cut<'a>(text: &'a str, cuts: &[prop::sample::Index]) -> Vec<&'a str> {
    let mut places: Vec<usize> =
        cuts.iter().map(|cut| cut.index(text.len() + 1)).filter(|at| text.is_char_boundary(*at)).collect();
    places.extend([0, text.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_whole_and_streamed(
        text in texts(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        which in prop::collection::vec((0..8usize, 0..5usize), 1..4),
        masked in prop::sample::select(&[Masked::Nothing, Masked::Restored, Masked::Kept]),
        json: bool,
    ) {
        const ACTIONS: [GuardAction; 5] = [GuardAction::Flag, GuardAction::Tokenize, GuardAction::Rewrite, GuardAction::Redact, GuardAction::Block];
        let all = checks();
        let rails: Arc<[Arc<Guardrail>]> = which.iter().map(|(check, action)| {
            let check = all[*check].clone();
            let action = if check.finds_spans() || *action == 0 { ACTIONS[*action] } else { GuardAction::Block };
            rail(check, action)
        }).collect();
        let form = if json { Form::Json } else { Form::Plain };
        let (whole, mut found, stopped) = run(&rails, &[&text], form, masked);
        let (streamed, mut found_streamed, stopped_streamed) = run(&rails, &cut(&text, &cuts), form, masked);
        prop_assert_eq!(&stopped, &stopped_streamed);
        match stopped {
            // What was let go before is a beginning of what the whole text lets go.
            Some(_) => prop_assert!(whole.starts_with(&streamed), "{:?} is no beginning of {:?}", streamed, whole),
            None => {
                prop_assert_eq!(whole, streamed);
                // Only the first ones are written down, in the order in which they were found.
                if found.len() < gw_guard::MAX_NOTES {
                    found.sort();
                    found_streamed.sort();
                    prop_assert_eq!(found, found_streamed);
                }
            }
        }
    }
}

#[test]
fn nothing_of_a_match_leaves_a_stream_that_is_stopped() {
    let rails: Arc<[Arc<Guardrail>]> =
        [rail(CheckSpec::Pii { entities: Vec::new() }, GuardAction::Block)].into();
    let text = "Write to jane.doe@example.com today, or call +1 202 555 0143.";
    for at in 1..text.len() {
        let (out, _, stopped) = run(&rails, &[&text[..at], &text[at..]], Form::Plain, Masked::Nothing);
        assert!(stopped.is_some() && "Write to ".starts_with(&out), "{at}: {out}");
    }
}

#[test]
fn ordinary_words_wait_for_little() {
    let rails: Arc<[Arc<Guardrail>]> = [
        rail(CheckSpec::Pii { entities: Vec::new() }, GuardAction::Redact),
        rail(CheckSpec::Secrets { entropy: false }, GuardAction::Redact),
    ]
    .into();
    let mut session = Session::default();
    let mut flow = Flow::new(rails, None, PLACE, Form::Plain);
    let mut sent = 0;
    for word in ["The", " quick", " brown", " fox", " jumps", " over", " the", " lazy", " dog", "."] {
        sent += word.len();
        flow.push(word, &mut session, b"").expect("it passes");
        assert!(sent - flow.released() < 14, "{} of {sent} at {word}", flow.released());
    }
}

#[test]
fn arguments_of_tools_are_masked_and_restored_within_their_json() {
    let rails: Arc<[Arc<Guardrail>]> =
        [rail(CheckSpec::Pii { entities: Vec::new() }, GuardAction::Redact)].into();
    let (out, ..) = run(
        &rails,
        &[
            r#"{"to":"jane\u002edo"#,
            r#"e\u0040exam"#,
            r#"ple.com","card":411111111"#,
            r#"1111111,"n":"a\nb"}"#,
        ],
        Form::Json,
        Masked::Nothing,
    );
    assert_eq!(out, r#"{"to":"[REDACTED_EMAIL]","card":"[REDACTED_CREDIT_CARD]","n":"a\nb"}"#);
    let (out, ..) = run(&[].into(), &[r#"{"to":"[EMA"#, r#"IL_1]"}"#], Form::Json, Masked::Restored);
    assert_eq!(out, r#"{"to":"j.d@example.org"}"#);
}

#[test]
fn scripts_without_blanks_and_lists_of_numbers_flow() {
    let rails: Arc<[Arc<Guardrail>]> = [
        rail(CheckSpec::Pii { entities: Vec::new() }, GuardAction::Redact),
        rail(CheckSpec::Secrets { entropy: false }, GuardAction::Redact),
        rail(CheckSpec::Urls { allow: vec!["good.example".into()], deny: Vec::new() }, GuardAction::Redact),
    ]
    .into();
    for piece in ["今天天气很好，我们去公园。", "วันนี้อากาศดีมาก", "17, 21, 28, 35, 42, 49, "]
    {
        let mut session = Session::default();
        let mut flow = Flow::new(Arc::clone(&rails), None, PLACE, Form::Plain);
        for count in 1..20 {
            flow.push(piece, &mut session, b"").expect("it passes");
            let waiting = piece.len() * count - flow.released();
            assert!(waiting < 24, "{waiting} of {piece}");
        }
    }
    let text =
        "联系我john.doe@example.com，电话+1 202 555 0143，网址https://bad.example/路径 生日1990年3月12日。";
    let (out, ..) = run(&rails, &[text], Form::Plain, Masked::Nothing);
    assert_eq!(out, "联系我[REDACTED_EMAIL]，电话[REDACTED_PHONE]，网址[REDACTED_URL] 生日1990年3月12日。");
}

#[test]
fn json_within_a_text_is_judged_by_what_it_says() {
    let rails: Arc<[Arc<Guardrail>]> = [
        rail(CheckSpec::Pii { entities: Vec::new() }, GuardAction::Redact),
        rail(CheckSpec::Secrets { entropy: false }, GuardAction::Redact),
    ]
    .into();
    for (text, want) in [
        (r#"{"a":"x\nDE89370400440532013000"}"#, r#"{"a":"x\n[REDACTED_IBAN]"}"#),
        (r#" { "a":"mail:\njohn.doe\u0040acme-corp.com"}"#, r#" { "a":"mail:\n[REDACTED_EMAIL]"}"#),
        (r#"["j\u00fcrgen.m\u00fcller@firma.de"]"#, r#"["[REDACTED_EMAIL]"]"#),
        (
            "{\"k\":\"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PRIVATE KEY-----\\n\"}",
            "{\"k\":\"[REDACTED_PRIVATE_KEY]\\n\"}",
        ),
        ("{curly} jane@corp.example", "{curly} [REDACTED_EMAIL]"),
        (r#"Here it is: {"mail":"jane\u0040corp.example"}."#, r#"Here it is: {"mail":"[REDACTED_EMAIL]"}."#),
        ("```json\n[ \"x\\nDE89370400440532013000\" ]\n```", "```json\n[ \"x\\n[REDACTED_IBAN]\" ]\n```"),
        (
            r#"{"body":"{\"mail\":\"jane\\u0040corp.example\"}"}"#,
            r#"{"body":"{\"mail\":\"[REDACTED_EMAIL]\"}"}"#,
        ),
        (r"jane\u0040corp.example", "[REDACTED_EMAIL]"),
        (r"C:\new\table \u12 \ud83d\ude00", r"C:\new\table \u12 \ud83d\ude00"),
    ] {
        assert_eq!(run(&rails, &[text], Form::Plain, Masked::Nothing).0, want);
    }
}

#[test]
fn numbers_with_blanks_between_them_do_not_hold_a_stream_and_hide_nothing() {
    let rails: Arc<[Arc<Guardrail>]> =
        [rail(CheckSpec::Pii { entities: Vec::new() }, GuardAction::Redact)].into();
    let mut session = Session::default();
    let mut flow = Flow::new(Arc::clone(&rails), None, PLACE, Form::Plain);
    let mut sent = 0;
    for number in 0..2000 {
        let piece = format!("{number} ");
        sent += piece.len();
        flow.push(&piece, &mut session, b"").expect("it passes");
        assert!(sent - flow.released() < 300, "{} of {sent}", flow.released());
    }
    // Wherever a card stands among them.
    for before in 0..400 {
        let text = format!("{}4111 1111 1111 1111 is it", "7 ".repeat(before));
        let (out, ..) = run(&rails, &[&text], Form::Plain, Masked::Nothing);
        assert!(out.ends_with("[REDACTED_CREDIT_CARD] is it"), "{before}: {out}");
    }
}

#[test]
fn an_answer_with_escapes_is_judged_by_its_schema_as_it_is_written() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"string","maxLength":4}}}"#;
    let rails: Arc<[Arc<Guardrail>]> =
        [rail(CheckSpec::JsonSchema { schema: schema.into() }, GuardAction::Block)].into();
    for (text, fits) in [(r#"{"a":"x\"\\y"}"#, true), (r#"{"a":"\"\"\"\"\""}"#, false)] {
        for at in 0..text.len() {
            let (_, _, stopped) = run(&rails, &[&text[..at], &text[at..]], Form::Plain, Masked::Nothing);
            assert_eq!(stopped.is_none(), fits, "{text} at {at}");
        }
    }
}

/// Patterns that nobody thought of: letters, classes, repeats and choices, of which each match has at least one letter.
fn patterns() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec!["a", "b", "é", "[ab]", "[^a]", r"\d", r"\w", r"\b7", " ", "(a|bé)"]);
    let repeat = prop::sample::select(vec!["", "+", "{2,3}", "?", "*"]);
    let rest = prop::collection::vec((atom.clone(), repeat), 0..4);
    let first = prop::sample::select(vec!["a", "b", "é", "[ab7]", r"\d", "(ab|é)"]);
    (first, rest).prop_map(|(first, rest)| {
        rest.iter().fold(first.to_owned(), |all, (atom, repeat)| all + atom + repeat)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_patterns_and_terms_are_the_same_whole_and_streamed(
        text in "[ab7éÉe\u{301}\u{200b}\u{a0}аA \n]{0,60}",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        patterns in prop::collection::vec(patterns(), 1..4),
        terms in prop::collection::vec("[ab7ée\u{301}]{1,4}( [ab]{1,3})?", 1..5),
        max_match_bytes in 4..40usize,
        has_terms: bool,
        whole_words: bool,
    ) {
        let check = if has_terms {
            let terms = terms.iter().map(|term| term.as_str().into()).collect();
            CheckSpec::Keywords { terms, case_sensitive: false, whole_words }
        } else {
            let patterns = patterns.iter().map(|pattern| pattern.as_str().into()).collect();
            CheckSpec::Regex { patterns, max_match_bytes }
        };
        let pieces = cut(&text, &cuts);
        for action in [GuardAction::Flag, GuardAction::Redact, GuardAction::Rewrite, GuardAction::Tokenize] {
            let rails: Arc<[Arc<Guardrail>]> = [rail(check.clone(), action)].into();
            prop_assert_eq!(run(&rails, &[&text], Form::Plain, Masked::Nothing), run(&rails, &pieces, Form::Plain, Masked::Nothing));
        }
        let blocking = rail(check, GuardAction::Block);
        let first = blocking.check().find(&text).iter().map(|found| found.start).min();
        let (streamed, _, stopped) = run(&[blocking].into(), &pieces, Form::Plain, Masked::Nothing);
        prop_assert_eq!(stopped.is_some(), first.is_some());
        // Of a stream that is stopped nothing is out but what stands before the match.
        prop_assert!(text[..first.unwrap_or(text.len())].starts_with(&streamed), "{:?} of {:?}", streamed, text);
    }
}

//! Tests of [`super`]: what conditions mean, what is refused and how, and that the reference for people is whole.
use super::compile;
use crate::functions::{self, Form};
use crate::limits::{MAX_HEIGHT, MAX_NESTING, MAX_SOURCE_BYTES};
use crate::variables;
use gw_model::policy::{ConditionError, ConditionFault, KeyFacts, Reads, RequestFacts, Subject};
use serde_json::{Map, Value, json};

fn metadata() -> Map<String, Value> {
    let Value::Object(metadata) = json!({
        "tier": "gold", "beta": true, "seats": 12, "ratio": 0.5, "none": null,
        "regions": ["eu", "us"], "owner": { "name": "Ada", "tags": [1, 2.0, "x"] },
    }) else {
        panic!("no object");
    };
    metadata
}

fn ask(text: &str) -> Result<bool, ConditionError> {
    let metadata = metadata();
    let key_metadata = [("env".to_owned(), "prod".to_owned())].into();
    let subject = Subject {
        request: RequestFacts {
            model: "chat-prod",
            format: "openai_chat",
            endpoint: "chat",
            stream: true,
            input_tokens: 900,
            body_bytes: 4000,
            choices: 1,
            ..RequestFacts::default()
        },
        headers: &[("x-tier", "Silver"), ("user-agent", "curl/8")],
        metadata: Some(&metadata),
        key: KeyFacts { id: "k1", name: "app-a", metadata: Some(&key_metadata), tags: &["batch"] },
        team: "core",
        tags: &["eu", "night"],
        now: 1_793_629_805_250_000, // Monday, 2026-11-02T14:30:05.25Z
        budget_used: Some(0.75),
        ..Subject::default()
    };
    compile(text).unwrap_or_else(|error| panic!("{text}: {error}")).holds(&subject)
}

fn check(wanted: bool, texts: &[&str]) {
    for text in texts {
        assert_eq!(ask(text), Ok(wanted), "{text}");
    }
}

#[test]
fn values_operators_and_precedence() {
    check(
        true,
        &[
            "true",
            "!false && !!true",
            "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 / 2 == 3 && 7 % 4 == 3 && -7 / 2 == -3",
            "true || false && false",
            "1 < 2 == true",
            "false ? false : true ? true : false",
            "-9223372036854775808 < 0 && 0x1F == 31 && 1.5e1 == 15 && .5 < 1 && 1 == 1.0",
            "9223372036854775807 != 9223372036854775808.0 && 9007199254740993 > 9007199254740992.0",
            "'a' + \"b\" == 'ab' && 'a\\tb\\u00e9\\x21' != r'a\\tb' && 'it\\'s' == \"it's\"",
            "'a' < 'b' && 'B' < 'a'",
            "[1, 2] + [3] == [1, 2, 3] && [1] != [1, 2] && [] == []",
            "{'a': 1, 2: 'b'}.a == 1 && {'a': 1, 2: 'b'}[2] == 'b' && {'a': 1} == {'a': 1.0}",
            "2 in [1, 2, 3] && !('x' in ['y']) && 'a' in {'a': 1} && !('b' in {'a': 1})",
            "null == null && metadata.none == null && metadata.tier != null",
            "[1, 2][1] == 2 // a comment",
            "request.stream && request.model == 'chat-prod' && request.input_tokens <= 1000",
            "headers['x-tier'] == 'Silver' && 'x-tier' in headers && !('x-other' in headers)",
            "metadata.tier == 'gold' && metadata['owner'].name == 'Ada' && metadata.owner.tags[1] == 2",
            "metadata.seats + 1 == 13 && metadata.ratio * 2.0 == 1.0 && metadata.beta",
            "key.id == 'k1' && key.name.startsWith('app-') && key.metadata.env == 'prod' && 'batch' in key.tags",
            "team == 'core' && user == '' && 'eu' in tags && budget.used > 0.5",
            "time.hour == 14 && time.minute == 30 && time.weekday == 1 && time.unix == 1793629805",
        ],
    );
    check(
        false,
        &["1 == 2", "metadata.tier == metadata.seats", "0.1 + 0.2 == 0.3", "time.weekday in [0, 6]"],
    );
}

#[test]
fn functions_and_macros() {
    check(
        true,
        &[
            "'abc'.contains('b') && 'abc'.endsWith('bc') && !'abc'.startsWith('b')",
            "headers['x-tier'].lowerAscii() == 'silver' && 'é!a'.upperAscii() == 'é!A'",
            "request.model.matches('^chat-(prod|dev)$') && !request.model.matches(r'\\d')",
            "'é!'.size() == 2 && size([1, 2]) == 2 && size({'a': 1}) == 1 && size(tags) == 2",
            "int('42') == 42 && int(1.9) == 1 && int(timestamp('1970-01-01T00:01:00Z')) == 60",
            "double('1.5') == 1.5 && double(2) == 2.0 && string(12) == '12' && string(true) == 'true'",
            "string(1.5) == '1.5' && string(timestamp(0)) == '1970-01-01T00:00:00Z'",
            "time.now > timestamp('2026-11-02T00:00:00Z') && time.now < timestamp('2026-11-03')",
            "time.now.getFullYear() == 2026 && time.now.getMonth() == 10 && time.now.getDate() == 2",
            "time.now.getDayOfMonth() == 1 && time.now.getDayOfWeek() == 1 && time.now.getDayOfYear() == 305",
            "time.now.getHours() == 14 && time.now.getMinutes() == 30 && time.now.getSeconds() == 5",
            "time.now.getMilliseconds() == 250",
            "has(metadata.tier) && !has(metadata.absent) && has(budget.used) && !has(request.max_output_tokens)",
            "has(key.metadata.env) && has(request.model) && has(metadata.owner.name)",
            "tags.all(t, t != '') && tags.exists(t, t == 'eu') && tags.exists_one(t, t.startsWith('n'))",
            "tags.filter(t, t == 'eu') == ['eu'] && tags.map(t, t.size()) == [2, 5]",
            "[1, 2].all(a, [3, 4].all(b, a < b)) && [[1]].all(a, a.exists(a, a == 1))",
            "headers.exists(name, name == 'user-agent') && metadata.owner.exists(k, k == 'name')",
            "[].all(x, x) && ![].exists(x, x)",
        ],
    );
    check(false, &["tags.exists_one(t, true)", "tags.all(t, t == 'eu')"]);
}

#[test]
fn errors_count_only_where_they_leave_the_result_open() {
    use ConditionFault as F;
    let fault = |text: &str| ask(text).map_err(|error| (error.reason, error.column));
    check(
        true,
        &[
            "metadata.absent == 1 || true",
            "!(metadata.absent == 1 && false)",
            "[0, 1].exists(x, 1 / x == 1)",
            "!has(metadata.absent) || metadata.absent.size() > 1",
        ],
    );
    check(false, &["false && 1 / 0 == 1", "[0, 1].all(x, 1 / x != 1)"]);
    assert_eq!(fault("metadata.absent == 1"), Err((F::Missing, 10)));
    assert_eq!(fault("true && (1 / 0 == 1 || false)"), Err((F::Arithmetic, 12)));
    assert_eq!(fault("(metadata.absent || true) && metadata.gone"), Err((F::Missing, 39)));
    assert_eq!(fault("headers['x-absent'] == ''"), Err((F::Missing, 8)));
    assert_eq!(fault("request.max_output_tokens > 5").unwrap_err().0, F::Missing);
    assert_eq!(fault("[1][1] == 1").unwrap_err().0, F::Missing);
    assert_eq!(fault("[1][-1] == 1").unwrap_err().0, F::Missing);
    assert_eq!(fault("metadata.tier").unwrap_err().0, F::WrongType);
    assert_eq!(fault("metadata.tier.absent == 1").unwrap_err().0, F::WrongType);
    assert_eq!(fault("metadata.tier < 1").unwrap_err().0, F::WrongType);
    assert_eq!(fault("9223372036854775807 + request.choices > 0").unwrap_err().0, F::Arithmetic);
    assert_eq!(fault("-9223372036854775808 / -1 > 0").unwrap_err().0, F::Arithmetic);
    assert_eq!(fault("int(1e300) > 0").unwrap_err().0, F::Arithmetic);
    assert_eq!(fault("int(team) > 0").unwrap_err().0, F::Conversion);
    let shown = ask("metadata.absent").unwrap_err().to_string();
    assert_eq!(shown, "a value that is not there (guard it with `has(...)`), at character 10");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases: &[(&str, u32, &str)] = &[
        ("", 1, "expected an expression, found the end"),
        ("request.modle == 'x'", 9, "`request` has no member `modle`; did you mean `model`?"),
        ("heders['a'] == ''", 1, "there is no variable `heders`; did you mean `headers`?"),
        ("has(key.nam)", 9, "`key` has no member `nam`; did you mean `name`?"),
        ("request == 1", 1, "`request` is no value itself; it has the members model, format"),
        ("team.startWith('x')", 6, "there is no function `startWith`; did you mean `startsWith`?"),
        ("contains('a', 'b')", 1, "`contains` is called on a value: value.contains(...)"),
        ("'1'.int() == 1", 5, "`int` is called alone: int(value)"),
        ("team.contains()", 6, "`contains` takes 1 arguments, and has 0"),
        ("size(1) == 1", 6, "`size` does not take an integer"),
        ("request.input_tokens", 9, "a condition is true or false, but this is an integer"),
        ("team", 1, "a condition is true or false, but this is a text"),
        ("team == 1", 6, "`==` cannot take a text and an integer"),
        ("1 + 1.0 == 2.0", 3, "convert one with `double(...)`"),
        ("request.choices && true", 9, "expected a boolean, but this is an integer"),
        ("headers['X-Tier'] == ''", 9, "names of headers are in lower case: \"x-tier\""),
        ("'X-Tier' in headers", 1, "names of headers are in lower case"),
        ("team.name == ''", 6, "a text has no members"),
        ("tags['a'] == ''", 6, "a text is no index here"),
        ("team[0] == ''", 6, "a text has no elements"),
        ("has(team)", 1, "`has` takes a member"),
        ("team.matches(user)", 6, "`matches` takes a pattern that is written out"),
        ("team.matches('(')", 14, "the pattern is wrong: unclosed group"),
        ("team.matches('(a{1000}){1000}')", 14, "the pattern is too large"),
        ("tags.all(t)", 6, "this macro takes a variable's name"),
        ("tags.exists(t, t == 1)", 18, "`==` cannot take a text and an integer"),
        ("timestamp('yesterday') < time.now", 1, "the timestamp is not as RFC 3339 has it"),
        ("team = 'x'", 6, "`=` stands alone; write `==`"),
        ("é", 1, "unexpected character 'é'"),
        ("'é' == #", 8, "unexpected character '#'"),
        ("'open", 1, "the text has no closing quote"),
        ("'\\q' == ''", 2, "there is no such escape"),
        ("'\\ud800' == ''", 2, "there is no such escape"),
        ("b'x' == ''", 1, "bytes are not supported"),
        ("1u == 1", 2, "unsigned numbers are not supported"),
        ("99999999999999999999 > 1", 1, "99999999999999999999 is no number that fits"),
        ("1e999 > 1.0", 1, "1e999 is no number that fits"),
        ("9223372036854775808 > 1", 1, "the number does not fit"),
        ("true true", 6, "unexpected `true`"),
        ("(true", 6, "expected `)`, found the end"),
        ("if == 1", 1, "`if` is a reserved word"),
        ("true ? 1 : 'a'", 6, ""),
        ("-team == ''", 1, "`-` takes a number, but this is a text"),
        ("{1.5: 1} == {}", 2, "a floating-point number is no key of a map"),
    ];
    for (text, column, wanted) in cases {
        match compile(text) {
            Ok(_) => assert!(wanted.is_empty(), "{text} is taken"),
            Err(error) => {
                assert!(error.message.contains(wanted) && !wanted.is_empty(), "{text}: {error}");
                assert_eq!(error.column, *column, "{text}: {error}");
            }
        }
    }
    assert_eq!(compile("team").unwrap_err().to_string().split(", at").nth(1), Some(" character 1"));
    assert_eq!(compile("team == ''").unwrap().source(), "team == ''");
}

#[test]
fn texts_within_the_limits_are_taken_and_others_refused() {
    let nested = |depth: usize| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    assert!(compile(&nested(MAX_NESTING)).is_ok());
    assert!(compile(&nested(MAX_NESTING + 1)).unwrap_err().message.contains("nested deeper"));
    let sum = |parts: usize| format!("{}1 > 0", "1+".repeat(parts));
    assert!(compile(&sum(MAX_HEIGHT - 3)).is_ok());
    assert!(compile(&sum(MAX_HEIGHT)).unwrap_err().message.contains("operations on one another"));
    let long = format!("{}true", "true||".repeat(300));
    assert!(compile(&long).is_ok(), "a chain is one level");
    let padded = |bytes: usize| format!("true{}", " ".repeat(bytes - 4));
    assert!(compile(&padded(MAX_SOURCE_BYTES)).is_ok());
    assert!(compile(&padded(MAX_SOURCE_BYTES + 1)).unwrap_err().message.contains("longer than"));
    let patterns = |count: usize| vec!["team.matches('a')"; count].join(" && ");
    assert!(compile(&patterns(8)).is_ok());
    assert!(compile(&patterns(9)).is_err());
}

#[test]
fn the_highest_trees_need_little_stack() {
    let inside = || {
        for (open, close) in [("(", ")"), ("[", "]"), ("!", ""), ("true ? true : ", ""), ("{1: ", "}")] {
            // Two levels are around it.
            let (opened, closed) = (open.repeat(MAX_NESTING - 2), close.repeat(MAX_NESTING - 2));
            let text = format!("size([{opened}true{closed}]) == 1");
            assert_eq!(compile(&text).unwrap().holds(&Subject::default()), Ok(true), "{text}");
        }
        let mut sum = "1".to_owned();
        while compile(&format!("{sum}+1 > 0")).is_ok() {
            sum.push_str("+1");
        }
        assert_eq!(compile(&format!("{sum} > 0")).unwrap().holds(&Subject::default()), Ok(true));
    };
    // Threads have 2 MiB and more.
    std::thread::Builder::new().stack_size(1 << 20).spawn(inside).unwrap().join().unwrap();
}

#[test]
fn an_evaluation_ends() {
    let list = "[1,2,3,4,5,6,7,8,9,10]";
    let mut loops = "true".to_owned();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        loops = format!("{list}.all({name}, {loops})");
    }
    let mut doubled = "'0123456789abcdef'".to_owned();
    for _ in 0..6 {
        doubled = format!("[{doubled}].map(s, s + s + s + s)[0]");
    }
    let many = format!("{list}.map(a, {list}.map(b, {list}.map(c, {list}))).size() > 0");
    for text in [loops, format!("{doubled}.size() > 0"), many] {
        assert_eq!(ask(&text).map_err(|error| error.reason), Err(ConditionFault::TooMuch), "{text}");
    }
    // What a caller sends may be nested deeply.
    let mut deep = json!(1);
    for _ in 0..500 {
        deep = Value::Array(vec![deep]);
    }
    let metadata = Map::from_iter([("a".to_owned(), deep)]);
    let subject = Subject { metadata: Some(&metadata), ..Subject::default() };
    let compared = compile("metadata.a == metadata.a").unwrap().holds(&subject);
    assert_eq!(compared.map_err(|error| error.reason), Err(ConditionFault::TooMuch));
    // Long texts of a caller count, too.
    let long = "a".repeat(1 << 20);
    let subject = Subject { session: &long, ..Subject::default() };
    let on_long = |text: &str| compile(text).unwrap().holds(&subject).map_err(|error| error.reason);
    assert_eq!(on_long("session.contains('b')"), Err(ConditionFault::TooMuch));
    assert_eq!(on_long("session.matches('(a+)+$')"), Err(ConditionFault::TooMuch));
    assert_eq!(on_long("session.lowerAscii() == ''"), Err(ConditionFault::TooMuch));
    assert_eq!(on_long("session == ''"), Ok(false));
}

#[test]
fn the_reference_names_everything() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy.md");
    let text = std::fs::read_to_string(path).unwrap();
    for name in variables::names() {
        assert!(text.contains(&format!("`{name}`")), "docs/policy.md does not have the variable {name}");
    }
    for name in functions::names(Form::Method).chain(functions::names(Form::Alone)) {
        assert!(text.contains(&format!("{name}(")), "docs/policy.md does not have the function {name}");
    }
}

#[test]
fn a_condition_says_what_must_be_found_for_it() {
    let reads = |text: &str| compile(text).expect(text).reads();
    assert_eq!(reads("request.input_tokens > 5 && time.hour < 7"), Reads::default());
    assert_eq!(reads("'x' in headers"), Reads { headers: true, ..Reads::default() });
    assert_eq!(reads("has(metadata.a)"), Reads { metadata: true, ..Reads::default() });
    assert_eq!(reads("tags.exists(t, t == 'a')"), Reads { tags: true, ..Reads::default() });
    assert_eq!(reads("!request.has_images"), Reads { content: true, ..Reads::default() });
    let both = Reads { budget: true, headers: true, ..Reads::default() };
    assert_eq!(reads("has(budget.used) ? headers['x'] == 'y' : true"), both);
}

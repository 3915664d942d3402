//! Tests of [`super`].
use super::amount::{Form, count, dollars};
use super::*;
use gw_model::NanoUsd;

#[test]
fn amounts_are_read_as_invoices_write_them() {
    let read = [
        ("12.5", Some(12_500_000_000)),
        ("$1,234.50", Some(1_234_500_000_000)),
        ("-0.25", Some(-250_000_000)),
        ("(3.10)", Some(-3_100_000_000)),
        ("0.0000000019", Some(1)),
        ("0.123456789", Some(123_456_789)),
        ("5", Some(5_000_000_000)),
        ("1e-3", Some(1_000_000)),
        ("", None),
        ("much", None),
        ("1.2.3", None),
        ("1,5", None),
        ("1,23", None),
        ("12,34,567", None),
        ("1234,567", None),
        ("0,123", None),
        (",123", None),
        ("1.234,56", None),
        ("1,234,567.89", Some(1_234_567_890_000_000)),
        ("1,234e2", Some(123_400_000_000_000)),
        (".5", Some(500_000_000)),
        ("5.", Some(5_000_000_000)),
        (".", None),
    ];
    for (text, amount) in read {
        assert_eq!(dollars(text, Form::Point), amount, "{text}");
        let swapped: String = text
            .chars()
            .map(|c| match c {
                '.' => ',',
                ',' => '.',
                c => c,
            })
            .collect();
        assert_eq!(dollars(&swapped, Form::Comma), amount, "{swapped}");
    }
    for (text, amount) in
        [("1,234", Some(1234)), ("1,2", None), ("7.0", Some(7)), ("7.5", None), ("-3", Some(-3)), ("x", None)]
    {
        assert_eq!(count(text, Form::Point), amount, "{text}");
    }
    for (text, of) in [("1", Some(10)), ("0.05", Some(0)), ("100", Some(1000)), ("100.1", None), ("-1", None)]
    {
        assert_eq!(Percent::parse(text).map(|percent| percent.of(1000)), of, "{text}");
    }
}

#[test]
fn an_invoice_is_summed_up_by_day_and_model() {
    let text = "\u{feff}Date;Model name;in;USD\r\n2026-11-01;\"gpt; \"\"x\"\"\";1,000;$1.50\n2026-11-01T08:00:00Z;\"gpt; \"\"x\"\"\";5;0.5\n\n\
                1793491200;b;7;\nTotal;;1012;2\n2026-11-02;b;many;1\n";
    let columns = Columns {
        day: Some("date".to_owned()),
        model: Some("Model name".to_owned()),
        amounts: [(Kind::Input, "in".to_owned()), (Kind::Cost, "usd".to_owned())].into(),
        models: [("b".to_owned(), "beta".to_owned())].into(),
        ..Columns::default()
    };
    let invoice = Invoice::read(text, &columns).unwrap();
    let lines: Vec<_> = invoice.lines.iter().collect();
    assert_eq!(lines[1].0.1, "gpt; \"x\"");
    assert_eq!(lines[1].1, &Amounts::from([(Kind::Input, 1005), (Kind::Cost, 2_000_000_000)]));
    assert_eq!(lines[0].0.1, "beta");
    assert_eq!((invoice.read, invoice.unread), (3, 2));
    assert_eq!(invoice.told, [(6, "'Total' is no day".to_owned()), (7, "'many' is no amount".to_owned())]);
    assert_eq!(invoice.span(), (20_758 * 86_400_000_000, 20_759 * 86_400_000_000));
}

/// What an invoice of amounts comes to in nano-dollars, and what of it cannot be read.
fn costs(text: &str, form: Option<Form>) -> (Vec<Amount>, Vec<(usize, String)>) {
    let invoice = Invoice::read(text, &Columns { form, ..Columns::default() }).unwrap();
    (invoice.lines.values().map(|amounts| amounts[&Kind::Cost]).collect(), invoice.told)
}

const DOLLAR: Amount = 1_000_000_000;

#[test]
fn commas_are_decimals_only_where_they_can_be_nothing_else() {
    let half = 3 * DOLLAR / 2;
    assert_eq!(costs("day;cost_usd\n2026-11-20;1,5\n", None), (vec![half], vec![]));
    let quoted = "\"note, and more\";day;\"cost_usd\";\"a, b, c\"\n;2026-11-20;1,5;\n";
    assert_eq!(costs(quoted, None), (vec![half], vec![]));
    assert_eq!(costs("day\tcost_usd\n2026-11-20\t1.234,56\n", None), (vec![1_234_560_000_000], vec![]));
    // What can be read in two ways is settled by the others, or by whoever asks.
    let more = "day;cost_usd\n2026-11-20;1,234\n2026-11-21;";
    assert_eq!(costs(&format!("{more}0,5\n"), None), (vec![1_234_000_000, DOLLAR / 2], vec![]));
    assert_eq!(costs(&format!("{more}0.5\n"), None), (vec![1_234 * DOLLAR, DOLLAR / 2], vec![]));
    assert_eq!(costs(&format!("{more}7\n"), Some(Form::Comma)).0, [1_234_000_000, 7 * DOLLAR]);
    assert_eq!(costs(&format!("{more}7\n"), Some(Form::Point)).0, [1_234 * DOLLAR, 7 * DOLLAR]);
    let (read, told) = costs(&format!("{more}7\n"), None);
    assert_eq!((read, told[0].0), (vec![7 * DOLLAR], 2));
    assert!(told[0].1.contains("say 'decimal'"), "{told:?}");
    // Where both are written, each is what it must be, and what may be either is not counted.
    let (read, told) = costs(&format!("{more}0,5\n2026-11-22;0.25\n"), None);
    assert_eq!((read, told.len()), (vec![DOLLAR / 2, DOLLAR / 4], 1));
    // Counts are whole, which settles it.
    let (read, _) = costs("day;input_tokens;cost_usd\n2026-11-20;1,234;2,500\n", None);
    assert_eq!(read, [2_500 * DOLLAR]);
    // Where commas separate cells, they are no decimals, and never passed over.
    let (read, told) = costs(
        "day,cost_usd\n2026-11-20,\"1,234\"\n2026-11-21,\"1,5\"\n2026-11-22,\"1.234,56\"\n2026-11-23,1,5\n",
        None,
    );
    assert_eq!(read, [1_234 * DOLLAR]);
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5]);
    assert!(told[2].1.contains("more cells"), "{told:?}");
}

#[test]
fn times_count_for_the_day_that_utc_has_then() {
    let day = |text: &str| {
        let invoice = Invoice::read(&format!("day;cost_usd\n2026-11-01;1\n{text};1\n"), &Columns::default());
        invoice.unwrap().lines.keys().map(|(day, _)| day - 20_758).collect::<Vec<_>>()
    };
    for text in [
        "2026-11-02",
        "2026-11-01T23:30:00-05:00",
        "2026-11-03T00:30:00+01:00",
        "2026-11-02 08:00:00",
        "2026-11-02T08:00:00.5",
        "2026-11-02 08:00:00 UTC",
        "2026-11-02 08:00Z",
    ] {
        assert_eq!(day(text), [0, 1], "{text}");
    }
    for text in [
        "2026-11-02 to 2026-11-03",
        "2026-11-31",
        "2026-11-02T25:00:00",
        "02.11.2026",
        "\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}",
    ] {
        assert_eq!(day(text), [0], "{text}");
    }
}

#[test]
fn two_columns_of_one_meaning_are_refused() {
    let read = |text: &str| Invoice::read(text, &Columns::default()).map_err(|error| error.to_string());
    for head in ["day,cost_usd,Cost_USD", "day,day,cost_usd", "day,model, Model ,cost_usd"] {
        let error = read(&format!("{head}\n2026-11-01,1,1,1\n")).unwrap_err();
        assert!(error.contains("two columns"), "{error}");
    }
    // What is not read may stand there twice.
    assert!(read("day,cost_usd,note,note\n2026-11-01,1,,\n").is_ok());
    let columns = Columns { amounts: [(Kind::Cost, "usd".to_owned())].into(), ..Columns::default() };
    assert!(Invoice::read("day,cost_usd,cost_usd,usd\n2026-11-01,1,1,1\n", &columns).is_ok());
}

#[test]
fn what_is_no_invoice_says_why() {
    let read = |text: &str| Invoice::read(text, &Columns::default()).unwrap_err().to_string();
    assert!(read("").contains("no lines"));
    assert!(read("date,cost_usd\n2026-11-01,1").contains("no column 'day'"));
    assert!(read("day,model\n2026-11-01,x").contains("no column of amounts"));
    assert!(read("day,cost_usd\nTotal,1").contains("line 2: 'Total' is no day"));
    assert!(read("day,cost_usd\n\"2026-11-01,1").contains("not closed"));
}

fn usage(day: i64, model: &str, input: u64, cost: u64) -> UpstreamUsage {
    UpstreamUsage {
        day,
        model: model.to_owned(),
        attempts: 1,
        input_tokens: input,
        cost: NanoUsd(cost),
        ..UpstreamUsage::default()
    }
}

#[test]
fn both_sides_are_compared_within_a_tolerance() {
    let text =
        "day,model,input_tokens,cost_usd\n2026-11-01,a,1000,1\n2026-11-01,b,10,5\n2026-11-02,a,100,1\n";
    let invoice = Invoice::read(text, &Columns::default()).unwrap();
    let day = 20_758;
    let metered = [
        usage(day, "a", 1_009, 1_000_000_000),
        usage(day, "c", 4, 2_000_000_000),
        usage(day + 1, "a", 100, 1_010_000_000),
    ];
    let verdicts = |tolerance| {
        let lines = compare(&invoice, &metered, tolerance);
        lines.iter().map(|line| (line.line.1.clone(), line.verdict.as_str())).collect::<Vec<_>>()
    };
    let named = |all: [(&str, &'static str); 4]| all.map(|(model, verdict)| (model.to_owned(), verdict));
    let exact = [("a", "differs"), ("b", "only_invoice"), ("c", "only_gateway"), ("a", "differs")];
    assert_eq!(verdicts(Tolerance::default()), named(exact));
    let tolerance = Tolerance { percent: Percent::parse("1").unwrap(), cost: 0 };
    let near = [("a", "agrees"), ("b", "only_invoice"), ("c", "only_gateway"), ("a", "agrees")];
    assert_eq!(verdicts(tolerance), named(near));
    let whole = total(&invoice, &compare(&invoice, &metered, tolerance), tolerance);
    assert_eq!(whole.amounts, [(Kind::Input, 1_110, 1_113), (Kind::Cost, 7_000_000_000, 4_010_000_000)]);
    assert_eq!(whole.verdict, Verdict::Differs);
    // Without models, days are compared.
    let days = Invoice::read("day,cost_usd\n2026-11-01,3\n2026-11-02,1.01\n", &Columns::default()).unwrap();
    assert!(
        compare(&days, &metered, Tolerance::default()).iter().all(|line| line.verdict == Verdict::Agrees)
    );
}

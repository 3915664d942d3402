//! Tests of [`super`].
use super::amount::{count, dollars};
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
    ];
    for (text, amount) in read {
        assert_eq!(dollars(text), amount, "{text}");
    }
    for (text, amount) in
        [("1,234", Some(1234)), ("7.0", Some(7)), ("7.5", None), ("-3", Some(-3)), ("x", None)]
    {
        assert_eq!(count(text), amount, "{text}");
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

//! What Parquet has beside what the list of records has.

use super::{COLUMNS, Cell, cells, json};
use gw_model::{
    AccountId, Level, NanoUsd, Outcome, RecordDetails, RequestId, UsageSource, Verdict, WireFormat,
};
use gw_store::types::LogRow;
use serde_json::{Value, json as value};

fn row() -> LogRow {
    let verdict = |side: &str| Verdict {
        guardrail: "birds".to_owned(),
        action: "flag".to_owned(),
        kind: "keyword".to_owned(),
        side: side.to_owned(),
    };
    let id = |level| AccountId { level, number: 7 };
    LogRow {
        request_id: RequestId(1),
        time: 0,
        key_id: None,
        team_id: None,
        format: WireFormat::OpenAiChat.as_str().to_owned(),
        model: "chat".to_owned(),
        provider: Some("up".to_owned()),
        upstream_model: None,
        stream: true,
        outcome: Outcome::Success,
        status: 200,
        error_code: None,
        error_detail: None,
        attempts: 1,
        cache: None,
        customer: None,
        input_tokens: 100,
        output_tokens: 10,
        cached_tokens: 0,
        cache_write_tokens: 0,
        reasoning_tokens: 0,
        usage_source: UsageSource::Upstream,
        cost: NanoUsd(1),
        first_byte_us: Some(1_000),
        total_us: 301_000,
        tries: Some("[{\"media\":{\"images\":2}},{\"media\":{\"images\":1}}]".to_owned()),
        parent_id: None,
        role: None,
        accounts: vec![id(Level::Team), id(Level::Tag)],
        user_agent: None,
        session: None,
        tags: vec!["a".to_owned()],
        verdicts: vec![verdict("request"), verdict("response")],
        saved: NanoUsd(0),
        bodies: None,
        unread: None,
        details: RecordDetails {
            metadata: Some("{\"a\":1}".to_owned()),
            client_ip: "192.0.2.7".parse().ok(),
            dropped: vec!["top_k".to_owned()],
            waited_us: 1_500,
            connect_us: Some(2_250),
            ..RecordDetails::default()
        },
    }
}

fn cell(row: &LogRow, name: &str) -> Cell {
    let at = COLUMNS.iter().position(|(column, ..)| *column == name).unwrap();
    cells(row, None).swap_remove(at)
}

fn text(row: &LogRow, name: &str) -> Option<String> {
    match cell(row, name) {
        Cell::Text(text) => Some(text),
        Cell::None => None,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn columns_are_what_the_list_has() {
    let row = row();
    let listed = json(&row, None);
    for name in ["endpoint", "client_ip"] {
        assert_eq!(text(&row, name).as_deref(), listed[name].as_str(), "{name}");
    }
    for name in [
        "guardrails",
        "tag_ids",
        "dropped_parameters",
        "media",
        "tags",
        "metadata",
        "tries",
        "parameters",
        "route",
    ] {
        let read: Value = serde_json::from_str(&text(&row, name).unwrap()).unwrap();
        assert_eq!(read, listed[name], "{name}");
        assert!(!read.is_null(), "{name}");
    }
    assert_eq!(listed["media"], value!({"images": 3}));
    for (name, as_listed, us) in [("queue_us", "queue_ms", 1_500), ("connect_us", "connect_ms", 2_250)] {
        assert!(matches!(cell(&row, name), Cell::Number(number) if number == us), "{name}");
        assert_eq!(listed[as_listed], value!(f64::from(i32::try_from(us).unwrap()) / 1_000.0));
    }
    // 10 tokens in 0.3 s, rounded to a tenth.
    assert!(matches!(cell(&row, "tokens_per_second"), Cell::Number(33_300_000_000)));
    assert_eq!(listed["tokens_per_second"], 33.3);
    let quick = LogRow { total_us: 1_001, output_tokens: 1_000_000, ..row.clone() };
    assert!(matches!(cell(&quick, "tokens_per_second"), Cell::None), "more than the column holds");
    let whole = LogRow { stream: false, tries: None, ..row };
    assert!(matches!(cell(&whole, "tokens_per_second"), Cell::None));
    assert_eq!(text(&whole, "media"), None);
}

#[test]
fn what_was_kept_and_is_no_json_is_a_text_of_it() {
    let mut row = row();
    row.details.metadata = Some("{not json".to_owned());
    assert_eq!(text(&row, "metadata").as_deref(), Some("\"{not json\""));
    row.details.metadata = None;
    assert_eq!(text(&row, "metadata"), None);
}

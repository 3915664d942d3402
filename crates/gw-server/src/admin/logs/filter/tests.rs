//! Tests of [`super`].
use super::*;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use http::Uri;

fn parse(query: &str) -> Result<LogsQuery, QueryRejection> {
    let uri: Uri = format!("/?{query}").parse().unwrap();
    Query::try_from_uri(&uri).map(|Query(query)| query)
}

fn read(query: &str) -> Result<LogFilter, ApiError> {
    parse(query).unwrap().filter()
}

#[test]
fn every_parameter_of_the_document_is_read() {
    for name in PARAMETERS {
        let query = format!("{name}=no-such-value");
        let taken = match parse(&query) {
            Err(_) => true,
            Ok(query) => match query.filter() {
                Err(_) => true,
                Ok(_) if *name == "text" => true,
                Ok(filter) => format!("{filter:?}").contains("no-such-value"),
            },
        };
        assert!(taken, "{name} is not looked at");
    }
}

#[test]
fn ranges_are_read_exactly() {
    let span = |from, to| Span { from, to };
    assert_eq!(read("status=404").unwrap().status, span(Some(404), Some(404)));
    assert_eq!(read("status=5xx").unwrap().status, span(Some(500), Some(599)));
    assert_eq!(read("status=400-403").unwrap().status, span(Some(400), Some(403)));
    assert_eq!(read("min_cost_usd=0.000000001").unwrap().cost, span(Some(1), None));
    assert_eq!(read("max_total_ms=1.5&min_total_ms=0.0019").unwrap().total_us, span(Some(1), Some(1500)));
    assert_eq!(read("guardrail=pii=block").unwrap().guardrail_action.as_deref(), Some("block"));
    assert_eq!(read("endpoint=audio").unwrap().formats.len(), 3);
    for wrong in [
        "status=abc",
        "status=500-400",
        "status=10xx",
        "min_cost_usd=-1",
        "max_total_ms=1e3",
        "max_total_ms=.",
        "stream=1",
        "format=nonsense",
        "endpoint=nonsense",
        "min_tokens=1.5",
        "limit=0",
        "limit=1001",
        "include=all",
        "tag_id=team_00000000000000000000000000000001",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

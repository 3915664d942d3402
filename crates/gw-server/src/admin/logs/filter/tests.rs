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
    assert_eq!(read("min_queue_ms=1.5").unwrap().waited_us, span(Some(1500), None));
    assert_eq!(
        read("max_tokens_per_second=12.59").unwrap().tenths_of_tokens_per_second,
        span(None, Some(125))
    );
    let metadata = read("metadata=job%3Da%3Db").unwrap().metadata.unwrap();
    assert_eq!((metadata.name.as_str(), metadata.value.as_deref()), ("job", Some("a=b")));
    assert_eq!(read("client_ip=2001:db8::/32").unwrap().client.unwrap().bits, 32);
    assert_eq!(read("client_ip=203.0.113.7").unwrap().client.unwrap().bits, 32);
    for wrong in [
        "status=abc",
        "metadata=%3Da",
        "client_ip=203.0.113.0/33",
        "client_ip=somewhere",
        "media=words",
        "role=child",
        "usage_source=guess",
        "guardrail_side=left",
        "min_tokens_per_second=fast",
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

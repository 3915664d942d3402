//! Frames, and what trailers mean.

use super::*;
use gw_telemetry::proto::collector::{Detail, Pause, RetryInfo};

fn map(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
}

fn in_trailers(pairs: &[(&'static str, &str)]) -> Result<(), Fault> {
    outcome(&HeaderMap::new(), Some(&map(pairs)))
}

#[test]
fn frames_go_both_ways() {
    let frame = framed(b"abc", false);
    assert_eq!(&frame[..], b"\0\0\0\0\x03abc");
    assert_eq!(unframed(&frame), b"abc");
    assert_eq!(framed(b"", true)[0], 1);
    assert_eq!(unframed(b"\x01\0\0\0\0xyz"), b"");
    assert_eq!(unframed(b"ab"), b"");
}

#[test]
fn codes_decide_about_another_try() {
    assert!(in_trailers(&[("grpc-status", "0")]).is_ok());
    // Where there is no message, the headers say it.
    assert!(outcome(&map(&[("grpc-status", "0")]), None).is_ok());
    let again = |code: &str| in_trailers(&[("grpc-status", code)]).unwrap_err().is_worth_another;
    assert!(["1", "4", "10", "11", "14", "15"].into_iter().all(again));
    assert!(!["2", "3", "5", "7", "8", "12", "13", "16"].into_iter().any(again));
    assert!(again("nonsense"));
    assert!(outcome(&HeaderMap::new(), None).unwrap_err().is_worth_another);
}

#[test]
fn who_is_busy_says_when_to_come_again() {
    let info = RetryInfo { retry_delay: Some(Pause { seconds: 2, nanos: 500_000_000 }) };
    let value = info.encode_to_vec();
    let detail = Detail { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value };
    let status = RpcStatus { code: 8, message: "busy".to_owned(), details: vec![detail] };
    let encoded = STANDARD_NO_PAD.encode(status.encode_to_vec());
    let fault = in_trailers(&[("grpc-status", "8"), ("grpc-status-details-bin", &encoded)]).unwrap_err();
    assert_eq!((fault.is_worth_another, fault.after_ms), (true, Some(2_500)));
    let garbage = [("grpc-status", "8"), ("grpc-status-details-bin", "%%%")];
    assert!(!in_trailers(&garbage).unwrap_err().is_worth_another);
}

//! What is counted of which request, within which bounds.

use super::*;
use crate::spans::tests::{ended, failed, streamed};

fn find<'a>(metrics: &'a [Metric], name: &str) -> Option<&'a [HistogramDataPoint]> {
    let metric = metrics.iter().find(|metric| metric.name == name)?;
    match &metric.data {
        Some(Data::Histogram(histogram)) => Some(&histogram.data_points),
        _ => None,
    }
}

#[test]
fn a_request_counts_once_and_each_try_for_itself() {
    let mut book = Book::new(5);
    book.add(&ended(), &Places::default(), 100);
    book.add(&failed(), &Places::default(), 100);
    let metrics = book.metrics(9);
    let requests: u64 = find(&metrics, metric::SERVER_DURATION).unwrap().iter().map(|p| p.count).sum();
    let tries: u64 = find(&metrics, metric::CLIENT_DURATION).unwrap().iter().map(|p| p.count).sum();
    assert_eq!((requests, tries), (2, 3));
    let tokens = find(&metrics, metric::CLIENT_TOKENS).unwrap();
    assert!(tokens.iter().all(|p| p.attributes.iter().any(|a| a.key == names::TOKEN_TYPE)));
    // No stream: no first token.
    assert!(find(&metrics, metric::SERVER_FIRST_TOKEN).is_none());
    for point in metrics.iter().filter_map(|m| find(&metrics, &m.name)).flatten() {
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
        assert_eq!((point.start_time_unix_nano, point.time_unix_nano), (5, 9));
    }
}

#[test]
fn streams_have_times_of_their_own() {
    let mut book = Book::new(0);
    book.add(&streamed(), &Places::default(), 100);
    let metrics = book.metrics(1);
    // 100 ms to the first byte of 500 ms, and 11 tokens.
    let first = find(&metrics, metric::SERVER_FIRST_TOKEN).unwrap();
    assert!((first[0].sum.unwrap() - 0.1).abs() < 1e-9);
    let each = find(&metrics, metric::SERVER_PER_TOKEN).unwrap();
    assert!((each[0].sum.unwrap() - 0.04).abs() < 1e-9);
    // The try began 40 ms after the request.
    let chunk = find(&metrics, metric::CLIENT_FIRST_CHUNK).unwrap();
    assert!((chunk[0].sum.unwrap() - 0.06).abs() < 1e-9);
}

#[test]
fn what_there_is_no_room_for_is_counted_together() {
    let mut book = Book::new(0);
    for at in 0..10 {
        let mut request = ended();
        request.record.attempts[0].upstream_model = format!("model-{at}");
        book.add(&request, &Places::default(), 4);
    }
    let metrics = book.metrics(1);
    let points = find(&metrics, metric::CLIENT_DURATION).unwrap();
    assert_eq!(points.len(), 5);
    let overflow = points.iter().find(|p| p.attributes.iter().any(|a| a.key == names::OVERFLOW)).unwrap();
    assert_eq!(overflow.count, 6);
    assert_eq!(points.iter().map(|p| p.count).sum::<u64>(), 10);
}

#[test]
fn sub_calls_are_no_requests() {
    let mut sub = ended();
    sub.record.parent =
        Some(gw_model::Parent { request: sub.record.id, role: gw_model::SubCallRole::Mirror });
    let mut book = Book::new(0);
    book.add(&sub, &Places::default(), 10);
    let metrics = book.metrics(1);
    assert!(find(&metrics, metric::SERVER_DURATION).is_none());
    assert!(find(&metrics, metric::CLIENT_DURATION).is_some());
}

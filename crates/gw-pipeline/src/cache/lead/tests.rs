//! Who reads slowly does not hold up the others for ever.

use super::super::flight::{Bounds, Flight};
use super::pump;
use bytes::Bytes;
use gw_upstream::{BodyError, Pieces, UpstreamBody};
use prometheus_client::metrics::gauge::Gauge;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

/// So many pieces of eight bytes.
struct Eights(usize);

impl Pieces for Eights {
    fn poll_piece(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        self.0 = match self.0.checked_sub(1) {
            None => return Poll::Ready(None),
            Some(left) => left,
        };
        Poll::Ready(Some(Ok(Bytes::from_static(b"12345678"))))
    }
}

#[test]
fn a_reader_that_stands_still_is_left_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let flight = Flight::new(Bounds { bytes: 20, patience: Duration::from_millis(20) }, Gauge::default());
        let (mut first, mut slow) = (flight.board_first().unwrap(), flight.board().unwrap());
        super::spawn(pump(flight, UpstreamBody::relayed(Box::new(Eights(50)))));
        let mut bytes = 0;
        while let Some(piece) = poll_fn(|cx| first.poll_piece(cx)).await {
            bytes += piece.unwrap().len();
        }
        assert_eq!(bytes, 400);
        let told = poll_fn(|cx| slow.poll_piece(cx)).await;
        assert!(matches!(told, Some(Err(BodyError::Cut(None)))));
    });
}

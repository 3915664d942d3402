//! Everybody gets all of it, in order, whenever they came and however slow they are; and what is held is bounded.

use super::{Bounds, End, Fate, Flight, Passenger};
use bytes::Bytes;
use gw_upstream::{BodyError, Pieces};
use prometheus_client::metrics::gauge::Gauge;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

fn flight(bytes: usize) -> Arc<Flight> {
    Flight::new(Bounds { bytes, patience: Duration::from_millis(1) }, Gauge::default())
}

/// All that is there; the flag says that nothing more will come.
fn take(passenger: &mut Passenger) -> (Vec<u8>, bool) {
    let mut cx = Context::from_waker(Waker::noop());
    let mut out = Vec::new();
    loop {
        match passenger.poll_piece(&mut cx) {
            Poll::Pending => return (out, false),
            Poll::Ready(None | Some(Err(_))) => return (out, true),
            Poll::Ready(Some(Ok(piece))) => out.extend_from_slice(&piece),
        }
    }
}

fn room(flight: &Flight) -> Poll<bool> {
    flight.poll_room(&Context::from_waker(Waker::noop()))
}

#[test]
fn who_comes_late_gets_all() {
    let flight = flight(1000);
    let mut first = flight.board().unwrap();
    flight.push(Bytes::from_static(b"one "));
    assert_eq!(take(&mut first), (b"one ".to_vec(), false));
    flight.push(Bytes::from_static(b"two "));
    let mut second = flight.board().unwrap();
    flight.push(Bytes::from_static(b"three"));
    flight.close(End::Complete);
    assert_eq!(take(&mut second), (b"one two three".to_vec(), true));
    assert_eq!(take(&mut first), (b"two three".to_vec(), true));
    assert_eq!(flight.body().unwrap(), &b"one two three"[..]);
    assert_eq!(flight.passengers(), 2);
    drop((first, second));
    assert_eq!(flight.passengers(), 0);
    assert_eq!(room(&flight), Poll::Ready(false), "there is nobody to fetch it for");
}

#[test]
fn what_outgrows_the_bound_waits_for_the_slowest() {
    let flight = flight(10);
    let (mut quick, mut slow) = (flight.board().unwrap(), flight.board().unwrap());
    flight.push(Bytes::from_static(b"12345678"));
    assert_eq!(room(&flight), Poll::Ready(true));
    flight.push(Bytes::from_static(b"9abcdef"));
    assert_eq!(take(&mut quick), (b"123456789abcdef".to_vec(), false));
    assert_eq!(room(&flight), Poll::Pending, "one has nothing of it yet");
    assert!(flight.board().is_none() && flight.body().is_none());
    assert_eq!(take(&mut slow), (b"123456789abcdef".to_vec(), false));
    assert_eq!(room(&flight), Poll::Ready(true));
    flight.push(Bytes::from_static(b"g"));
    assert!(flight.board().is_none() && flight.body().is_none(), "its beginning is gone");
    assert_eq!(take(&mut slow), (b"g".to_vec(), false));
    // One who leaves holds nobody up.
    flight.push(Bytes::from_static(b"hijklmnopqrst"));
    assert_eq!(room(&flight), Poll::Pending);
    assert_eq!(take(&mut quick), (b"ghijklmnopqrst".to_vec(), false));
    drop(slow);
    assert_eq!(room(&flight), Poll::Ready(true));
}

#[test]
fn who_holds_others_up_is_left_behind_unless_it_is_the_first() {
    let flight = flight(10);
    let mut first = flight.board_first().unwrap();
    let (mut quick, mut slow) = (flight.board().unwrap(), flight.board().unwrap());
    flight.push(Bytes::from_static(b"123456789abc"));
    assert!(!flight.is_held_up(), "nobody has read anything");
    take(&mut quick);
    assert_eq!((room(&flight), flight.is_held_up(), flight.is_calm()), (Poll::Pending, true, false));
    assert!(flight.leave_behind());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(slow.poll_piece(&mut cx), Poll::Ready(Some(Err(BodyError::Cut(None))))));
    assert!(matches!(slow.poll_piece(&mut cx), Poll::Ready(None)));
    assert_eq!(room(&flight), Poll::Pending, "the first is waited for");
    assert!(!flight.leave_behind());
    assert_eq!(take(&mut first), (b"123456789abc".to_vec(), false));
    assert_eq!((room(&flight), flight.is_calm()), (Poll::Ready(true), true));
    // Who is only a little behind holds nobody up.
    flight.push(Bytes::from_static(b"defg"));
    take(&mut quick);
    assert!(!flight.leave_behind());
    assert_eq!(take(&mut first), (b"defg".to_vec(), false));
}

#[test]
fn ends_are_told_behind_what_came() {
    for (end, is_silent) in [(End::Silent, true), (End::Cut, false)] {
        let flight = flight(1000);
        let mut passenger = flight.board().unwrap();
        flight.push(Bytes::from_static(b"half"));
        flight.close(end);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(passenger.poll_piece(&mut cx), Poll::Ready(Some(Ok(piece))) if piece == "half"));
        let Poll::Ready(Some(Err(error))) = passenger.poll_piece(&mut cx) else { panic!("an error") };
        assert_eq!(matches!(error, BodyError::IdleTimeout), is_silent);
        assert!(matches!(passenger.poll_piece(&mut cx), Poll::Ready(None)));
    }
    let flight = flight(1000);
    flight.fall(Fate::Abandoned);
    assert!(flight.board().is_none(), "nobody joins what will not come");
}

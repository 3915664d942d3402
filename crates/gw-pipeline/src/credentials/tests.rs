//! Tests of [`super`]: which credential comes first, and what a cell holds through failures.

use super::*;
use crate::route::tests::provider;
use gw_model::Secret;
use gw_model::credential::{Credential, CredentialValue};

fn key(text: &str) -> CredentialValue {
    CredentialValue::Key(Secret::new(text.to_owned()))
}

fn with(list: Vec<(&str, u32, CredentialSource)>) -> (Credentials, Room) {
    let mut p = Provider::clone(&provider("p"));
    p.auth = gw_model::catalog::AuthScheme::Bearer;
    let list =
        list.into_iter().map(|(name, weight, source)| Credential { name: name.into(), weight, source });
    p.credentials = list.collect();
    let room = Room::default();
    (Credentials::new(&Arc::new(p), &room).unwrap(), room)
}

fn fixed(text: &str) -> CredentialSource {
    CredentialSource::Fixed(key(text))
}

fn order(credentials: &Credentials, named: Option<&str>, now: Micros, seed: u64) -> Vec<usize> {
    let mut hand = credentials.deal(named, now, || seed).unwrap();
    let mut order: Vec<usize> = hand.current().into_iter().collect();
    while hand.advance() {
        order.extend(hand.current());
    }
    hand.restart();
    assert_eq!(hand.current(), order.first().copied());
    order
}

#[test]
fn each_is_dealt_once_by_weight_and_those_that_rest_come_last() {
    let (credentials, _room) = with(vec![("a", 3, fixed("1")), ("b", 1, fixed("2")), ("c", 0, fixed("3"))]);
    let mut firsts = [0; 3];
    for seed in 0..400 {
        let mut dealt = order(&credentials, None, 100, seed);
        firsts[dealt[0]] += 1;
        assert_eq!(dealt[2], 2, "the one without weight comes last");
        dealt.sort_unstable();
        assert_eq!(dealt, [0, 1, 2]);
    }
    assert!((250..350).contains(&firsts[0]), "{firsts:?}");
    credentials.rest(0, 200, true);
    for seed in 0..50 {
        assert_eq!(order(&credentials, None, 100, seed), [1, 2, 0]);
    }
    assert!((0..50).any(|seed| order(&credentials, None, 200, seed)[0] == 0), "its rest is over");
    assert_eq!(order(&credentials, Some("c"), 100, 1), [2]);
    let refusal = credentials.deal(Some("z"), 100, || 1).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::NoHealthyTarget);
    let (none, _room) = with(Vec::new());
    assert!(none.deal(Some("default"), 0, || 1).unwrap().current().is_none());
    assert!(none.deal(Some("z"), 0, || 1).is_err());
}

#[tokio::test]
async fn the_last_good_value_counts_until_its_end() {
    let (credentials, room) = with(vec![("a", 1, CredentialSource::KeyFile("/f".into()))]);
    let cell = room.cells().pop().unwrap();
    let Err(refusal) = credentials.ready(0, 0, 5).await else { panic!("nothing is there yet") };
    assert!(refusal.message.contains("in time"), "{}", refusal.message);
    cell.fail("its endpoint is down".to_owned(), "secret words".to_owned(), 0);
    let Err(refusal) = credentials.ready(0, 0, 60_000).await else { panic!("it failed") };
    assert!(refusal.message.contains("is down") && !refusal.message.contains("secret words"));
    cell.fill(key("one"), Some(100), 0);
    let version = cell.state().version;
    assert!(credentials.ready(0, 99, 5).await.is_ok());
    cell.fill(key("one"), Some(150), 10);
    assert_eq!(cell.state().version, version, "the same value is not prepared anew");
    cell.fail("down".to_owned(), String::new(), 20);
    cell.fail("down".to_owned(), String::new(), 30);
    assert_eq!(cell.state().failing.as_ref().map(|failing| failing.times), Some(2));
    assert!(credentials.ready(0, 149, 5).await.is_ok(), "still good");
    assert!(credentials.ready(0, 150, 5).await.is_err(), "over");
    cell.fill(key("two"), None, 40);
    assert!(credentials.ready(0, i64::MAX, 5).await.is_ok());
}

#[tokio::test]
async fn who_waits_is_woken_by_the_first_value() {
    let (credentials, room) = with(vec![("a", 1, CredentialSource::KeyFile("/f".into()))]);
    let cell = room.cells().pop().unwrap();
    let waiting = credentials.ready(0, 0, 60_000);
    tokio::pin!(waiting);
    std::future::poll_fn(|cx| {
        assert!(waiting.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    cell.fill(key("one"), None, 0);
    assert!(waiting.await.is_ok());
}

#[test]
fn a_room_keeps_a_cell_while_its_credential_is_unchanged() {
    let room = Room::default();
    let one = |source: CredentialSource| {
        let mut p = Provider::clone(&provider("p"));
        p.credentials = vec![Credential { name: "a".into(), weight: 1, source }];
        Credentials::new(&Arc::new(p), &room).unwrap()
    };
    let first = one(CredentialSource::Stored("x".into()));
    let cell = room.cells().pop().unwrap();
    let again = one(CredentialSource::Stored("x".into()));
    assert!(room.cells().len() == 1 && Arc::ptr_eq(&cell, &room.cells()[0]));
    room.set_stored("x", Some(Secret::new("k".to_owned())), 5);
    assert_eq!(cell.state().value, Some(key("k")));
    let other = one(CredentialSource::Stored("y".into()));
    assert_eq!(room.cells().len(), 2);
    room.set_stored("x", None, 6);
    assert!(cell.state().value.is_none() && cell.state().failing.is_some());
    drop((first, again, other, cell));
    assert!(room.cells().is_empty());
}

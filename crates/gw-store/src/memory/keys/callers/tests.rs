//! Callers and their tokens: what they share, what they have for themselves, and that there is a bound.

use super::{MAX_TOKENS, NewCaller, Told, TooManyCallers};
use crate::memory::{Chain, KeySource, KeyTable};
use gw_model::limits::Limits;
use gw_model::{KeyId, KeyPolicy, KeyTerms, Micros};

const DAY: Micros = 86_400_000_000;

fn one_a_minute() -> Limits {
    Limits { rpm: Some(1), ..Limits::default() }
}

fn caller(id: u128, token: &str, until: Micros) -> NewCaller<'_> {
    let terms = KeyTerms { models: vec!["*".into()], ..KeyTerms::default() };
    let policy = KeyPolicy { expires_at: Some(until), terms, ..KeyPolicy::default() };
    NewCaller { id: KeyId(id), token, policy, above: Box::default(), told: Told::default() }
}

#[test]
fn tokens_of_a_caller_share_its_counters() {
    let table = KeyTable::new(Vec::new());
    for token in ["a", "b"] {
        let mut new = caller(7, token, 100);
        new.policy.limits = one_a_minute();
        table.introduce(new, 0, 10).unwrap();
    }
    let (a, b) = (table.find("a", 1).unwrap(), table.find("b", 1).unwrap());
    assert_eq!((a.id, a.source), (b.id, KeySource::Token));
    let mut first = Chain::new(a.links());
    first.admit(1).unwrap();
    assert!(Chain::new(b.links()).admit(1).is_err(), "one limit for both");
    assert_eq!((table.callers(), table.len()), (1, 1));
}

#[test]
fn a_caller_has_a_bound_on_tokens() {
    let table = KeyTable::new(Vec::new());
    let tokens: Vec<String> = (0..=MAX_TOKENS).map(|n| format!("t{n}")).collect();
    for token in &tokens {
        table.introduce(caller(1, token, 100), 0, 10).unwrap();
    }
    assert!(table.find("t0", 1).is_none(), "checked again when it comes again");
    assert!(tokens.iter().skip(1).all(|token| table.find(token, 1).is_some()));
}

#[test]
fn callers_have_a_bound_and_who_sleeps_makes_room() {
    let table = KeyTable::new(Vec::new());
    table.introduce(caller(1, "a", 50), 0, 2).unwrap();
    let mut limited = caller(2, "b", 50);
    limited.policy.limits = one_a_minute();
    table.introduce(limited, 0, 2).unwrap();
    assert_eq!(table.introduce(caller(3, "c", 500), 10, 2).err(), Some(TooManyCallers));
    // Its own next token always has room.
    table.introduce(caller(1, "a2", 60), 10, 2).unwrap();
    let later = 2_000_000;
    table.introduce(caller(3, "c", DAY * 3), later, 2).unwrap();
    assert!(table.find("a", later).is_none() && table.find("a2", later).is_none());
    assert!(table.get(KeyId(2)).is_some(), "its limit may still count");
    assert_eq!(table.introduce(caller(4, "d", DAY * 3), later + 1, 2).err(), Some(TooManyCallers));
    table.introduce(caller(4, "d", DAY * 3), DAY + later, 2).unwrap();
    assert!(table.get(KeyId(2)).is_none());
}

#[test]
fn what_a_caller_used_outlives_its_tokens() {
    let table = KeyTable::new(Vec::new());
    let limited = |token| {
        let mut new = caller(1, token, DAY);
        new.policy.limits = one_a_minute();
        new
    };
    table.introduce(limited("a"), 0, 10).unwrap();
    Chain::new(table.find("a", 1).unwrap().links()).admit(1).unwrap();
    table.forget_tokens(|_| true);
    assert!(table.find("a", 2).is_none());
    table.introduce(limited("a"), 2, 10).unwrap();
    assert!(Chain::new(table.find("a", 2).unwrap().links()).admit(2).is_err());
}

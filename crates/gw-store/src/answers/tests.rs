//! The memory keeps what is used, within its bound, and throws away what it is told to.

use super::{Answer, AnswerKey, Labels, Memory, Purge};
use bytes::Bytes;
use gw_model::{AccountId, KeyId, Level, WireFormat};
use std::sync::Arc;

fn key(number: u8) -> AnswerKey {
    AnswerKey([number; 32])
}

fn answer(bytes: usize, model: &str, owner: u128) -> Arc<Answer> {
    let labels = Labels {
        model: model.into(),
        key: Some(KeyId(owner)),
        accounts: vec![AccountId { level: Level::Team, number: owner + 100 }],
        tags: vec![format!("tag-{owner}")],
    };
    Arc::new(Answer {
        body: Bytes::from(vec![b'x'; bytes]),
        format: WireFormat::OpenAiChat,
        content_type: "application/json".to_owned(),
        status: 200,
        provider: "p".into(),
        upstream_model: "m".into(),
        tool_names: Vec::new(),
        dropped: Vec::new(),
        labels,
        stored_at: 0,
        fresh_until: 50,
        until: 100,
    })
}

#[test]
fn what_is_used_stays_and_the_bound_holds() {
    let one = answer(10_000, "m", 1).size();
    let memory = Memory::new(one * 4);
    for number in 0..4 {
        memory.put(key(number), answer(10_000, "m", 1));
    }
    assert_eq!((memory.totals().entries, memory.totals().bytes), (4, one * 4));
    // The same again takes no more.
    memory.put(key(3), answer(10_000, "m", 1));
    assert_eq!(memory.totals().bytes, one * 4);
    // All of one shard.
    let same_shard = |number: u8| {
        let mut bytes = [number; 32];
        bytes[31] = 0;
        AnswerKey(bytes)
    };
    let memory = Memory::new(one * 3);
    for number in 1..=3 {
        memory.put(same_shard(number), answer(10_000, "m", 1));
    }
    assert!(memory.get(&same_shard(1), 10).is_some());
    memory.put(same_shard(4), answer(10_000, "m", 1));
    let there: Vec<bool> = (1..=4).map(|number| memory.get(&same_shard(number), 10).is_some()).collect();
    assert_eq!(there, [true, false, true, true], "the second was used longest ago");
    assert_eq!((memory.totals().bytes, memory.totals().evicted), (one * 3, 1));
    // What is larger than all of it takes nothing from others.
    memory.put(same_shard(5), answer(100_000, "m", 1));
    assert!(memory.get(&same_shard(5), 10).is_none());
    assert_eq!(memory.totals().entries, 3);
    memory.set_limit(one);
    assert_eq!(memory.totals().entries, 1);
    memory.set_limit(0);
    assert_eq!((memory.totals().entries, memory.totals().bytes), (0, 0));
}

#[test]
fn what_is_over_is_gone() {
    let memory = Memory::new(1 << 20);
    memory.put(key(1), answer(10, "m", 1));
    assert!(memory.get(&key(1), 99).is_some());
    assert!(memory.get(&key(1), 100).is_none());
    assert_eq!((memory.totals().entries, memory.totals().bytes), (0, 0));
}

#[test]
fn purges_take_what_they_name() {
    let fill = || {
        let memory = Memory::new(1 << 20);
        for number in 0..20_u8 {
            memory.put(
                key(number),
                answer(10, if number % 2 == 0 { "a" } else { "b" }, u128::from(number % 4)),
            );
        }
        memory
    };
    let team = |number| Some(AccountId { level: Level::Team, number });
    let cases = [
        (Purge::default(), 20),
        (Purge { key: Some(key(7)), ..Purge::default() }, 1),
        (Purge { key: Some(key(77)), ..Purge::default() }, 0),
        (Purge { model: Some("a".into()), ..Purge::default() }, 10),
        (Purge { tag: Some("tag-3".into()), ..Purge::default() }, 5),
        (Purge { account: team(102), ..Purge::default() }, 5),
        (Purge { account: Some(AccountId { level: Level::Key, number: 1 }), ..Purge::default() }, 5),
        (Purge { account: team(102), model: Some("b".into()), ..Purge::default() }, 0),
    ];
    for (purge, count) in cases {
        let memory = fill();
        assert_eq!(memory.purge(&purge).len(), count, "{purge:?}");
        assert_eq!(memory.totals().entries, 20 - count);
    }
}

#[test]
fn keys_are_read_as_they_are_shown() {
    let mut bytes = [0xab; 32];
    bytes[0] = 1;
    let key = AnswerKey(bytes);
    assert_eq!(key.to_string().parse(), Ok(key));
    for wrong in ["", "zz", &"g".repeat(64), &"é".repeat(32)] {
        assert!(wrong.parse::<AnswerKey>().is_err(), "{wrong}");
    }
}

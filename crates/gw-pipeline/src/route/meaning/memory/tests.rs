//! The memory of vectors: what is asked for stays, and there is never more than its bound.

use super::*;

fn vector(number: f32) -> Vector {
    vec![number; 10].into()
}

#[test]
fn what_is_asked_for_again_stays_and_the_rest_goes() {
    // 40 bytes of numbers, 100 beside, 4 of text: six in a generation.
    let memory = Memory::new(2 * 6 * 144);
    for round in 0..100 {
        memory.put(&format!("{round:04}"), vector(round as f32));
        assert_eq!(memory.get("0000").as_deref(), Some(&[0.0; 10][..]), "{round}");
        let all = memory.generations.lock();
        assert!(all.young.len() <= 6 && all.old.len() <= 6, "{} {}", all.young.len(), all.old.len());
    }
    assert!(memory.get("0099").is_some() && memory.get("0010").is_none());
}

#[test]
fn a_memory_of_nothing_keeps_nothing() {
    let memory = Memory::new(0);
    memory.put("a", vector(1.0));
    assert_eq!(memory.get("a"), None);
}

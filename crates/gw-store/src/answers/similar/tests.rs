//! The index finds what an exact search finds, and keeps within its bounds.

use super::{Index, RoomKey, Turn};
use crate::answers::AnswerKey;
use std::sync::Arc;

const ROOM: RoomKey = RoomKey([1; 32]);
const DIMENSIONS: usize = 24;

fn key(number: usize) -> AnswerKey {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&(number as u64).to_le_bytes());
    AnswerKey(key)
}

/// Vectors around a few hundred middles, as those of texts are.
fn vector(random: &mut fastrand::Rng) -> Arc<[f32]> {
    let mut middle = fastrand::Rng::with_seed(random.u64(0..300));
    (0..DIMENSIONS).map(|_| (middle.f32() - 0.5) + 0.4 * (random.f32() - 0.5)).collect()
}

fn turn(room: RoomKey, number: usize, vector: &Arc<[f32]>) -> Turn {
    Turn { room, text: number.to_string().into(), vector: Arc::clone(vector) }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn the_nearest_is_found_among_few_and_among_many() {
    let mut random = fastrand::Rng::with_seed(7);
    let index = Index::new(100_000, 1 << 30);
    let vectors: Vec<_> = (0..4_100).map(|_| vector(&mut random)).collect();
    let mut is_growing = false;
    for (number, vector) in vectors.iter().enumerate() {
        is_growing = index.put(&turn(ROOM, number, vector), key(number));
    }
    assert!(is_growing && !index.is_quick(&ROOM));
    index.grow(&ROOM);
    let mut found = 0;
    for _ in 0..200 {
        let wanted = vector(&mut random);
        let exact = vectors.iter().map(|vector| cosine(vector, &wanted)).fold(f32::MIN, f32::max);
        let nearest = index.nearest(&ROOM, &wanted, 0.0, 4);
        assert!(nearest.is_sorted_by(|one, other| one.similarity >= other.similarity));
        let best = &nearest[0];
        let truly = cosine(&vectors[best.text.parse::<usize>().unwrap()], &wanted);
        assert!((best.similarity - truly).abs() < 0.01, "{} {truly}", best.similarity);
        found += usize::from(exact - truly < 0.005);
    }
    assert!(found >= 196, "recall: {found} of 200");
}

#[test]
fn rooms_are_apart() {
    let index = Index::new(100, 1 << 20);
    let one: Arc<[f32]> = vec![1.0, 0.0].into();
    assert!(!index.put(&turn(ROOM, 1, &one), key(1)));
    assert_eq!(index.nearest(&RoomKey([2; 32]), &one, 0.0, 9), []);
    assert_eq!(index.nearest(&ROOM, &one, 0.9, 9)[0].key, key(1));
    // Vectors of another model can not be compared, and what has no direction is like nothing.
    assert_eq!(index.nearest(&ROOM, &[1.0, 0.0, 0.0], 0.0, 9), []);
    for none in [[0.0, 0.0], [f32::NAN, 1.0]] {
        assert_eq!(index.nearest(&ROOM, &none, -1.0, 9), []);
        index.put(&turn(ROOM, 2, &none.to_vec().into()), key(2));
    }
    index.put(&turn(ROOM, 1, &one), key(1));
    assert_eq!(index.totals().0, 1);
}

#[test]
fn the_oldest_go_first_and_what_is_gone_is_not_found() {
    let mut random = fastrand::Rng::with_seed(3);
    let index = Index::new(500, 1 << 30);
    let vectors: Vec<_> = (0..2_000).map(|_| vector(&mut random)).collect();
    for (number, vector) in vectors.iter().enumerate() {
        index.put(&turn(RoomKey([(number % 3) as u8; 32]), number, vector), key(number));
        assert!(index.totals().0 <= 500);
    }
    let has = |number: usize| {
        let room = RoomKey([(number % 3) as u8; 32]);
        index.nearest(&room, &vectors[number], 0.99, 50).iter().any(|near| near.key == key(number))
    };
    assert!(!has(0) && !has(1_499) && has(1_500) && has(1_999));
    index.retain(|answer| answer == &key(1_999));
    assert!(has(1_999) && !has(1_998));
    assert_eq!(index.totals().0, 1);
    let (_, bytes) = index.totals();
    index.set_limits(500, bytes - 1);
    assert_eq!(index.totals(), (0, 0));
}

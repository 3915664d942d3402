//! Counts of any size are kept exactly, and the room for large ones is given back.

use super::{Counts, SUBS};

#[test]
fn counts_are_exact_at_every_size_and_in_every_place() {
    let mut counts = Counts::default();
    let mut expected = [0u64; SUBS];
    let sizes = [1, 65_535, 65_536, 1 << 40, u64::MAX, 0];
    for (round, size) in sizes.into_iter().enumerate() {
        for at in (round..SUBS).step_by(3) {
            counts.set(at, size);
            expected[at] = size;
            let found: Vec<u64> = (0..SUBS).map(|at| counts.get(at)).collect();
            assert_eq!(found, expected);
        }
        assert_eq!(matches!(counts, Counts::Wide(_)), round >= 2, "round {round}");
    }
    counts.clear();
    assert!(matches!(counts, Counts::Empty) && (0..SUBS).all(|at| counts.get(at) == 0));
    counts.set(60, 7);
    assert!(matches!(counts, Counts::Narrow(_)));
    counts.clear();
    assert_eq!(counts.get(60), 0);
}

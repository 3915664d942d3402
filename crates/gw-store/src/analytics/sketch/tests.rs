//! Quantiles are as near as promised, and putting together loses nothing.

use super::Sketch;
use proptest::prelude::*;

fn of(values: &[u64]) -> Sketch {
    let mut sketch = Sketch::default();
    values.iter().for_each(|us| sketch.add(*us));
    sketch
}

#[test]
fn an_empty_one_has_no_quantile() {
    assert_eq!((Sketch::default().quantile_us(500), Sketch::default().count()), (None, 0));
}

#[test]
fn what_is_no_sketch_is_told_apart() {
    assert_eq!(Sketch::from_bytes(&[0x80]), None);
    assert_eq!(Sketch::from_bytes(&[1]), None);
    assert_eq!(Sketch::from_bytes(&[]), Some(Sketch::default()));
}

proptest! {
    #[test]
    fn quantiles_are_off_by_two_percent_at_most(
        mut values in prop::collection::vec(1u64..100_000_000_000, 1..300),
        per_mille in 1u16..=1000,
    ) {
        let told = of(&values).quantile_us(per_mille).unwrap();
        values.sort_unstable();
        let rank = (values.len() * usize::from(per_mille)).div_ceil(1000).max(1);
        let exact = values[rank - 1];
        // A microsecond is the smallest step that can be told.
        let allowed = exact / 50 + 1;
        prop_assert!(told.abs_diff(exact) <= allowed, "{told} in place of {exact}");
    }

    #[test]
    fn two_put_together_are_as_one(
        one in prop::collection::vec(any::<u64>(), 0..100),
        other in prop::collection::vec(any::<u64>(), 0..100),
    ) {
        let mut merged = of(&one);
        merged.merge(&of(&other));
        prop_assert_eq!(&merged, &of(&[one, other].concat()));
        prop_assert_eq!(Sketch::from_bytes(&merged.to_bytes()), Some(merged.clone()));
        let mut from_numbers = Sketch::default();
        for number in merged.numbers() {
            let bucket = u16::try_from(number >> 40).unwrap();
            from_numbers.add_count(bucket, u64::try_from(number & ((1 << 40) - 1)).unwrap());
        }
        prop_assert_eq!(from_numbers, merged);
    }
}

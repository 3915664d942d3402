//! Tests of the distribution: against exact percentiles, and that the past fades.

use super::*;

fn filled(times: impl Iterator<Item = u64>) -> Tail {
    let tail = Tail::default();
    times.for_each(|us| tail.observe(us, 1));
    tail
}

#[test]
fn it_says_nothing_until_enough_is_known() {
    assert_eq!(filled((0..19).map(|_| 1000)).at(950), None);
    let known = filled((0..20).map(|_| 1000)).at(950).expect("known");
    assert!((1000..=1125).contains(&known), "{known}");
}

#[test]
fn a_percentile_is_within_an_eighth_of_the_exact_one() {
    let mut rng = fastrand::Rng::with_seed(7);
    for round in 0..200 {
        let mut times: Vec<u64> = (0..rng.usize(100..500))
            .map(|_| if rng.u32(..100) < 5 { rng.u64(1_000_000..9_000_000) } else { rng.u64(300..90_000) })
            .collect();
        let tail = filled(times.iter().copied());
        times.sort_unstable();
        for permille in [500, 900, 950, 990] {
            let exact = times[(times.len() * permille).div_ceil(1000) - 1];
            let told = tail.at(u32::try_from(permille).expect("small")).expect("known");
            assert!(
                told >= exact && told <= exact + exact / 8 + 1,
                "{round} p{permille}: {told} for {exact}"
            );
        }
    }
}

#[test]
fn times_beyond_the_scale_stand_at_its_ends() {
    assert!(filled((0..30).map(|_| 0)).at(950).expect("known") < 1000);
    assert!(filled((0..30).map(|_| u64::MAX)).at(950).expect("known") >= 1 << (HIGH_BITS - 1));
}

#[test]
fn the_past_fades_with_answers_and_with_time() {
    let tail = filled((0..500).map(|_| 5_000_000));
    (0..3 * HALVE_AFTER).for_each(|_| tail.observe(1000, 2));
    let median = tail.at(500).expect("known");
    assert!(median < 2000, "{median}");
    let tail = filled((0..40).map(|_| 5_000_000));
    for minutes in 1..=6 {
        tail.observe(1000, minutes * (HALVE_EVERY_US + 1) + 1);
    }
    assert_eq!(tail.at(950), None, "what little is left says nothing");
}

//! Tests of [`super`]: inputs are repeatable and varied, and a broken parser is found.
use super::drive::drive;
use super::mutate::Mutator;
use super::samples;
use std::collections::BTreeSet;

#[test]
fn the_same_seed_gives_the_same_inputs_and_they_vary() {
    let samples = samples::all();
    let take = |seed| {
        let mut mutator = Mutator::new(seed, &samples);
        (0..500).map(|_| mutator.next()).collect::<Vec<_>>()
    };
    assert_eq!(take(7), take(7));
    assert_ne!(take(7), take(8));
    assert!(take(7).into_iter().collect::<BTreeSet<_>>().len() > 400);
}

#[test]
fn a_parser_that_panics_is_found_and_a_sound_one_is_not() {
    fn broken(input: &[u8]) {
        assert!(!input.windows(5).any(|w| w == b"1e999"), "found");
    }
    let samples = vec![b"{\"a\":1}".to_vec()];
    let folder = tempfile::tempdir().unwrap();
    let why = drive(&("tests::broken", broken), &samples, 30, 1, folder.path()).unwrap_err();
    assert!(why.contains("panicked"), "{why}");
    let kept = std::fs::read(folder.path().join("tests-broken.bin")).unwrap();
    assert!(kept.windows(5).any(|w| w == b"1e999"));
    assert_eq!(drive(&("tests::sound", |_| ()), &samples, 0, 1, folder.path()), Ok(()));
}

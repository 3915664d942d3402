//! Which member of the group a vector comes to: never one without utterances, none below the threshold.

use super::*;
use gw_model::routing::OnSemanticError;

fn settings(utterances: &[usize], threshold_permille: u32) -> Semantic {
    Semantic {
        utterances: utterances.iter().map(|count| vec![Arc::from("text"); *count]).collect(),
        threshold_permille,
        default: 0,
        on_error: OnSemanticError::Default,
        timeout_ms: 1,
        embedder: EmbedderName::Local,
    }
}

fn vector(rng: &mut fastrand::Rng) -> Vector {
    (0..8).map(|_| rng.f32() - 0.5).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn whoever_is_chosen_has_an_utterance_as_near_as_the_threshold_asks() {
    let mut rng = fastrand::Rng::with_seed(11);
    for _ in 0..5_000 {
        let mut counts: Vec<usize> = (0..rng.usize(1..6)).map(|_| rng.usize(..4)).collect();
        counts.push(1 + rng.usize(..3));
        let permille = [0, 220, 600, 1000][rng.usize(..4)];
        let settings = settings(&counts, permille);
        let vectors: Vec<Vector> = (0..counts.iter().sum()).map(|_| vector(&mut rng)).collect();
        let comparable = Comparable::new(&settings, vectors.clone()).unwrap();
        let prompt = vector(&mut rng);
        let chosen = comparable.choose(&prompt).expect("of the same length");
        let nearest = |member: usize| {
            let before: usize = counts[..member].iter().sum();
            let own = vectors[before..before + counts[member]].iter();
            own.map(|utterance| cosine(utterance, &prompt)).fold(-1.0, f32::max)
        };
        let threshold = permille as f32 / 1000.0;
        match chosen {
            Some(member) => {
                assert!(counts[member] > 0, "{counts:?} {member}");
                assert!(permille == 0 || nearest(member) >= threshold - 1e-5, "{}", nearest(member));
            }
            None => assert!(permille > 0, "without a threshold every prompt has a member"),
        }
        assert_eq!(comparable.choose(&prompt[..7]), None, "another length");
    }
}

#[test]
fn what_cannot_be_compared_is_no_index() {
    let two = settings(&[1, 1], 220);
    let long: Vector = vec![1.0, 0.0, 0.0].into();
    let short: Vector = vec![1.0, 0.0].into();
    assert!(Comparable::new(&two, vec![long.clone(), short]).is_err(), "of different lengths");
    assert!(Comparable::new(&two, vec![long.clone()]).is_err(), "one too few");
    assert!(Comparable::new(&two, vec![long, vec![0.0; 3].into()]).is_err(), "no direction");
}

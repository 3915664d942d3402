//! Choosing among members whose vectors are written out, and what is embedded of a prompt. Whether real
//! embeddings lead to the right member is tested in `tests/semantic.rs`.

use super::{Index, IndexError, MAX_UTTERANCES, Settings, combine, excerpts};

const ALL: Settings = Settings { threshold: 0.0, default: None };

/// Three members along three axes, with a share of a fourth in all.
fn members() -> Vec<Vec<Vec<f32>>> {
    let along = |axis: usize, second: f32| {
        let mut vector = vec![0.0, 0.0, 0.0, 1.0];
        vector[axis] = 1.0;
        vector[(axis + 1) % 3] = second;
        vector
    };
    (0..3).map(|axis| vec![along(axis, 0.0), along(axis, 0.1), along(axis, -0.1)]).collect()
}

#[test]
fn the_member_that_a_prompt_resembles_is_chosen() {
    let index = Index::new(members(), ALL).unwrap();
    for axis in 0..3 {
        let mut prompt = vec![0.05, 0.05, 0.05, 1.0];
        prompt[axis] = 0.6;
        let choice = index.choose(&prompt).unwrap();
        assert_eq!((choice.member, choice.best), (Some(axis), axis));
        let (second, score) = choice.runner_up.unwrap();
        assert!(second != axis && score < choice.score);
        assert!((0.8..=1.0).contains(&choice.similarity));
    }
}

#[test]
fn the_nearest_utterance_and_its_cosine_are_told() {
    let members = vec![vec![vec![1.0, 0.0], vec![0.6, 0.8]], vec![vec![-1.0, 0.0]]];
    let choice = Index::new(members, ALL).unwrap().choose(&[3.0, 4.0]).unwrap();
    assert_eq!((choice.best, choice.nearest), (0, 1));
    assert!((choice.similarity - 1.0).abs() < 1e-6);
    assert_eq!(choice.runner_up.map(|(member, _)| member), Some(1));
}

#[test]
fn one_odd_utterance_does_not_decide() {
    // The first member has an utterance that says nearly what the prompt says, but is about something else.
    let east = |share: f32| vec![1.0, share, 0.0];
    let north = |share: f32| vec![share, 1.0, 0.0];
    let odd = vec![0.3, 1.0, 0.02];
    let members = vec![
        vec![east(0.0), east(0.1), east(-0.1), odd],
        vec![north(0.0), north(0.1), north(0.2), north(0.15)],
    ];
    let choice = Index::new(members, ALL).unwrap().choose(&[0.3, 1.0, 0.0]).unwrap();
    assert_eq!(choice.member, Some(1));
}

#[test]
fn what_is_below_the_threshold_goes_to_the_default() {
    let prompt = [0.1, 0.0, 0.0, -1.0];
    for default in [None, Some(2)] {
        let index = Index::new(members(), Settings { threshold: 0.3, default }).unwrap();
        let choice = index.choose(&prompt).unwrap();
        assert!(choice.similarity < 0.3);
        assert_eq!((choice.best, choice.member), (0, default));
        assert_eq!(index.choose(&[1.0, 0.0, 0.0, 0.5]).unwrap().member, Some(0));
    }
}

#[test]
fn a_route_of_one_member_has_only_the_threshold() {
    let settings = Settings { threshold: 0.5, default: None };
    let index = Index::new(vec![vec![vec![1.0, 0.0]]], settings).unwrap();
    let choice = index.choose(&[1.0, 0.2]).unwrap();
    assert_eq!((choice.member, choice.runner_up), (Some(0), None));
    assert_eq!(index.choose(&[0.1, 1.0]).unwrap().member, None);
}

#[test]
fn members_that_cannot_be_compared_are_refused() {
    let refused = |members, settings| Index::new(members, settings).unwrap_err();
    assert_eq!(refused(vec![], ALL), IndexError::NoMembers);
    assert_eq!(refused(vec![vec![vec![1.0]], vec![]], ALL), IndexError::NoUtterances { member: 1 });
    assert_eq!(
        refused(vec![vec![vec![1.0]], vec![vec![1.0, 2.0]]], ALL),
        IndexError::BadVector { member: 1 }
    );
    assert_eq!(refused(vec![vec![vec![0.0, 0.0]]], ALL), IndexError::BadVector { member: 0 });
    assert_eq!(refused(vec![vec![vec![f32::NAN, 1.0]]], ALL), IndexError::BadVector { member: 0 });
    assert_eq!(refused(vec![vec![vec![1.0]; MAX_UTTERANCES + 1]], ALL), IndexError::TooMany);
    let settings = Settings { threshold: 0.5, default: Some(1) };
    assert_eq!(refused(vec![vec![vec![1.0]]], settings), IndexError::NoSuchDefault);
}

#[test]
fn prompts_that_cannot_be_compared_have_no_member() {
    let index = Index::new(members(), ALL).unwrap();
    for prompt in [&[][..], &[1.0, 2.0], &[0.0; 4], &[f32::NAN; 4]] {
        assert_eq!(index.choose(prompt), None);
    }
    // Two members that are opposite: their middle is nothing, and so is what lies there.
    let opposite = Index::new(vec![vec![vec![1.0, 0.0]], vec![vec![-1.0, 0.0]]], ALL).unwrap();
    assert!(opposite.choose(&[0.0, 1.0]).is_some());
}

#[test]
fn parts_of_a_prompt_become_one_vector() {
    assert_eq!(combine(&[&[2.0, 0.0]]), Some(vec![1.0, 0.0]));
    let both = combine(&[&[1.0, 0.0], &[0.0, 1.0]]).unwrap();
    assert!(both.iter().all(|x| (x - std::f32::consts::FRAC_1_SQRT_2).abs() < 1e-6));
    for parts in [&[][..], &[&[1.0][..], &[1.0, 2.0]], &[&[1.0], &[-1.0]]] {
        assert_eq!(combine(parts), None);
    }
}

#[test]
fn short_prompts_are_embedded_whole() {
    assert!(excerpts(" \n").is_empty());
    assert_eq!(excerpts("  What is 2 + 2?\n"), ["What is 2 + 2?"]);
    let fourteen = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
    assert_eq!(excerpts(fourteen), [fourteen]);
}

#[test]
fn openings_and_closings_stand_beside_long_prompts() {
    let words = |from: usize, to: usize| {
        (from..to).map(|n| format!("w{n}")).collect::<Vec<_>>().join(if from == 0 { "  " } else { " " })
    };
    assert_eq!(excerpts(&words(1, 31)), [words(1, 31), words(1, 15)]);
    assert_eq!(excerpts(&words(1, 101)), [words(1, 101), words(1, 15), words(87, 101)]);
    let long = words(1, 2_001);
    let parts = excerpts(&long);
    assert_eq!(parts.len(), 3);
    assert!(parts[0].len() <= 1_201 && parts[0].starts_with("w1 w2") && parts[0].ends_with("w1999 w2000"));
}

#[test]
fn scripts_without_spaces_are_bounded_in_bytes() {
    let long = "文".repeat(1_000);
    let parts = excerpts(&long);
    assert!(parts[0].len() <= 1_201);
    assert_eq!((parts[1].len(), parts[2].len()), (159, 159));
}

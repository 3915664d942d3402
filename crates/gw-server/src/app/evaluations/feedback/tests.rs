//! Tests of [`super`]: scores of people become shares, and count beside those of other checks.
use super::*;
use gw_model::NanoUsd;
use serde_json::{Value, json};

fn scale(check: Value) -> Scale {
    let check: CheckSpec = serde_json::from_value(check).unwrap();
    Scale::of(&[CheckSpec::Exact { ignore_case: false }, check]).unwrap()
}

fn rating(request: u128, score: Option<i64>, label: Option<&str>) -> Rating {
    Rating { request: RequestId(request), score, label: label.map(str::to_owned) }
}

fn figures(item: u128, target: i16, verdict: Verdict, score: Option<i64>) -> ResultFigures {
    ResultFigures {
        item: ItemId(item),
        target,
        verdict,
        score,
        cost: NanoUsd::ZERO,
        total_us: None,
        input_tokens: 0,
        output_tokens: 0,
        tries: 1,
        request: Some(RequestId(item * 10 + u128::try_from(target).unwrap())),
        source: Some(RequestId(item * 1_000)),
        scored: i16::from(score.is_some()),
    }
}

fn opinions(scale: Scale, ratings: &[Rating]) -> Opinions {
    let mut opinions = Opinions { scale, of: HashMap::new() };
    opinions.add(ratings);
    opinions
}

#[test]
fn scores_are_read_on_the_scale_and_labels_where_there_is_none() {
    let usual = scale(json!({"kind": "feedback"}));
    let rows = [
        (Some(1), None, Some(1.0)),
        (Some(-1), Some("good"), Some(0.0)),
        (Some(0), None, Some(0.5)),
        (Some(1_000_000), None, Some(1.0)),
        (None, Some("good"), Some(1.0)),
        (None, Some("bad"), Some(0.0)),
        (None, Some("slow"), None),
    ];
    for (score, label, expected) in rows {
        assert_eq!(usual.score(&rating(1, score, label)), expected, "{score:?} {label:?}");
    }
    let stars = scale(json!({"kind": "feedback", "worst": 1, "best": 5, "at_least": 0.7}));
    assert_eq!(stars.score(&rating(1, Some(4), None)), Some(0.75));
    // Where the smallest is the best.
    let ranks = scale(json!({"kind": "feedback", "worst": 3, "best": 1}));
    assert_eq!(ranks.score(&rating(1, Some(1), None)), Some(1.0));
    assert_eq!(ranks.score(&rating(1, Some(3), None)), Some(0.0));
}

#[test]
fn what_people_say_is_one_check_and_one_score_more() {
    let ratings = [rating(10, Some(1), None), rating(10, Some(-1), None), rating(20, None, Some("bad"))];
    let of = opinions(scale(json!({"kind": "feedback", "at_least": 0.5})), &ratings);
    let good = figures(1, 0, Verdict::Passed, Some(1_000_000));
    let counted = of.counted(&good);
    assert_eq!((counted.verdict, counted.score, counted.scored), (Verdict::Passed, Some(750_000), 2));
    let (place, said) = of.say(&good).unwrap();
    assert_eq!((place, said.passed, said.score), (1, Some(true), Some(0.5)));
    assert_eq!(said.detail, "rated 2 times");
    // It fails what passed otherwise, and gives a score where nothing did.
    let bad = of.counted(&figures(2, 0, Verdict::Passed, None));
    assert_eq!((bad.verdict, bad.score), (Verdict::Failed, Some(0)));
    // A check that failed stays so.
    assert_eq!(of.counted(&figures(1, 0, Verdict::Failed, None)).verdict, Verdict::Failed);
    // Where nobody says anything, nothing is different, and where there is no answer neither.
    let silent = figures(3, 0, Verdict::Passed, Some(1));
    assert_eq!(of.counted(&silent), silent);
    assert_eq!(of.say(&silent).unwrap().1.passed, None);
    let error = figures(2, 0, Verdict::Error, None);
    assert_eq!((of.counted(&error), of.say(&error)), (error, None));
}

#[test]
fn models_stand_beside_what_was_recorded() {
    let ratings = [
        rating(10, Some(1), None),
        rating(11, Some(-1), None),
        rating(20, Some(1), None),
        rating(21, Some(0), None),
        // Of what was recorded.
        rating(1_000, Some(0), None),
        rating(2_000, Some(1), None),
        rating(4_000, Some(-1), None),
    ];
    let of = opinions(scale(json!({"kind": "feedback"})), &ratings);
    let all: Vec<ResultFigures> =
        (1..=4).flat_map(|item| [0, 1].map(|target| figures(item, target, Verdict::Passed, None))).collect();
    let one = of.of_target(&all, 0);
    assert_eq!((one.rated, one.passed, one.mean_score), (2, 2, Some(1.0)));
    let other = of.of_target(&all, 1);
    assert_eq!((other.rated, other.passed, other.pass_rate, other.mean_score), (2, 1, Some(0.5), Some(0.25)));
    let recorded = of.of_all_recorded(&all);
    assert_eq!((recorded.rated, recorded.passed, recorded.mean_score), (3, 2, Some(0.5)), "each item once");
    assert_eq!(of.against(&all, 0), Against { target_wins: 1, recorded_wins: 0, ties: 1 });
    assert_eq!(of.against(&all, 1), Against { target_wins: 0, recorded_wins: 2, ties: 0 });
    assert_eq!(of.of_target(&[], 0), Rated::default());
}

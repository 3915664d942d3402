//! Evaluations and their results.

use super::Store;
use gw_model::{AccountId, Level, NanoUsd, RequestId};
use gw_store::types::{
    EvaluationId, EvaluationState, ItemId, PageSize, ResultFigures, StoredEvaluation, StoredResult, Verdict,
};

fn evaluation(number: u128) -> StoredEvaluation {
    StoredEvaluation {
        id: EvaluationId(number),
        owner: "master".to_owned(),
        place: Some(AccountId { level: Level::Team, number: 3 }),
        state: EvaluationState::Waiting,
        node: u64::MAX,
        touched_at: 5,
        revision: 1,
        job: "{}".to_owned(),
    }
}

fn result(item: u128, target: i16, verdict: Verdict) -> StoredResult {
    let figures = ResultFigures {
        item: ItemId(item),
        target,
        verdict,
        score: (verdict != Verdict::Begun).then_some(500_000),
        cost: NanoUsd(7),
        total_us: None,
        input_tokens: 3,
        output_tokens: 4,
        tries: 1,
        request: (verdict == Verdict::Passed).then_some(RequestId(item << 100)),
        source: (target == 1).then_some(RequestId(u128::MAX)),
        scored: 2,
    };
    StoredResult { figures, sealed: vec![1, 2] }
}

pub(crate) fn evaluations_are_kept_with_their_results(store: &impl Store) {
    let (one, other) = (evaluation(1), StoredEvaluation { place: None, ..evaluation(2) });
    for new in [&one, &other] {
        store.create_evaluation(new).unwrap();
    }
    assert_eq!(store.evaluations(None, PageSize::rows(10)).unwrap(), [other.clone(), one.clone()]);
    assert_eq!(store.evaluations(Some(other.id), PageSize::rows(10)).unwrap(), std::slice::from_ref(&one));
    assert_eq!(store.open_evaluations(None, PageSize::rows(1)).unwrap(), std::slice::from_ref(&one));
    assert_eq!(
        store.open_evaluations(Some(one.id), PageSize::rows(9)).unwrap(),
        std::slice::from_ref(&other)
    );
    // Each has two bytes.
    for (bytes, expected) in [(1, 1), (2, 1), (3, 2)] {
        let page = PageSize { rows: 10, bytes };
        assert_eq!(store.evaluations(None, page).unwrap().len(), expected, "{bytes} bytes");
        assert_eq!(store.open_evaluations(None, page).unwrap().len(), expected, "{bytes} bytes");
    }
    let done = StoredEvaluation {
        state: EvaluationState::Done,
        touched_at: 9,
        revision: 2,
        job: "{\"done\":1}".to_owned(),
        ..one.clone()
    };
    assert!(store.change_evaluation(&done).unwrap());
    assert!(!store.change_evaluation(&done).unwrap(), "somebody else was faster");
    assert_eq!(store.evaluation(one.id).unwrap(), Some(done));
    assert_eq!(store.open_evaluations(None, PageSize::rows(10)).unwrap(), std::slice::from_ref(&other));
    let results = [
        result(4, 0, Verdict::Passed),
        result(4, 1, Verdict::Failed),
        result(5, 0, Verdict::Begun),
        result(5, 1, Verdict::Error),
    ];
    for result in &results {
        assert!(store.put_result(one.id, result).unwrap());
    }
    assert!(!store.put_result(EvaluationId(99), &results[0]).unwrap(), "there is no such evaluation");
    assert_eq!(store.results(one.id, None, 10).unwrap(), results);
    assert_eq!(store.results(one.id, Some((ItemId(4), 0)), 2).unwrap(), results[1..3]);
    assert_eq!(store.result_figures(one.id).unwrap(), results.map(|result| result.figures));
    let over = result(5, 0, Verdict::Passed);
    assert!(store.put_result(one.id, &over).unwrap());
    assert_eq!(store.results(one.id, Some((ItemId(4), 1)), 1).unwrap(), [over]);
    assert!(store.results(other.id, None, 10).unwrap().is_empty());
    assert_eq!(store.remove_evaluations(9, 10).unwrap(), 0, "it was touched then");
    assert_eq!(store.remove_evaluations(10, 10).unwrap(), 1, "those that are open stay");
    assert!(store.result_figures(one.id).unwrap().is_empty());
    assert!(store.delete_evaluation(other.id).unwrap());
    assert!(!store.delete_evaluation(other.id).unwrap());
    assert!(store.evaluations(None, PageSize::rows(10)).unwrap().is_empty());
}

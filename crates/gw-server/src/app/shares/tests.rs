//! Who may have how many.

use super::{Place, Shares};
use std::sync::Arc;

fn all(shares: &Arc<Shares>, who: &str) -> Vec<Place> {
    std::iter::from_fn(|| shares.take(who)).collect()
}

#[test]
fn one_has_no_more_than_it_leaves_free() {
    let shares = Shares::new(32);
    assert_eq!(shares.left_for("storm"), 16);
    let storm = all(&shares, "storm");
    assert_eq!((storm.len(), shares.left_for("storm"), shares.left_for("")), (16, 0, 8));
    let own = all(&shares, "");
    assert_eq!((own.len(), all(&shares, "other").len()), (8, 4));
    drop(storm);
    assert_eq!(shares.left_for(""), 8, "what is given back is there for all");
    drop(own);
    assert_eq!(all(&shares, "storm").len(), 16);
}

#[test]
fn what_is_said_to_be_left_can_be_taken() {
    for places in 0..20 {
        let shares = Shares::new(places);
        let _some = shares.take("other");
        let left = shares.left_for("one");
        assert_eq!(all(&shares, "one").len(), left, "of {places}");
    }
}

#[test]
fn some_are_kept_whatever_organizations_take() {
    let shares = Shares::with_some_kept(8, 2);
    let storm = all(&shares, "storm");
    let others: Vec<Place> = ["a", "b", "c", "d", "e"].iter().flat_map(|who| all(&shares, who)).collect();
    assert_eq!((storm.len(), others.len()), (3, 3));
    let kept: Vec<Place> = std::iter::from_fn(|| shares.take_kept()).collect();
    assert_eq!(kept.len(), 2);
    drop(others);
    assert_eq!(all(&shares, "storm").len(), 0, "no more than what is free");
    drop((storm, kept));
    assert_eq!(
        std::iter::from_fn(|| shares.take_kept()).collect::<Vec<_>>().len(),
        8,
        "all of them where nobody else is"
    );
}

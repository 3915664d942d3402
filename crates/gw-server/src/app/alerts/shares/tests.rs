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

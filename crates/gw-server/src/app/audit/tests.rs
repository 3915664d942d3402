//! How many refusals are written down.

use super::{MINUTE, Refusals};

#[test]
fn refusals_beyond_the_limit_are_counted_and_told_by_the_next_one() {
    let refusals = Refusals::new(2);
    let at = |now| refusals.admit(now);
    let start = 10 * MINUTE;
    assert_eq!((at(start), at(start + 1)), (Some(0), Some(0)));
    assert_eq!((at(start + 2), at(start + 3)), (None, None));
    assert_eq!(at(start + MINUTE), Some(2));
    assert_eq!(at(start + MINUTE + 1), Some(0));
    assert_eq!(at(start + MINUTE + 2), None);
    assert_eq!((refusals.take_left(), refusals.take_left()), (1, 0));
    // A clock that was set back does not keep all later ones from being written.
    assert_eq!(at(start), Some(0));
}

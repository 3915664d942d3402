//! Tests of [`super`].
use super::*;

/// Steps over records with ids that are multiples of ten.
fn walk(floor: u128, top: u128) -> Vec<(u128, u128)> {
    let mut steps = Steps::new(floor, top);
    let mut all = Vec::new();
    while let Some(rows) = steps.begin(0) {
        let above = steps.top().saturating_sub(1) / 10;
        let edge = above.checked_sub(rows as u128 - 1).map(|number| number * 10);
        all.push(steps.step(0, edge));
    }
    assert!(steps.is_done());
    all
}

#[test]
fn steps_cover_everything_once() {
    for (floor, top) in [(0, 1), (0, 300_000), (5_000, 5_001), (7, 9_000_000), (3, 3)] {
        let all = walk(floor, top);
        assert_eq!(all.is_empty(), floor >= top);
        let mut at = top;
        for (low, high) in &all {
            assert!(*high == at && low < high && *low >= floor, "{low} {high}");
            at = *low;
        }
        assert!(all.is_empty() || at == floor);
    }
}

#[test]
fn a_bound_ends_a_step_before_it() {
    let mut steps = Steps::new(0, 100);
    assert!(steps.begin(99).is_some());
    assert_eq!(steps.step(99, Some(3)), (99, 100));
    assert_eq!(steps.begin(99), None);
    steps.skip_to(50);
    assert!(steps.begin(0).is_some() && !steps.is_done());
    assert_eq!(steps.step(0, None), (0, 50));
    assert!(steps.is_done());
}

#[test]
fn a_page_that_is_not_full_says_how_far_it_looked() {
    assert_eq!(Found::new(2, None).page(7, true), LogPage::default());
    let page = Found::new(2, None).page(7, false);
    assert_eq!((page.next, page.searched_to), (Some(RequestId(7)), Some(RequestId(7))));
}

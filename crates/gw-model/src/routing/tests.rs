//! Tests of [`super`]: the sums that draws go by.
use super::*;

#[test]
fn a_point_among_the_weights_finds_its_member() {
    let members = [3, 0, 1].iter().enumerate().map(|(i, weight)| Member::target(i, *weight)).collect();
    let group = Group::new(0, Strategy::Weighted, members);
    assert_eq!(group.total_weight(), 4);
    let found: Vec<usize> = (0..4).map(|point| group.at_weight(point)).collect();
    assert_eq!(found, [0, 0, 0, 2], "a weight of 0 is never hit");
}

//! Tests of [`super`].
use super::*;

#[test]
fn what_is_stored_is_noted_while_somebody_follows_and_up_to_a_number() {
    let newly = Arc::new(Newly::default());
    assert!(!newly.is_followed());
    let following = newly.follow();
    newly.add(&[1, 2]);
    newly.add(&[]);
    newly.add(&[3]);
    assert_eq!(newly.take(), (vec![1, 2, 3], 0));
    assert_eq!(newly.take(), (Vec::new(), 0));
    newly.add(&vec![7; MAX_WAITING - 1]);
    newly.add(&[8, 9, 10]);
    let (ids, missed) = newly.take();
    assert_eq!((ids.len(), ids.last(), missed), (MAX_WAITING, Some(&8), 2));
    // A second one does not take away what waits for the first; one who comes later is told of nothing from before.
    newly.add(&[11]);
    let second = newly.follow();
    assert_eq!(newly.take(), (vec![11], 0));
    newly.add(&[12]);
    drop((following, second));
    assert!(!newly.is_followed());
    let _third = newly.follow();
    assert_eq!(newly.take(), (Vec::new(), 0));
}

//! Who may wait.

use super::WaitingRoom;
use std::collections::HashMap;

fn taken(room: &mut WaitingRoom, organization: &str) -> usize {
    (0..1_000).take_while(|_| room.take(organization)).count()
}

#[test]
fn one_takes_half_and_each_further_one_what_is_left_in_the_same_way() {
    let mut room = WaitingRoom::new(100, HashMap::new());
    assert_eq!(taken(&mut room, "storm"), 50);
    assert_eq!(taken(&mut room, ""), 25);
    assert_eq!(taken(&mut room, "other"), 13);
    assert_eq!(taken(&mut room, "storm"), 0, "it has its share");
    assert!(room.take("newcomer"));
}

#[test]
fn those_who_wait_already_count() {
    let waiting = HashMap::from([("storm".to_owned(), 6), ("other".to_owned(), 1)]);
    let mut room = WaitingRoom::new(10, waiting);
    assert_eq!(taken(&mut room, "storm"), 0);
    assert_eq!(taken(&mut room, "other"), 1);
    assert_eq!(taken(&mut WaitingRoom::new(1, HashMap::new()), "one"), 1);
    assert_eq!(taken(&mut WaitingRoom::new(0, HashMap::new()), "one"), 0);
}

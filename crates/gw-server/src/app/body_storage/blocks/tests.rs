//! Tests of [`super`].
use super::*;

fn segment(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

#[test]
fn what_was_read_is_found_again_also_where_it_begins_and_ends_elsewhere() {
    let block = usize::try_from(BLOCK).unwrap();
    let all = segment(3 * block + 100);
    let mut blocks = Blocks::default();
    assert_eq!(blocks.find("a", 0, 10), None);
    let (from, bytes) = around(BLOCK - 5, 10);
    assert_eq!((from, bytes), (0, 2 * block));
    blocks.add("a", from, &Bytes::copy_from_slice(&all[..bytes]));
    for (start, length) in [(0, 10), (block - 5, 10), (block, block), (17, 2 * block - 17)] {
        let found = blocks.find("a", start as u64, length);
        assert_eq!(found.as_deref(), Some(&all[start..start + length]), "{start} {length}");
    }
    assert_eq!(blocks.find("a", 2 * BLOCK - 1, 2), None, "the next block is not known");
    assert_eq!(blocks.find("b", 0, 10), None, "of another segment");
    // The end of a segment: fewer bytes than were asked for.
    blocks.add("a", 3 * BLOCK, &Bytes::copy_from_slice(&all[3 * block..]));
    assert_eq!(blocks.find("a", 3 * BLOCK + 90, 50).as_deref(), Some(&all[3 * block + 90..]));
    blocks.forget("a");
    assert_eq!(blocks.find("a", 0, 10), None);
}

#[test]
fn no_more_than_so_many_are_remembered() {
    let mut blocks = Blocks::default();
    let bytes = Bytes::from(segment(usize::try_from(BLOCK).unwrap()));
    for number in 0..=MOST as u64 {
        blocks.add("a", number * BLOCK, &bytes);
        assert!(blocks.find("a", 0, 1).is_some() || number == 0, "what is used stays");
    }
    assert_eq!(blocks.0.len(), MOST);
    assert_eq!(blocks.find("a", BLOCK, 1), None, "that was used longest ago");
    blocks.add("a", 0, &Bytes::new());
    assert_eq!(blocks.find("a", 0, 1).as_deref(), Some([].as_slice()), "an empty one is known to be empty");
}

//! Tests of [`super`].
use super::*;

/// A file of 100 zeros with `bytes` at 10.
fn file(bytes: &[u8]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.set_len(100).unwrap();
    file.write_all_at(bytes, 10).unwrap();
    file
}

#[test]
fn whole_entries_stand_and_a_piece_of_one_does_not() {
    let written = b"aaabbbccc";
    for (there, expected) in [
        (0, Standing { entries: 0, bytes: 0, clean: true }),
        (2, Standing { entries: 0, bytes: 0, clean: false }),
        (3, Standing { entries: 1, bytes: 3, clean: true }),
        (8, Standing { entries: 2, bytes: 6, clean: false }),
        (9, Standing { entries: 3, bytes: 9, clean: true }),
    ] {
        assert_eq!(look(&file(&written[..there]), 10, written, &[3, 6, 9]), expected, "{there}");
    }
    // Something that came without what is before it.
    let late = look(&file(b"aaa\0\0\0ccc"), 10, written, &[3, 6, 9]);
    assert_eq!(late, Standing { entries: 1, bytes: 3, clean: false });
    let beyond = look(&file(b""), 95, written, &[3, 6, 9]);
    assert_eq!(beyond, Standing { entries: 0, bytes: 0, clean: false });
}

#[test]
fn what_is_cut_reads_as_zeros() {
    let file = file(b"aaabbb");
    cut(&file, 13, 100).unwrap();
    let mut found = [0; 100];
    file.read_exact_at(&mut found, 0).unwrap();
    assert_eq!(&found[10..17], b"aaa\0\0\0\0");
    assert_eq!(file.metadata().unwrap().len(), 100);
}

#[test]
fn refused_entries_are_told_apart_up_to_a_bound_and_none_is_forgotten() {
    let mut refused = Refused::default();
    refused.note(5..5);
    assert!(!refused.contains(5));
    for start in 0..1000 {
        refused.note(10 * start..10 * start + 3);
    }
    assert_eq!(refused.stretches.len(), MAX_STRETCHES);
    assert!((0..1000).all(|start| refused.contains(10 * start + 2)));
    assert!(!refused.contains(9983) && !refused.contains(9993));
}

//! Tests of [`super`].
use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

const HOUR: Micros = 3_600_000_000;

fn body(number: u128, expires: Micros, bytes: usize) -> SealedBodies {
    let sealed = (0..bytes).map(|at| (at % 251) as u8 ^ number as u8).collect();
    SealedBodies { request: RequestId(number), expires, sealed }
}

fn segments(dir: &Path, bytes: u32) -> Segments {
    Segments::new(dir.join("bodies"), bytes)
}

fn lengths(segments: &Segments) -> Vec<u64> {
    let mut names = segments.list().unwrap();
    names.sort_unstable_by_key(|name| name.number);
    names.into_iter().map(|name| std::fs::metadata(segments.path(name)).unwrap().len()).collect()
}

#[test]
fn places_come_back_from_their_stored_form_and_from_names_of_files() {
    let segment = SegmentName { number: 0x0102_0304, hour: 7 };
    let place = Place { segment, start: 16, length: 0xffff };
    assert_eq!(place.bytes(), [0, 1, 2, 3, 4, 0, 0, 0, 7, 0, 0, 0, 16, 0, 0, 0xff, 0xff], "never changes");
    assert_eq!(Place::read(&place.bytes()), Some(place));
    assert_eq!(place.bytes()[..9], segment.prefix());
    assert_eq!((Place::read(&[]), Place::read(&[0; 16]), Place::read(&[1; 17])), (None, None, None));
    assert_eq!(segment.file(), "00000007-01020304.bodies");
    assert_eq!(SegmentName::parse(&segment.file()), Some(segment));
    for other in ["7-1.bodies", "00000007-01020304", "00000007-0102030g.bodies", "x"] {
        assert_eq!(SegmentName::parse(other), None, "{other}");
    }
    assert_eq!([0, 1, HOUR, HOUR + 1].map(SegmentName::hour_of), [0, 1, 1, 2]);
}

#[test]
fn what_is_written_today_is_read_for_ever() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), SEGMENT_BYTES);
    let done = segments.append(&[body(5, 9 * HOUR, 4)], 0).unwrap();
    let bytes = std::fs::read(segments.path(done.places[0].segment)).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, include_str!("../../../tests/frozen/body_segment_v1.txt").trim());
}

#[test]
fn bodies_go_by_the_hour_in_which_they_expire_and_files_are_bounded() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), 1_000);
    // Five of one hour, of which three fit into a file; one of another; and one that is larger than any file.
    let mut all: Vec<SealedBodies> = (0..5).map(|n| body(n, HOUR, 300)).collect();
    all.insert(2, body(9, HOUR + 1, 300));
    all.push(body(10, 5 * HOUR, 5_000));
    let done = segments.append(&all, 0).unwrap();
    assert_eq!(done.places.len(), all.len());
    for (one, place) in all.iter().zip(&done.places) {
        assert_eq!(segments.read(one.request, *place).as_ref(), Some(&one.sealed));
        assert_eq!(segments.read(RequestId(77), *place), None, "of another call");
    }
    assert_eq!(lengths(&segments), [16 + 3 * 324, 16 + 2 * 324, 16 + 324, 16 + 5_024]);
    // The next run begins files of its own, and its numbers go on, also behind what only the database knows.
    let next = super::tests::segments(temp.path(), 1_000);
    assert_eq!(next.append(&[body(20, HOUR, 10)], 3).unwrap().places[0].segment.number, 5);
    assert_eq!(next.append(&[body(21, 9 * HOUR, 10)], 40).unwrap().places[0].segment.number, 41);
    assert_eq!(next.read(RequestId(0), done.places[0]), Some(all[0].sealed.clone()));
}

#[test]
fn what_is_torn_damaged_or_gone_reads_as_no_bodies() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), SEGMENT_BYTES);
    let all: Vec<SealedBodies> = (0..3).map(|n| body(n, HOUR, 100)).collect();
    let places = segments.append(&all, 0).unwrap().places;
    let path = segments.path(places[0].segment);
    let whole = std::fs::read(&path).unwrap();
    let read = |at: usize| segments.read(all[at].request, places[at]);
    for cut in [whole.len() - 1, whole.len() - 100, whole.len() - 124] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert_eq!((read(0).is_some(), read(1).is_some(), read(2)), (true, true, None), "{cut}");
    }
    for at in 16..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let left = (0..3).filter(|at| read(*at).is_some()).count();
        assert_eq!(left, 2, "{at}");
    }
    std::fs::write(&path, b"something else").unwrap();
    segments.files.forget(places[0].segment);
    assert_eq!(read(0), None);
    let far = Place { start: u32::MAX, length: u32::MAX, ..places[0] };
    assert_eq!(segments.read(all[0].request, far), None, "no room is made for it");
    segments.remove(places[0].segment);
    segments.remove(places[0].segment);
    assert_eq!(read(0), None);
}

#[test]
fn what_nobody_knows_of_is_taken_back() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), 1_000);
    let first = segments.append(&[body(1, HOUR, 100)], 0).unwrap();
    let before = lengths(&segments);
    let lost = segments.append(&(2..9).map(|n| body(n, HOUR, 300)).collect::<Vec<_>>(), 0).unwrap();
    segments.undo(&lost);
    assert_eq!(lengths(&segments).first(), before.first());
    assert_eq!(lengths(&segments).iter().sum::<u64>(), before[0] + 2 * 16, "nothing but heads");
    let again = segments.append(&[body(2, HOUR, 100)], 0).unwrap();
    assert_eq!(segments.read(RequestId(2), again.places[0]), Some(body(2, HOUR, 100).sealed));
    assert_eq!(segments.read(RequestId(1), first.places[0]), Some(body(1, HOUR, 100).sealed));
}

#[test]
fn what_is_erased_is_gone_from_the_disk_and_the_rest_is_not() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), SEGMENT_BYTES);
    let all: Vec<SealedBodies> = (0..3).map(|n| body(n, HOUR, 9_000)).collect();
    let places = segments.append(&all, 0).unwrap().places;
    segments.erase(&places[1..2]);
    let read = |at: usize| segments.read(all[at].request, places[at]);
    assert_eq!((read(0).is_some(), read(1), read(2).is_some()), (true, None, true));
    let bytes = std::fs::read(segments.path(places[0].segment)).unwrap();
    let start = places[1].start as usize + FRAME_BYTES as usize;
    assert!(bytes[start..start + 9_000].iter().all(|byte| *byte == 0));
    segments.remove(places[0].segment);
    segments.erase(&places);
}

#[test]
fn files_that_nobody_knows_of_go_when_their_hour_has_come() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), SEGMENT_BYTES);
    segments.append(&[body(1, 3 * HOUR, 10), body(2, 4 * HOUR, 10), body(3, 9 * HOUR, 10)], 0).unwrap();
    let left = |now| {
        segments.sweep(now);
        segments.list().unwrap().len()
    };
    assert_eq!([left(2 * HOUR), left(3 * HOUR), left(3 * HOUR + 5), left(8 * HOUR)], [3, 2, 2, 1]);
    let later = segments.append(&[body(4, HOUR, 10)], 0).unwrap().places[0];
    assert!(
        segments.read(RequestId(4), later).is_some(),
        "a clock that goes back is no reason to lose anything"
    );
}

#[test]
fn organizations_that_keep_bodies_for_different_times_do_not_begin_a_file_with_each_write() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), SEGMENT_BYTES);
    for round in 0..3 {
        let all: Vec<SealedBodies> =
            (0..40).map(|n| body(round * 40 + n, 24 * HOUR * n as i64, 50)).collect();
        segments.append(&all, 0).unwrap();
    }
    assert_eq!(segments.list().unwrap().len(), 40);
}

#[test]
fn many_hours_need_no_more_than_so_many_open_files() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), SEGMENT_BYTES);
    let all: Vec<SealedBodies> = (0..300).map(|n| body(n, HOUR * n as i64, 50)).collect();
    let places = segments.append(&all, 0).unwrap().places;
    assert_eq!(segments.writing.lock().open.len(), MOST_OPEN);
    for (one, place) in all.iter().zip(&places) {
        assert_eq!(segments.read(one.request, *place).as_ref(), Some(&one.sealed));
    }
    assert!(segments.files.count() <= 8);
}

#[test]
fn readers_and_writers_do_not_disturb_each_other() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), 4_000);
    let (known, over) = (Mutex::new(Vec::<(SealedBodies, Place)>::new()), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let all = known.lock().clone();
                    for (one, place) in &all {
                        let found = segments.read(one.request, *place);
                        assert_eq!(found.as_ref(), Some(&one.sealed));
                    }
                }
            });
        }
        for round in 0..60u128 {
            let all: Vec<SealedBodies> =
                (0..7).map(|n| body(round * 7 + n, HOUR * (n as i64 % 3), 200)).collect();
            let places = segments.append(&all, 0).unwrap().places;
            known.lock().extend(all.into_iter().zip(places));
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(known.lock().len(), 420);
}

#[test]
fn a_disk_that_takes_nothing_is_an_error_and_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("bodies"), b"in the way").unwrap();
    let segments = segments(temp.path(), SEGMENT_BYTES);
    assert!(segments.append(&[body(1, HOUR, 10)], 0).is_err());
    std::fs::remove_file(temp.path().join("bodies")).unwrap();
    let place = segments.append(&[body(1, HOUR, 10)], 0).unwrap().places[0];
    assert!(segments.read(RequestId(1), place).is_some());
}

#[test]
fn what_is_old_enough_is_ended_and_numbers_may_come_from_elsewhere() {
    let temp = tempfile::tempdir().unwrap();
    let segments = segments(temp.path(), 1_000);
    let settled = |now| segments.settled(now, 10).unwrap().iter().map(|name| name.number).collect::<Vec<_>>();
    segments.append(&[body(1, HOUR, 100), body(2, 2 * HOUR, 100)], 0).unwrap();
    assert_eq!((settled(0), settled(9)), (vec![], vec![]));
    assert_eq!(segments.append(&[body(3, HOUR, 100)], 0).unwrap().places[0].segment.number, 1);
    assert_eq!(settled(10), [1, 2]);
    assert_eq!(segments.append(&[body(4, HOUR, 100)], 0).unwrap().places[0].segment.number, 3);
    assert_eq!(settled(10), [1, 2], "another one is begun");
    assert_eq!(segments.held(), 4 * 124);
    segments.measure();
    assert_eq!(segments.held(), lengths(&segments).iter().sum::<u64>());
    let asked = |number: Result<u32, StoreError>| {
        let number = Mutex::new(Some(number));
        let next = || number.lock().take().unwrap();
        segments.append_numbered(&[body(5, 7 * HOUR, 10)], &Numbers::Asked(&next))
    };
    assert!(asked(Err(StoreError::Gone)).is_err());
    let appended = asked(Ok(77)).unwrap();
    assert_eq!((appended.places[0].segment.number, lengths(&segments).len()), (77, 4));
    // A file of a run before is written to by nobody.
    let next = super::tests::segments(temp.path(), 1_000);
    assert_eq!(next.settled(0, 10).unwrap().len(), 4);
    let place = appended.places[0];
    let bytes = std::fs::read(segments.path(place.segment)).unwrap();
    let (start, length) = place.frame();
    let frame = &bytes[usize::try_from(start).unwrap()..][..length];
    assert_eq!(open_frame(frame, RequestId(5), place), Some(&body(5, 0, 10).sealed[..]));
    assert_eq!(open_frame(frame, RequestId(6), place), None);
    assert_eq!(open_frame(&frame[..length - 1], RequestId(5), place), None);
    overwrite(&segments.path(place.segment), &[place]).unwrap();
    let bytes = std::fs::read(segments.path(place.segment)).unwrap();
    assert!(bytes.ends_with(&[0; 10]));
}

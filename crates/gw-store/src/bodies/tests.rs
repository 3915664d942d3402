//! Tests of [`super`].
use super::*;
use crate::types::{Feedback, Rating, SealedBodies};
use gw_model::{Micros, RequestId, Secret};
use parking_lot::{Condvar, Mutex};

/// Keeps what is written, or fails.
#[derive(Default)]
struct Shelf {
    written: Mutex<Vec<SealedBodies>>,
    transactions: Mutex<usize>,
    wake: Condvar,
    fails: bool,
}

impl RecordStore for Shelf {
    fn write_bodies(&self, bodies: &[SealedBodies]) -> Result<(), StoreError> {
        if self.fails {
            return Err(StoreError::Damaged { what: "a disk" });
        }
        self.written.lock().extend(bodies.iter().cloned());
        *self.transactions.lock() += 1;
        self.wake.notify_all();
        Ok(())
    }

    fn remove_expired_bodies(&self, _now: Micros, _most: usize) -> Result<usize, StoreError> {
        Ok(0)
    }

    fn sweep(
        &self,
        _kept: crate::types::KeptPart,
        _whose: &crate::types::Whose,
        after: RequestId,
        _before: Micros,
        _most: usize,
    ) -> Result<crate::types::Swept, StoreError> {
        Ok(crate::types::Swept { looked: 0, removed: 0, up_to: after })
    }
    fn remove_records(&self, _before: Micros, _most: usize) -> Result<usize, StoreError> {
        Ok(0)
    }

    fn add_feedback(&self, _feedback: &Feedback, _most: usize) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn ratings(&self, _requests: &[RequestId]) -> Result<Vec<Rating>, StoreError> {
        Ok(Vec::new())
    }
    fn feedback(&self, _request: RequestId) -> Result<Vec<Feedback>, StoreError> {
        Ok(Vec::new())
    }
}

fn content(text: &str) -> BodyContent {
    let side = |bytes: &str| BodySide {
        bytes: bytes.as_bytes().to_vec(),
        content_type: "application/json".to_owned(),
        is_cut: false,
    };
    BodyContent { format: "chat".to_owned(), request: side(text), response: side("ok"), is_masked: false }
}

fn kept(number: u128, text: &str, is_masked: bool) -> Kept {
    Kept { request: RequestId(number), expires: 7, is_masked, content: content(text) }
}

fn sealer() -> BodySealer {
    BodySealer::new(&[Secret::new("an encryption key of a test".to_owned())])
}

fn start(shelf: &Arc<Shelf>, settings: BodySettings) -> Bodies {
    let mask = |content: &mut BodyContent| {
        content.request.bytes = b"masked".to_vec();
        content.response.bytes != b"unreadable"
    };
    Bodies::start(Arc::clone(shelf) as Arc<dyn RecordStore>, sealer(), Box::new(mask), settings).unwrap()
}

#[test]
fn bodies_come_back_from_what_is_sealed() {
    let shelf = Arc::new(Shelf::default());
    let bodies = start(&shelf, BodySettings::default());
    bodies.keep(kept(1, &"a long prompt ".repeat(1000), false));
    bodies.keep(kept(2, "call 555-0100", true));
    bodies.finish();
    let written = shelf.written.lock();
    let [first, second] = written.as_slice() else { panic!("two calls") };
    assert!(first.sealed.len() < 1000, "compressed: {} bytes", first.sealed.len());
    assert_eq!(sealer().open(RequestId(1), &first.sealed).unwrap(), content(&"a long prompt ".repeat(1000)));
    assert!(sealer().open(RequestId(2), &first.sealed).is_err(), "of another call");
    let masked = sealer().open(RequestId(2), &second.sealed).unwrap();
    assert_eq!((masked.request.bytes.as_slice(), masked.is_masked), (&b"masked"[..], true));
    assert_eq!(bodies.stats(), BodyStats { written: 2, dropped: 0, unmasked: 0 });
}

/// What was stored must be read for ever.
#[test]
fn both_forms_are_read() {
    let one = content("a prompt, a prompt, a prompt, and so on");
    let plain = postcard::to_allocvec(&one).unwrap();
    let mut deflated = vec![1];
    let mut encoder = flate2::write::DeflateEncoder::new(&mut deflated, flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &plain).unwrap();
    encoder.finish().unwrap();
    assert_eq!(content::BodyContent::unpack(&deflated).unwrap(), one);
    let mut room = content::PackRoom::default();
    let packed = one.pack(&mut room).unwrap().to_vec();
    assert_eq!(content::BodyContent::unpack(&packed).unwrap(), one);
    let length = u32::try_from(plain.len()).unwrap().to_le_bytes();
    assert_eq!((packed[0], &packed[1..5]), (2, length.as_slice()));
    // Compressed as it was, and as it is: there are many ways to write the same as LZ4.
    let frozen = include_str!("../../tests/frozen/bodies_v2.txt").trim();
    let byte = |at: usize| u8::from_str_radix(&frozen[at..at + 2], 16).unwrap();
    let frozen: Vec<u8> = (0..frozen.len()).step_by(2).map(byte).collect();
    assert_eq!(content::BodyContent::unpack(&frozen).unwrap(), one);
    for cut in 0..packed.len() {
        assert!(content::BodyContent::unpack(&packed[..cut]).is_err(), "cut at {cut}");
    }
    let mut huge = packed;
    huge[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(content::BodyContent::unpack(&huge).is_err(), "no room is made for what cannot be there");
}

#[test]
fn what_must_be_masked_and_cannot_be_is_not_kept() {
    let shelf = Arc::new(Shelf::default());
    let bodies = start(&shelf, BodySettings::default());
    let mut one = kept(1, "x", true);
    one.content.response.bytes = b"unreadable".to_vec();
    bodies.keep(one);
    bodies.finish();
    assert!(shelf.written.lock().is_empty());
    assert_eq!(bodies.stats().unmasked, 1);
}

#[test]
fn what_does_not_fit_or_is_not_taken_is_dropped_and_counted() {
    let shelf = Arc::new(Shelf { fails: true, ..Shelf::default() });
    let bodies = start(&shelf, BodySettings { queue_calls: 0, queue_bytes: 1 << 20 });
    bodies.keep(kept(1, "x", false));
    assert_eq!(bodies.stats().dropped, 1, "none may wait");
    let bodies = start(&shelf, BodySettings::default());
    bodies.keep(kept(1, "x", false));
    bodies.finish();
    bodies.keep(kept(2, "x", false));
    assert_eq!(bodies.stats(), BodyStats { written: 0, dropped: 2, unmasked: 0 });
}

#[test]
fn a_text_is_found_in_whatever_case_and_as_json_writes_it() {
    let content = content("{\"content\":\"Say \\\"Hello\\\" to M\\u00fcller\"}");
    assert!(content.holds("say \"hello\"") && content.holds("hello") && content.holds("ok"));
    assert!(!content.holds("goodbye"));
}

#[test]
fn what_comes_one_after_the_other_is_written_together_and_nothing_waits_for_ever() {
    let shelf = Arc::new(Shelf::default());
    let bodies = start(&shelf, BodySettings::default());
    for number in 0..1_000 {
        bodies.keep(kept(number, "x", false));
    }
    bodies.finish();
    let (written, transactions) = (shelf.written.lock().len(), *shelf.transactions.lock());
    assert_eq!(written, 1_000);
    assert!(transactions < 500, "{transactions}");
    // No nonce comes twice with a salt.
    let mut heads: Vec<Vec<u8>> = shelf.written.lock().iter().map(|one| one.sealed[1..29].to_vec()).collect();
    heads.sort_unstable();
    heads.dedup();
    assert_eq!(heads.len(), 1_000);
    let alone = start(&shelf, BodySettings::default());
    alone.keep(kept(2_000, "x", false));
    let (mut written, limit) = (shelf.written.lock(), std::time::Duration::from_secs(20));
    let late = shelf.wake.wait_while_for(&mut written, |written| written.len() == 1_000, limit).timed_out();
    assert!(!late, "it waits for others");
}

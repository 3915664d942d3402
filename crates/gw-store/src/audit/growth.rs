//! How a chain grows and is shortened, whatever database it stands in. Pure: it is given what the store reads, and says what
//! the store writes.

use super::chain::{AuditSeal, Head, Link, NO_HASH};
use super::entry::{AuditDraft, AuditEntry, AuditOutcome, Origin};
use gw_model::Micros;
use serde_json::{Value, json};

/// The action of the entry that begins a chain anew, where there is no whole one to go on from.
pub(super) const BREAK: &str = "audit.break";
/// The action of the entry that says which ones were dropped for their age.
const PRUNE: &str = "audit.prune";

/// Chains a draft to the end: the entry to be written. The head is then the one behind it.
pub(crate) fn grow(head: &mut Head, seal: &AuditSeal, draft: &AuditDraft) -> (AuditEntry, Link) {
    let entry = AuditEntry::new(head.last + 1, draft);
    let link = seal.link(&head.hash, &entry);
    (head.last, head.hash) = (entry.number, link.hash);
    (entry, link)
}

/// There are entries, and no end that could be trusted: what follows is not chained to them, and its first entry, the draft
/// given here, says so. Asks for the first and last number there are, and for the last one that the head names, if any.
pub(crate) fn anew((first, last): (i64, i64), said: Option<i64>, time: Micros) -> (Head, AuditDraft) {
    // A number from nowhere near would use up all that there are.
    let said = said.filter(|said| *said > last && *said < last.saturating_add(1 << 32));
    let head = Head { first, base: NO_HASH, last: said.unwrap_or(last).max(0), hash: NO_HASH };
    let draft = own(BREAK, AuditOutcome::Failure, time, json!({ "last_entry": last }));
    (head, draft)
}

/// The first number that stays when those before `young` are dropped, at most `most` of them; `None` when all stay.
pub(crate) fn first_kept(head: &Head, young: Option<i64>, most: usize) -> Option<i64> {
    let bound = head.first.saturating_add(i64::try_from(most).unwrap_or(i64::MAX));
    let next = young.unwrap_or(head.last + 1).min(bound).min(head.last + 1);
    (next > head.first).then_some(next)
}

/// The entries up to that number are dropped; `base` is the hash of the last of them. Gives the entry that says so.
pub(crate) fn shorten(head: &mut Head, next: i64, base: [u8; 32], now: Micros) -> AuditDraft {
    let told = json!({ "first_dropped": head.first, "last_dropped": next - 1 });
    (head.first, head.base) = (next, base);
    own(PRUNE, AuditOutcome::Success, now, told)
}

fn own(action: &'static str, outcome: AuditOutcome, time: Micros, after: Value) -> AuditDraft {
    AuditDraft {
        time,
        origin: Origin::system(),
        action,
        kind: "audit",
        id: String::new(),
        name: String::new(),
        places: Vec::new(),
        outcome,
        before: None,
        after: Some(after),
    }
}

/// Are the first entries there as they were written? What is not must stay to be seen: an older time would else be enough to
/// be rid of an entry.
pub(crate) struct Unaltered {
    previous: [u8; 32],
    expected: i64,
}

impl Unaltered {
    pub(crate) const fn of(head: &Head) -> Self {
        Self { previous: head.base, expected: head.first }
    }

    /// Takes the next entry; false when it is not as it was written.
    pub(crate) fn take(&mut self, seal: &AuditSeal, entry: &AuditEntry, link: &Link) -> bool {
        let follows = seal.link(&self.previous, entry).hash == link.hash;
        if entry.number != self.expected || !follows || !seal.is_sealed(link) {
            return false;
        }
        (self.previous, self.expected) = (link.hash, self.expected + 1);
        true
    }

    /// The hash of the last entry before that number, if all up to it were taken.
    pub(crate) fn until(&self, next: i64) -> Option<[u8; 32]> {
        (self.expected == next).then_some(self.previous)
    }
}

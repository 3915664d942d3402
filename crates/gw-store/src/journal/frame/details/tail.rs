//! What stands behind the trace of a record: a byte that says what there is, and that. Nothing at all where there is nothing.

use gw_model::RecordDetails;

/// The name of the model stood for something, though no provider was tried.
const RESOLVED: u8 = 1;

/// Most bytes of it.
pub(super) const BYTES: usize = 1;

/// As it is written.
pub(super) fn of(details: &RecordDetails) -> Vec<u8> {
    let mut flags = 0;
    if details.is_resolved {
        flags |= RESOLVED;
    }
    if flags == 0 { Vec::new() } else { vec![flags] }
}

/// The details with what the tail says. What a later version added is left out.
pub(super) fn read(tail: &[u8], known: RecordDetails) -> RecordDetails {
    RecordDetails { is_resolved: is_resolved(tail), ..known }
}

/// See [`RESOLVED`].
pub(super) fn is_resolved(tail: &[u8]) -> bool {
    tail.first().is_some_and(|flags| flags & RESOLVED != 0)
}

//! The audit log: what was changed in the control plane, by whom, from where. Entries are numbered without gaps, each holds
//! the hash of the one before it, and all are sealed with a key that is not in the database: whoever can only write the
//! database can neither alter, insert, remove nor swap one unseen. It must not know HTTP, nor hold a secret.

mod chain;
mod changed;
mod entry;
mod growth;
mod verify;

pub use chain::{AuditSeal, Head, Link, NO_HASH};
pub use changed::changed;
pub use entry::{Actor, AuditDraft, AuditEntry, AuditFilter, AuditOutcome, AuditPage, Origin, Repeatable};
pub use verify::{Anchor, AuditFault, AuditReport, AuditRow, FaultKind, Verifier};

pub(crate) use crate::keys::hex;
pub(crate) use growth::{Unaltered, anew, first_kept, grow, shorten};

//! Response guardrails, and the restoring of what was masked: over a whole answer, or over the frames of a stream, in the
//! upstream's format, before they are translated. A call without guardrails does not get here.

mod asked;
mod looking;
mod stream;
mod whole;

pub(super) use asked::{StreamAsk, Verdicts};
pub(crate) use stream::masked;
pub(super) use stream::{FramePlace, StreamGuard};
pub(super) use whole::asked_body;
pub(crate) use whole::{any_body, body};

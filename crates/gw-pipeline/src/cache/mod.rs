//! Fifth stage: an answer that is already known. No store of answers exists yet, so every call misses; a
//! configuration that turns caching on is refused when it is loaded, never ignored here.

use crate::guard::Screened;
use crate::reply::Reply;
use crate::ticket::Rejected;

/// What the cache says.
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the common one; a box would be made for each call"
)]
pub(crate) enum LookUp {
    /// The answer.
    #[expect(dead_code, reason = "made by the cache stores; the stage's type is final")]
    Answer(Reply),
    /// Go on.
    Miss(Screened),
}

/// Looks the request up.
pub(crate) async fn look_up(mut screened: Screened) -> Result<LookUp, Rejected> {
    screened.ticket.record.cache.push_str("bypass");
    Ok(LookUp::Miss(screened))
}

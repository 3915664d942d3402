//! The usage journal: append-only files, one chain per worker, that hold what a call is about to spend
//! (intents, written before the upstream is called) and what came of it (records, written before the last
//! byte goes to the client). Serves the attempt and record stages; the fold reads it. It survives the end
//! of the process at any instruction; how much a power cut can lose is a setting.
//! It must not know the store, and nothing in it blocks longer than one `pwrite`.

mod aftermath;
mod codes;
mod error;
mod frame;
mod keeper;
mod owned;
mod reader;
mod segment;
mod settings;
mod text;
mod writer;

pub(crate) use codes::{outcome_code, outcome_of, role_code, role_of, source_code, source_of};
pub use error::JournalError;
pub use frame::{
    AttemptFrame, Frame, FrameError, Intent, IntentFrame, MAX_METADATA_BYTES, MediaFrame, ParentFrame,
    RecordBytes, RecordFrame, TollFrame, UsageFrame, VerdictFrame,
};
pub(crate) use frame::{resolved_and_region, rest_of, rest_with_prices, trace_of};
pub use owned::{MAX_OBJECT_ID_BYTES, Owned, OwnedFrame};
pub use reader::{ReadEnd, SegmentReader};
pub use segment::{SegmentId, SegmentInfo, list_segments};
pub use settings::{JournalSettings, Quota};
pub use writer::{Journal, Taken};

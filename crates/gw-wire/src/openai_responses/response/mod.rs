//! Whole answers of OpenAI Responses. Serves translation of whole answers. It must not treat them apart from
//! streams: both are the same items.

mod fold;
mod object;
mod parts;
mod read;
mod tracker;
mod write;

pub(super) use fold::{Change, Folder, Kind, Part, PartKind};
pub(super) use object::{Ending, Shell, or_empty_object, write_item, write_part};
pub use read::read;
pub(super) use read::{Ended, created, ended};
pub(super) use tracker::{Text, Tracker, push_logprobs};
pub use write::{write, write_with};

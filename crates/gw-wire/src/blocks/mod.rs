//! What writers of block formats (Anthropic, Converse, Cohere) share: blocks put together from events, and
//! blocks of a stream put one behind the other. Serves their `response` and `stream` writers. It must not know
//! how any one format spells a block.

mod nesting;
mod order;
mod whole;

pub(crate) use nesting::is_whole;
pub(crate) use order::{InOrder, Kind, Order};
pub(crate) use whole::{Block, Content, fold};

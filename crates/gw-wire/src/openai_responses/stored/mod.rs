//! What is kept of an answer so that a later request can go on from it, and what is made of that: the longer
//! request, the answer again, pages of its input. Serves the stage that recalls and the endpoints of stored answers.
//! It must not know where anything is kept, nor whose it is.

mod expand;
mod ids;
mod items;
mod made;
mod page;
mod reference;
mod state;

pub use expand::{History, expand, references};
pub use ids::{answer_id, answer_of_item};
pub use made::{Made, made, made_in_frame};
pub use page::{Page, deleted};
pub use reference::Reference;
pub(crate) use reference::any as any_reference;
pub use state::State;

#[cfg(test)]
mod tests;

//! Guardrails: what texts of requests and answers hold that they should not, and what becomes of it. Serves the guard
//! stages of the pipeline, the playground and the evaluation command. Pure: it must not open sockets, read clocks, know
//! tenants or wire formats, or take more than linear time.
//!
//! A [`Guardrail`] is compiled from its specification. A text goes through a [`Flow`], whole or in pieces: checks give
//! findings, the guardrail's action makes of them notes, replacements or a stop. [`segment`](mod@segment) and
//! [`walk`](mod@walk) say why a stream is judged as the whole text is.
#![forbid(unsafe_code)]

pub mod asked;
mod check;
mod expression;
mod finding;
mod flow;
mod injection;
mod invisible;
mod json_text;
mod layers;
mod matches;
mod notes;
pub mod pii;
mod placeholders;
mod rail;
mod regexes;
mod schema;
pub mod secrets;
mod segment;
pub mod signature;
mod terms;
mod urls;
mod vault;
mod walk;
mod whole;

pub use check::{Check, CheckError};
pub use finding::Finding;
pub use flow::{Blocked, Edit, Flow, Form, Session, apply, seen, told as pass_told, whole as pass_whole};
pub use layers::compose;
pub use matches::{AnswerPattern, AnswerSchema};
pub use notes::{MAX_NOTES, NO_VERDICT, Note, Notes, Place, Side};
pub use placeholders::Placeholders;
pub use rail::Guardrail;
pub use terms::{MAX_TERM_BYTES, MAX_TERMS, Terms};
pub use vault::Vault;
pub use whole::language;

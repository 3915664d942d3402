//! Conditions of the configuration: a subset of CEL, the Common Expression Language. A text is compiled once, by
//! [`compile()`], into a [`Condition`] that the snapshot holds; the request path evaluates it. It must not do I/O,
//! read a clock, know where conditions stand, panic, or take more time or memory than its limits.
//!
//! The way of a text: `lex` (tokens) -> `parse` (a tree, bounded) -> `check` (names and types; to `plan`) ->
//! `eval` (a plan and a subject to a value). What can be called stands in `functions`, what can be named in
//! `variables`. `docs/policy.md` is the reference for people.
#![forbid(unsafe_code)]

mod ast;
mod check;
mod compile;
mod error;
mod eval;
mod functions;
mod lex;
mod limits;
mod parse;
mod plan;
mod types;
mod value;
mod variables;

pub use compile::compile;
pub use error::CompileError;
pub use gw_model::policy::{Condition, ConditionError, ConditionFault, Reads, Subject};
pub use limits::{MAX_BYTES, MAX_HEIGHT, MAX_NESTING, MAX_REGEX_BYTES, MAX_SOURCE_BYTES, MAX_STEPS};

//! Plugins as the request path asks them. Whoever can run one implements [`Plugins`]; the request path must not run the
//! code of others on its own threads.

use gw_guard::asked::{AskFault, PluginAnswer, Question};
use gw_model::guardrail::AskSpec;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A plugin's answer to come.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<PluginAnswer, AskFault>> + 'a>>;

/// Runs plugins off the threads that serve requests, within the bounds of their guardrails.
pub trait Plugins: Send + Sync + fmt::Debug {
    /// Asks the plugin of a guardrail. What is dropped half-way is ended.
    fn ask<'a>(&'a self, spec: &'a AskSpec, question: &'a Question<'a>) -> Answering<'a>;
}

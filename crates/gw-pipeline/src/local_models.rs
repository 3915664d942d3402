//! Models in the process as the guardrails of the request path ask them. Whoever can run one implements [`LocalModels`]; the
//! request path must not run one on its own threads.

use gw_guard::asked::{AskFault, LocalFinding, Question};
use gw_model::guardrail::AskSpec;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// What a model says of texts, to come.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<Vec<LocalFinding>, AskFault>> + 'a>>;

/// Runs models off the threads that serve requests.
pub trait LocalModels: Send + Sync + fmt::Debug {
    /// Asks the model of a guardrail. What is dropped is not begun any more.
    fn ask<'a>(&'a self, spec: &'a AskSpec, question: &'a Question<'a>) -> Reading<'a>;
}

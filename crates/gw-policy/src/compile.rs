//! From a text to a condition. Serves the compilation of the configuration. It must not keep anything between two
//! texts.

use crate::error::CompileError;
use crate::limits::MAX_SOURCE_BYTES;
use crate::plan::Plan;
use crate::types::Type;
use crate::{check, eval, lex, parse};
use gw_model::policy::{Condition, ConditionError, Reads, Subject};
use std::sync::Arc;

/// Compiles a condition.
///
/// # Errors
/// The text is longer than [`MAX_SOURCE_BYTES`], is nested too deeply, is no expression, names what there is not,
/// mixes types that do not go together, or can never be true or false.
pub fn compile(text: &str) -> Result<Arc<dyn Condition>, CompileError> {
    if text.len() > MAX_SOURCE_BYTES {
        return Err(CompileError::new(1, format!("the condition is longer than {MAX_SOURCE_BYTES} bytes")));
    }
    let tree = parse::parse(lex::tokens(text)?)?;
    let (plan, kind, reads) = check::check(&tree)?;
    if !kind.may_be(&Type::Bool) {
        let found = kind.describe();
        return Err(CompileError::new(
            tree.column,
            format!("a condition is true or false, but this is {found}"),
        ));
    }
    Ok(Arc::new(Compiled { source: text.into(), plan, reads }))
}

#[derive(Debug)]
struct Compiled {
    source: Box<str>,
    plan: Plan,
    reads: Reads,
}

impl Condition for Compiled {
    fn holds(&self, subject: &Subject<'_>) -> Result<bool, ConditionError> {
        eval::holds(&self.plan, subject)
    }

    fn source(&self) -> &str {
        &self.source
    }

    fn reads(&self) -> Reads {
        self.reads
    }
}

#[cfg(test)]
mod tests;

//! A condition for which calls are refused. It is kept as it is written, and compiled once, when it is first asked; whoever asks
//! brings the compiler. It must not know the language.

use crate::clock::Micros;
use crate::policy::Condition;
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

/// After what time it is said again that a condition could not be evaluated, in microseconds.
const COMPLAINT_US: Micros = 60_000_000;

/// Turns a condition's text into what can be asked; `None` where it is none.
pub type Compile = fn(&str) -> Option<Arc<dyn Condition>>;

/// Calls for which `when` holds are refused.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DenyRule {
    /// The condition.
    pub when: String,
    /// What the caller is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip)]
    compiled: OnceLock<Option<Arc<Compiled>>>,
}

#[derive(Debug)]
struct Compiled {
    condition: Arc<dyn Condition>,
    complained_at: AtomicI64,
}

impl DenyRule {
    /// A rule; whether the text is a condition is found out before.
    #[must_use]
    pub const fn new(when: String, message: Option<String>) -> Self {
        Self { when, message, compiled: OnceLock::new() }
    }

    /// The condition; `None` where this version cannot read it.
    pub fn condition(&self, compile: Compile) -> Option<&Arc<dyn Condition>> {
        let make =
            || compile(&self.when).map(|condition| Compiled { condition, complained_at: AtomicI64::new(0) });
        let compiled = self.compiled.get_or_init(|| make().map(Arc::new));
        compiled.as_ref().map(|compiled| &compiled.condition)
    }

    /// Is it to be said now that it could not be evaluated? Not when that was said not long ago.
    pub fn may_complain(&self, now: Micros) -> bool {
        let Some(Some(compiled)) = self.compiled.get() else { return true };
        let at = &compiled.complained_at;
        let before = at.load(Ordering::Relaxed);
        let is_due = before == 0 || now.saturating_sub(before) > COMPLAINT_US;
        is_due && at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// May it read headers? Then they must be kept for it.
    #[must_use]
    pub fn may_read_headers(&self) -> bool {
        self.when.contains("headers")
    }
}

impl PartialEq for DenyRule {
    fn eq(&self, other: &Self) -> bool {
        self.when == other.when && self.message == other.message
    }
}

impl Eq for DenyRule {}

impl Hash for DenyRule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.when, &self.message).hash(state);
    }
}

//! The conditions of one alias, each compiled once however often aliases within aliases come by it. It must not know
//! what a condition decides.

use crate::place::{At, Place};
use crate::shape::Text;
use gw_model::policy::Condition;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most conditions of one alias, those of aliases that it names included: a request may evaluate all of them.
const MAX_CONDITIONS: usize = 256;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Conditions(BTreeMap<(Place, String), Option<Arc<dyn Condition>>>);

impl Conditions {
    /// The condition that is written there, or what is wrong with it.
    pub(super) fn get(&mut self, when: &At<Text>) -> Result<Arc<dyn Condition>, String> {
        let text = when.value.as_str();
        let key = (when.place, text.to_owned());
        if let Some(Some(known)) = self.0.get(&key) {
            return Ok(Arc::clone(known));
        }
        if self.0.len() >= MAX_CONDITIONS {
            return Err(format!("there are more than {MAX_CONDITIONS} conditions in one model: use fewer"));
        }
        let compiled = gw_policy::compile(text);
        if compiled.as_ref().is_ok_and(|condition| condition.reads().text) {
            return Err("'when' names 'text', which only guardrails of kind cel have".to_owned());
        }
        self.0.insert(key, compiled.as_ref().ok().map(Arc::clone));
        compiled.map_err(|error| format!("'when' is no condition: {error}"))
    }
}

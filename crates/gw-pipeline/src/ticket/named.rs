//! What is called, and whether its name is one: those that callers make up are counted under none.

use super::Open;
use crate::lineup::Lineup;
use gw_model::Outcome;
use gw_model::snapshot::Model;
use std::sync::Arc;

impl Open {
    /// What is called, from now on.
    pub(crate) fn set_model(&mut self, model: &Arc<Model>) {
        self.model = Some(Arc::clone(model));
    }

    /// The name that the caller gave stands for this, which is configured or not. What is not has a name once it was served.
    pub(crate) fn name_model(&mut self, model: &Lineup, is_configured: impl FnOnce() -> bool) {
        if self.record.model.is_empty() {
            return;
        }
        let proven = &self.worker.gateway().proven;
        self.is_named = proven.has(&model.name) || is_configured();
        if self.is_named {
            self.set_model(model.model());
        }
    }

    /// The name stands for something, whatever that is.
    pub(crate) const fn note_named(&mut self) {
        self.is_named = true;
    }

    /// A sub-call is named as its request is.
    pub(super) const fn name_as(&mut self, request: &Self) {
        self.is_named = request.is_named;
    }

    /// Notes in the record of a refused call whether its name is one, and of others that it is.
    pub(super) fn note_name(&mut self) {
        if !self.record.attempts.is_empty() {
            if let (false, Outcome::Success, Some(model)) = (self.is_named, self.record.outcome, &self.model)
            {
                self.worker.gateway().proven.add(&model.name);
            }
            return;
        }
        self.record.details.is_resolved = self.is_named && self.record.outcome == Outcome::Refused;
    }

    /// The model, where its name may be a label.
    pub(super) fn labelled(&self) -> Option<&Model> {
        let is_made_up =
            !self.is_named && self.record.attempts.is_empty() && self.record.outcome == Outcome::Refused;
        self.model.as_deref().filter(|_| !is_made_up)
    }
}

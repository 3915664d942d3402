//! What a call has to do with the errand that it is run for: it spends of that one's purse, and tells what it came to. It must not
//! know what the errand is about.

use super::Open;
use crate::errand::Errand;
use std::sync::Arc;

impl Open {
    /// From now on it spends of what the errand may spend.
    pub(crate) fn run_errand(&mut self, errand: Arc<Errand>) {
        if let Some(link) = errand.link() {
            self.chain.push(link);
        }
        self.errand = Some(errand);
    }

    /// The call ends.
    pub(super) fn tell_errand(&self) {
        if let Some(errand) = &self.errand {
            errand.tell(&self.record);
        }
    }
}

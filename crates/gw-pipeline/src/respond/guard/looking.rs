//! Who looks at the texts of an answer, by what these are: what is said, details beside it, and what tools are called with.
//! Serves whole answers and streams.

use crate::guard::{Chosen, Matter, Rails, Sort};
use gw_guard::Guardrail;
use gw_model::guardrail::Speaker;
use gw_wire::texts::Text;
use std::sync::Arc;

/// The sorts that answers have.
const SORTS: [Sort; 5] = [
    Sort { speaker: Speaker::Assistant, matter: Matter::Said },
    Sort { speaker: Speaker::Assistant, matter: Matter::Detail },
    Sort { speaker: Speaker::ToolCall, matter: Matter::Called },
    Sort { speaker: Speaker::ToolCall, matter: Matter::Said },
    Sort { speaker: Speaker::ToolCall, matter: Matter::Detail },
];

/// See the module.
pub(super) struct Looking([Rails; SORTS.len()]);

impl Looking {
    pub(super) fn at(chosen: &Chosen) -> Self {
        Self(SORTS.map(|sort| chosen.of_response(sort)))
    }

    /// Those that look at a text which is no JSON.
    pub(super) const fn prose(&self) -> &Rails {
        &self.0[0]
    }

    /// Those that look at a text.
    pub(super) fn rails(&self, text: &Text) -> &Rails {
        let sort = Sort::of_answer(text);
        // All that an answer may be stands in the list.
        let at = SORTS.iter().position(|known| *known == sort).unwrap_or_default();
        &self.0[at]
    }

    /// One that changes or stops what it finds, whatever it looks at.
    pub(super) fn enforcing(&self) -> Option<&Arc<Guardrail>> {
        self.0.iter().flat_map(|rails| rails.iter()).find(|rail| rail.enforces())
    }

    /// Does one of them change or stop what it finds in details? What repeats them does not stay then.
    pub(super) fn enforces_in_details(&self) -> bool {
        let of_details = SORTS.iter().zip(&self.0).filter(|(sort, _)| sort.matter != Matter::Said);
        of_details.flat_map(|(_, rails)| rails.iter()).any(|rail| rail.enforces())
    }
}

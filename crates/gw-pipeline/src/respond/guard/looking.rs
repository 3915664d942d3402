//! Who looks at the texts of an answer, by what these are: what is said, details beside it, and what tools are called with.
//! Serves whole answers and streams.

use crate::guard::{Chosen, Rails, Sort, answering};
use gw_model::guardrail::Speaker;
use gw_wire::texts::Text;

/// See the module.
pub(super) struct Looking {
    prose: Rails,
    detail: Rails,
    called_prose: Rails,
    called_detail: Rails,
}

impl Looking {
    pub(super) fn at(chosen: &Chosen) -> Self {
        let of = |speaker, is_prose| chosen.of_response(Sort { speaker, is_prose });
        Self {
            prose: of(Speaker::Assistant, true),
            detail: of(Speaker::Assistant, false),
            called_prose: of(Speaker::ToolCall, true),
            called_detail: of(Speaker::ToolCall, false),
        }
    }

    /// Those that look at what is said.
    pub(super) const fn prose(&self) -> &Rails {
        &self.prose
    }

    /// Those that look at a text.
    pub(super) const fn rails(&self, text: &Text) -> &Rails {
        match (answering(text), text.is_prose) {
            (Speaker::ToolCall, true) => &self.called_prose,
            (Speaker::ToolCall, false) => &self.called_detail,
            (_, true) => &self.prose,
            (_, false) => &self.detail,
        }
    }

    /// Does one of them change or stop what it finds in details? What repeats them does not stay then.
    pub(super) fn enforces(&self) -> bool {
        self.detail.iter().chain(self.called_detail.iter()).any(|rail| rail.enforces())
    }
}

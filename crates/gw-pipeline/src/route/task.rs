//! Which class of tasks a request is of, as far as that can be told from the request itself: from what it has and offers,
//! and from the words that the user said last. For strategy `auto`. A pure scan of bounded length: it must not know
//! a target, nor what utterances say.

mod words;

use crate::receive::INLINE_BYTES;
use gw_model::Call;
use gw_model::routing::Task;
use gw_wire::adapt::{Contents, contents, wants_json};

/// What is seen of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs {
    contents: Contents,
    wants_json: bool,
    words: Task,
}

impl Signs {
    /// Looks at a request.
    pub(super) fn of(call: &Call) -> Self {
        if call.raw.is_some() {
            return Self::default();
        }
        let body = call.full();
        let text = gw_wire::facts::last_user_text(call.format, body);
        Self {
            contents: contents(call, body),
            wants_json: wants_json(call, body),
            words: text.map_or(Task::Chat, |text| words::task(&text)),
        }
    }

    /// The same; large bodies are looked at off the worker, whose other calls would wait.
    pub(super) async fn of_any(call: &Call) -> Self {
        if call.full().len() <= INLINE_BYTES {
            return Self::of(call);
        }
        let call = call.clone();
        tokio::task::spawn_blocking(move || Self::of(&call)).await.unwrap_or_default()
    }

    /// The class, and what says so. What a request has comes before what it says: images, a long prompt and tools ask
    /// most of a model.
    pub(super) fn task(&self, input_tokens: u64, long_context_tokens: u64) -> (Task, &'static str) {
        match self {
            _ if self.contents.images => (Task::Vision, "it has images"),
            _ if input_tokens >= long_context_tokens => (Task::LongContext, "its prompt is long"),
            _ if self.contents.tools => (Task::Tools, "it offers tools"),
            _ if self.wants_json => (Task::Extraction, "it asks for JSON"),
            _ if self.words == Task::Chat => (Task::Chat, "nothing says otherwise"),
            _ => (self.words, "by the words of its last message"),
        }
    }
}

#[cfg(test)]
mod tests;

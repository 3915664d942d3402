//! A request's body as it is written, and what is named when it is left out: the part that is the same for writers
//! of every format. Serves the translate step. It must not know any one wire format.

use crate::codec::{Options, Written};
use crate::json::Writer;
use gw_model::chat::{ChatRequest, MediaSource, Part, PartKind};

/// A body under construction.
pub(crate) struct Out<'a> {
    pub(crate) w: Writer,
    pub(crate) options: &'a Options,
    pub(crate) dropped: Vec<String>,
}

impl<'a> Out<'a> {
    /// An empty one with room for `bytes`.
    pub(crate) fn new(options: &'a Options, bytes: usize) -> Self {
        Self { w: Writer::with_capacity(bytes), options, dropped: Vec::new() }
    }

    /// A member's name, renamed when the target calls it otherwise.
    pub(crate) fn key(&mut self, name: &str) {
        self.w.key(renamed(self.options, name));
    }

    /// Names what is left out, once.
    pub(crate) fn drop(&mut self, name: &str) {
        drop_once(&mut self.dropped, name);
    }

    /// The whole of it.
    pub(crate) fn written(self) -> Written {
        Written { body: self.w.into_bytes(), dropped: self.dropped, ..Written::default() }
    }
}

/// The name that the target has for a member.
pub(crate) fn renamed<'n>(options: &'n Options, name: &'n str) -> &'n str {
    options.rename.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to)
}

/// Names what is left out, once.
pub(crate) fn drop_once(dropped: &mut Vec<String>, name: &str) {
    if !dropped.iter().any(|known| known == name) {
        dropped.push(name.to_owned());
    }
}

/// Names a mark where the prompt is to be cached, for formats that cache by themselves.
pub(crate) fn drop_mark(part: &Part, dropped: &mut Vec<String>) {
    if part.cache_control.is_some() {
        drop_once(dropped, "cache_control");
    }
}

/// Whether a part is no text.
pub(crate) const fn is_media(part: &Part) -> bool {
    matches!(part.kind, PartKind::Image { .. } | PartKind::Document { .. } | PartKind::Audio { .. })
}

/// About the size of the body in bytes, so that large media are not copied again as it grows.
pub(crate) fn capacity(request: &ChatRequest) -> usize {
    let parts = request.system.iter().chain(request.messages.iter().flat_map(|message| &message.parts));
    parts.fold(1024, |sum, part| sum.saturating_add(size(part)))
}

/// A part with its marks, and with some room for what is escaped or coded in base64.
fn size(part: &Part) -> usize {
    let content = match &part.kind {
        PartKind::Text(text) => text.len() + text.len() / 8,
        PartKind::Image { source, .. } | PartKind::Document { source, .. } => match source {
            MediaSource::Base64 { data, .. } => data.len(),
            MediaSource::Url(text) | MediaSource::File(text) => text.len(),
        },
        PartKind::Audio { data, .. } => data.len(),
        PartKind::ToolCall { arguments, .. } => arguments.len() + arguments.len() / 4,
        PartKind::ToolResult { parts, .. } => parts.iter().map(size).sum(),
        PartKind::Thinking { text, signature } => text.len() + signature.as_ref().map_or(0, String::len),
        PartKind::RedactedThinking(data) => data.len() + data.len() / 2,
        PartKind::Opaque(json) => json.get().len(),
        PartKind::Refusal(_) => 0,
    };
    content.saturating_add(128)
}

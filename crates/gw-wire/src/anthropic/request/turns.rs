//! Messages to turns: this format wants speakers to alternate, results of tools first in a user turn, and
//! instructions apart from the conversation. Serves the request writer. It must not reorder what one
//! speaker says otherwise.

use gw_model::chat::{ChatRequest, Message, Part, PartKind, Role};

/// One turn to be written.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// `user` or `assistant`.
    pub(crate) role: Role,
    /// Content in order.
    pub(crate) parts: Vec<&'a Part>,
}

/// A conversation in this format's order.
#[derive(Debug, Default)]
pub(crate) struct Conversation<'a> {
    /// Instructions, those from the midst of the conversation last.
    pub(crate) system: Vec<&'a Part>,
    /// The turns; the first is the user's.
    pub(crate) turns: Vec<Turn<'a>>,
    /// A speaker's name has no place.
    pub(crate) drops_names: bool,
}

/// Arranges the messages of `request`. `opening` is the user turn put before a conversation that the
/// assistant begins, which the format refuses.
pub(crate) fn arrange<'a>(request: &'a ChatRequest, opening: &'a Part) -> Conversation<'a> {
    let mut conversation =
        Conversation { system: request.system.iter().collect(), ..Conversation::default() };
    for message in &request.messages {
        conversation.drops_names |= message.name.is_some();
        conversation.add(message);
    }
    if conversation.turns.is_empty() {
        // Instructions alone are a prompt.
        let parts = std::mem::take(&mut conversation.system);
        conversation.turns.push(Turn { role: Role::User, parts });
    }
    if conversation.turns.first().is_some_and(|turn| turn.role == Role::Assistant) {
        conversation.turns.insert(0, Turn { role: Role::User, parts: vec![opening] });
    }
    for turn in &mut conversation.turns {
        if turn.role == Role::User {
            turn.parts.sort_by_key(|part| !matches!(part.kind, PartKind::ToolResult { .. }));
        }
    }
    conversation
}

impl<'a> Conversation<'a> {
    fn add(&mut self, message: &'a Message) {
        if message.role == Role::System {
            self.system.extend(message.parts.iter().filter(|part| !is_empty(part)));
            return;
        }
        let parts = message.parts.iter().filter(|part| !is_empty(part));
        match self.turns.last_mut().filter(|turn| turn.role == message.role) {
            Some(turn) => turn.parts.extend(parts),
            None => {
                let parts: Vec<_> = parts.collect();
                if !parts.is_empty() {
                    self.turns.push(Turn { role: message.role, parts });
                }
            }
        }
    }
}

/// Empty text is refused by the format and says nothing.
fn is_empty(part: &Part) -> bool {
    matches!(&part.kind, PartKind::Text(text) | PartKind::Refusal(text) if text.is_empty())
}

//! Reads the messages of a Converse request: roles take turns, tool uses are answered in the turn after
//! them. It must refuse a dialogue that the real service refuses.

use serde_json::Value;

use super::blocks::{self, Block};
use crate::answer::Rejection;
use crate::fields::{array, string};
use crate::prompt::Prompt;
use crate::tokens;

/// Reads `messages` into the prompt.
pub(super) fn read(messages: &[Value], has_tools: bool, prompt: &mut Prompt) -> Result<(), Rejection> {
    let mut open: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let role =
            string(message, "role")?.ok_or_else(|| Rejection::missing(format!("messages.{index}.role")))?;
        let is_user = check_role(role, index)?;
        prompt.input_tokens += tokens::MESSAGE_TOKENS;
        let content = array(message, "content")?.filter(|content| !content.is_empty());
        let content = content.ok_or_else(|| {
            let text = format!(
                "The content field in the Message object at messages.{index} is empty. Add a ContentBlock \
                 object to the content field and try again."
            );
            Rejection::new(400, text)
        })?;
        let turn = Turn::read(content, index, prompt)?;
        let uses_tools = !turn.uses.is_empty() || !turn.results.is_empty();
        if uses_tools && !has_tools {
            let text =
                "The toolConfig field must be defined when using toolUse and toolResult content blocks.";
            return Err(Rejection::new(400, text));
        }
        turn.check_results(&open, index)?;
        open.clone_from(&turn.uses);
        turn.enter(is_user, prompt);
    }
    if !open.is_empty() {
        return Err(unanswered(&open, messages.len()));
    }
    Ok(())
}

/// Whether the role is the user's; the user speaks first and every other time.
fn check_role(role: &str, index: usize) -> Result<bool, Rejection> {
    let is_user = match role {
        "user" => true,
        "assistant" => false,
        other => {
            let text = format!(
                "1 validation error detected: Value '{other}' at 'messages.{index}.member.role' failed to \
                 satisfy constraint: Member must satisfy enum value set: [user, assistant]"
            );
            return Err(Rejection::new(400, text));
        }
    };
    if is_user == index.is_multiple_of(2) {
        return Ok(is_user);
    }
    let text = if index == 0 {
        "A conversation must start with a user message. Try again with a conversation that starts with a user \
         message."
    } else {
        "A conversation must alternate between user and assistant roles. Make sure the conversation alternates \
         between user and assistant roles and try again."
    };
    Err(Rejection::new(400, text))
}

#[derive(Default)]
struct Turn {
    texts: Vec<String>,
    images: Vec<String>,
    uses: Vec<String>,
    results: Vec<(String, String)>,
}

impl Turn {
    fn read(content: &[Value], index: usize, prompt: &mut Prompt) -> Result<Self, Rejection> {
        let mut turn = Self::default();
        for (place, block) in content.iter().enumerate() {
            let (block, tokens) = blocks::read(block, &format!("messages.{index}.content.{place}"))?;
            prompt.input_tokens += tokens;
            match block {
                Block::Text(text) => turn.texts.push(text),
                Block::Image(media_type) => turn.images.push(media_type),
                Block::Use(id) => turn.uses.push(id),
                Block::Result(id, text) => turn.results.push((id, text)),
                Block::Other => {}
            }
        }
        Ok(turn)
    }

    fn check_results(&self, open: &[String], index: usize) -> Result<(), Rejection> {
        if self.results.len() > open.len() {
            let text = format!(
                "The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse \
                 blocks of previous turn."
            );
            return Err(Rejection::new(400, text));
        }
        let missing: Vec<String> =
            open.iter().filter(|id| !self.results.iter().any(|(result, _)| result == *id)).cloned().collect();
        if missing.is_empty() { Ok(()) } else { Err(unanswered(&missing, index)) }
    }

    fn enter(self, is_user: bool, prompt: &mut Prompt) {
        if !is_user {
            prompt.tool_results.clear();
            prompt.images.clear();
            return;
        }
        if !self.texts.is_empty() || self.results.is_empty() {
            prompt.user_text = self.texts.join("\n");
        }
        prompt.images.extend(self.images);
        prompt.tool_results.extend(self.results.into_iter().map(|(_, text)| text));
    }
}

fn unanswered(ids: &[String], index: usize) -> Rejection {
    let ids = ids.join(", ");
    let text = format!("Expected toolResult blocks at messages.{index}.content for the following Ids: {ids}");
    Rejection::new(400, text)
}

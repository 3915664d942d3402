//! Puts the blocks of a whole answer together. Serves the writers of whole answers. It must not copy what it
//! can borrow, nor keep choices other than the first: the formats have no place for them.

use gw_model::event::{Citation, Event};

/// One block as it grows.
pub(crate) struct Block<'a> {
    /// Its number among the answer's blocks.
    pub(crate) block: u32,
    pub(crate) content: Content<'a>,
    /// What a text rests on.
    pub(crate) citations: Vec<&'a Citation>,
}

/// What a block holds.
pub(crate) enum Content<'a> {
    Text(String),
    Thinking { text: String, signature: String },
    Redacted(&'a str),
    Tool { id: &'a str, name: &'a str, arguments: String },
}

/// Adds what an event brings to its block, or begins one.
pub(crate) fn fold<'a>(event: &'a Event, blocks: &mut Vec<Block<'a>>) {
    match event {
        Event::Text { choice: 0, block, text } | Event::Refusal { choice: 0, block, text } => {
            match find(blocks, *block) {
                Some(Content::Text(whole)) => whole.push_str(text),
                _ => begin(blocks, *block, Content::Text(text.clone())),
            }
        }
        Event::Thinking { choice: 0, block, text } => match find(blocks, *block) {
            Some(Content::Thinking { text: whole, .. }) => whole.push_str(text),
            _ => {
                begin(blocks, *block, Content::Thinking { text: text.clone(), signature: String::new() });
            }
        },
        Event::ThinkingSignature { choice: 0, block, signature } => match find(blocks, *block) {
            Some(Content::Thinking { signature: whole, .. }) => whole.push_str(signature),
            _ => {
                begin(
                    blocks,
                    *block,
                    Content::Thinking { text: String::new(), signature: signature.clone() },
                );
            }
        },
        Event::RedactedThinking { choice: 0, block, data } => begin(blocks, *block, Content::Redacted(data)),
        Event::ToolStart { choice: 0, block, id, name } => {
            begin(blocks, *block, Content::Tool { id, name, arguments: String::new() });
        }
        Event::ToolArguments { choice: 0, block, json } => {
            if let Some(Content::Tool { arguments, .. }) = find(blocks, *block) {
                arguments.push_str(json);
            }
        }
        Event::Citation { choice: 0, block, citation } => {
            if let Some(found) = blocks.iter_mut().rfind(|found| found.block == *block) {
                found.citations.push(citation);
            }
        }
        _ => {}
    }
}

fn find<'b, 'a>(blocks: &'b mut [Block<'a>], block: u32) -> Option<&'b mut Content<'a>> {
    blocks.iter_mut().rev().find(|found| found.block == block).map(|found| &mut found.content)
}

fn begin<'a>(blocks: &mut Vec<Block<'a>>, block: u32, content: Content<'a>) {
    blocks.push(Block { block, content, citations: Vec::new() });
}

//! The parts of a Responses request that become input tokens. Serves the walk. It must not take for media what is
//! not in a place where the format has them.

use super::media::Media;
use super::{Walk, length};
use crate::estimate::{
    DOCUMENT_UNKNOWN_TOKENS, FORMAT_TOKENS, IMAGE_TOKENS, MESSAGE_TOKENS, STORED_CONTEXT_TOKENS,
    STORED_ITEM_TOKENS,
};
use crate::json::{JsonError, Kind};

pub(super) fn member(walk: &mut Walk<'_>, name: &str) -> Result<(), JsonError> {
    match name {
        "input" | "instructions" => walk.each(item),
        "tools" => walk.tools(),
        "text" => text(walk),
        "previous_response_id" | "conversation" => walk.fixed(STORED_CONTEXT_TOKENS),
        "prompt" => {
            walk.tokens += STORED_CONTEXT_TOKENS;
            walk.anything()
        }
        _ => Ok(()),
    }
}

/// How the answer is to look; only a schema, or JSON, brings instructions with it.
fn text(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    let start = walk.cursor.clone();
    let (_, span) = walk.cursor.skip_value()?;
    let written = walk.bytes.get(span.start..span.end).unwrap_or_default();
    if memchr::memmem::find(written, b"\"json_").is_none() {
        return Ok(());
    }
    walk.cursor = start;
    walk.tokens += FORMAT_TOKENS;
    walk.anything()
}

/// A message, a call, its result, reasoning, or the whole input as one text.
fn item(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    walk.tokens += MESSAGE_TOKENS;
    walk.members(|walk, name| match name {
        b"role" | b"status" | b"id" => walk.skip(),
        b"type" => {
            let (_, span) = walk.cursor.skip_value()?;
            if walk.bytes.get(span.start..span.end) == Some(b"\"item_reference\"") {
                walk.tokens += STORED_ITEM_TOKENS;
            }
            Ok(())
        }
        b"content" | b"output" | b"summary" | b"outputs" => content(walk),
        b"encrypted_content" => walk.sealed(),
        // An image that the provider's tool made.
        b"result" => walk.fixed(IMAGE_TOKENS),
        _ => walk.anything(),
    })
}

/// Text, a part or parts.
fn content(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    if walk.cursor.peek()? == Kind::String {
        return walk.anything();
    }
    walk.each_within(|walk| {
        walk.members(|walk, name| match name {
            b"file_data" => file(walk),
            b"file_url" | b"file_id" => walk.fixed(DOCUMENT_UNKNOWN_TOKENS),
            b"logprobs" | b"prompt_cache_breakpoint" => walk.skip(),
            _ => walk.part_member(name),
        })
    })
}

/// A file as a data URL, or bare base64, which is a PDF's.
fn file(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    let (_, span) = walk.cursor.skip_value()?;
    let media = match walk.inner(span).strip_prefix(b"data:") {
        Some(media_type) => Media::of_type(media_type),
        None => Media::Pdf,
    };
    walk.tokens += media.inline(length(span));
    Ok(())
}

//! The parts of a Gemini request that become input tokens. Serves the walk. It must not take for media what is not
//! in a place where the format has them.

use super::media::Media;
use super::{Walk, length};
use crate::estimate::{
    FORMAT_TOKENS, MESSAGE_TOKENS, SERVER_TOOL_TOKENS, STORED_CONTEXT_TOKENS, TOOL_TOKENS, TOOL_USE_TOKENS,
};
use crate::gemini::names;
use crate::json::JsonError;

/// A member's name as written, in either spelling.
fn is(name: &[u8], wanted: &str) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| names::is(name, wanted))
}

pub(super) fn member(walk: &mut Walk<'_>, name: &str) -> Result<(), JsonError> {
    match () {
        () if names::is(name, "contents") || names::is(name, "systemInstruction") => walk.each(content),
        () if names::is(name, "tools") => {
            walk.tokens += TOOL_USE_TOKENS;
            walk.each(tool)
        }
        () if names::is(name, "generationConfig") => walk.members(|walk, name| {
            let has_schema = ["responseSchema", "responseJsonSchema"].iter().any(|wanted| is(name, wanted));
            if !has_schema {
                return walk.skip();
            }
            walk.tokens += FORMAT_TOKENS;
            walk.anything()
        }),
        () if names::is(name, "cachedContent") => walk.fixed(STORED_CONTEXT_TOKENS),
        () => Ok(()),
    }
}

fn content(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    walk.tokens += MESSAGE_TOKENS;
    walk.members(|walk, name| match name {
        b"role" => walk.skip(),
        b"parts" => walk.each_within(part),
        _ => walk.anything(),
    })
}

fn part(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    walk.members(|walk, name| match () {
        () if is(name, "text") => walk.anything(),
        () if is(name, "inlineData") || is(name, "fileData") => blob(walk),
        () if is(name, "thoughtSignature") => walk.sealed(),
        () if ["thought", "videoMetadata", "mediaResolution"].iter().any(|n| is(name, n)) => walk.skip(),
        () if is(name, "functionResponse") => walk.members(|walk, name| match name {
            b"parts" => walk.each_within(part),
            _ => walk.anything(),
        }),
        () => walk.anything(),
    })
}

/// Media in the request (`data`) or elsewhere (`fileUri`).
fn blob(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    let (mut media, mut data) = (Media::Text, None);
    walk.members(|walk, name| {
        let (_, span) = walk.cursor.skip_value()?;
        if is(name, "mimeType") {
            media = Media::of_type(walk.inner(span));
        } else if is(name, "data") {
            data = Some(length(span));
        }
        Ok(())
    })?;
    walk.tokens += data.map_or(media.reference(), |bytes| media.inline(bytes));
    Ok(())
}

/// Functions of the caller, and tools that the provider runs.
fn tool(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    walk.members(|walk, name| {
        if is(name, "functionDeclarations") {
            return walk.each(|walk| {
                walk.tokens += TOOL_TOKENS;
                walk.anything()
            });
        }
        walk.tokens += SERVER_TOOL_TOKENS;
        walk.anything()
    })
}

//! The parts of a Converse request that become input tokens. Serves the walk. It must not take for media what is
//! not in a place where the format has them.

use super::media::Media;
use super::{Walk, length};
use crate::estimate::{
    CONVERSE_TOOL_TOKENS, FORMAT_TOKENS, IMAGE_TOKENS, MESSAGE_TOKENS, SERVER_TOOL_TOKENS,
    STORED_CONTEXT_TOKENS, TOOL_TOKENS, TOOL_USE_TOKENS,
};
use crate::json::JsonError;

pub(super) fn member(walk: &mut Walk<'_>, name: &str) -> Result<(), JsonError> {
    match name {
        "messages" => walk.each(|walk| {
            walk.tokens += MESSAGE_TOKENS;
            walk.members(|walk, name| match name {
                b"role" => walk.skip(),
                b"content" => walk.each_within(block),
                _ => walk.anything(),
            })
        }),
        "system" => walk.each(block),
        "toolConfig" => walk.members(|walk, name| match name {
            b"tools" => {
                walk.tokens += TOOL_USE_TOKENS + CONVERSE_TOOL_TOKENS;
                walk.each(tool)
            }
            _ => walk.skip(),
        }),
        "outputConfig" => {
            walk.tokens += FORMAT_TOKENS;
            walk.anything()
        }
        "promptVariables" => {
            walk.tokens += STORED_CONTEXT_TOKENS;
            walk.anything()
        }
        // They go to the model's own interface as they are and may hold tools.
        "additionalModelRequestFields" => walk.anything(),
        _ => Ok(()),
    }
}

fn tool(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    walk.members(|walk, name| {
        walk.tokens += match name {
            b"cachePoint" => return walk.skip(),
            b"toolSpec" => TOOL_TOKENS,
            _ => SERVER_TOOL_TOKENS,
        };
        walk.anything()
    })
}

/// A block of content, of system instructions or of a tool's result.
fn block(walk: &mut Walk<'_>) -> Result<(), JsonError> {
    walk.members(|walk, name| match name {
        b"image" => walk.fixed(IMAGE_TOKENS),
        b"document" => media(walk, None),
        b"video" => media(walk, Some(Media::Video)),
        b"audio" => media(walk, Some(Media::Audio)),
        b"toolResult" => walk.members(|walk, name| match name {
            b"content" => walk.each_within(block),
            b"status" => walk.skip(),
            _ => walk.anything(),
        }),
        b"guardContent" => walk.members(|walk, name| match name {
            b"image" => walk.fixed(IMAGE_TOKENS),
            _ => walk.anything(),
        }),
        b"reasoningContent" => walk.members(|walk, name| match name {
            b"redactedContent" => walk.sealed(),
            b"reasoningText" => walk.members(|walk, name| match name {
                b"signature" => walk.sealed(),
                _ => walk.anything(),
            }),
            _ => walk.anything(),
        }),
        b"cachePoint" => walk.skip(),
        b"searchResult" => walk.members(|walk, name| match name {
            b"citations" => walk.fixed(FORMAT_TOKENS),
            _ => walk.anything(),
        }),
        _ => walk.anything(),
    })
}

/// Media with a `source`, whose format may stand behind it. A document's kind is its format.
fn media(walk: &mut Walk<'_>, kind: Option<Media>) -> Result<(), JsonError> {
    let (mut found, mut data, mut is_elsewhere) = (kind.unwrap_or(Media::Text), None, false);
    walk.members(|walk, name| match name {
        b"format" => {
            let (_, span) = walk.cursor.skip_value()?;
            if kind.is_none() && walk.inner(span) == b"pdf" {
                found = Media::Pdf;
            }
            Ok(())
        }
        b"citations" => walk.fixed(FORMAT_TOKENS),
        b"source" => walk.members(|walk, name| {
            match name {
                b"bytes" => data = Some(length(walk.cursor.skip_value()?.1)),
                b"s3Location" => {
                    is_elsewhere = true;
                    walk.skip()?;
                }
                _ => walk.anything()?,
            }
            Ok(())
        }),
        _ => walk.anything(),
    })?;
    walk.tokens += match data {
        Some(bytes) => found.inline(bytes),
        None if is_elsewhere => found.reference(),
        None => 0,
    };
    Ok(())
}

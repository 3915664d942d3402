//! Walks once over the parts of a request that become input tokens. Serves `estimate`. The text has been
//! checked before; on text that has not, the walk stops where it is wrong and keeps what it counted.

use super::{
    AUDIO_BASE_TOKENS, DOCUMENT_BASE_TOKENS, DOCUMENT_UNKNOWN_TOKENS, FORMAT_TOKENS, IMAGE_TOKENS,
    MESSAGE_TOKENS, REQUEST_TOKENS, SERVER_TOOL_TOKENS, TOOL_TOKENS, TOOL_USE_TOKENS, weigh_json_string,
};
use crate::json::cursor::{Cursor, DEPTH_CEILING};
use crate::json::{JsonError, Kind, Object};
use gw_model::Span;

/// Conservative count of the input tokens of a chat request, from the members of its checked body:
/// messages, system instructions, tool definitions and answer schemas.
#[must_use]
pub fn input_tokens(body: &Object<'_>) -> u64 {
    let mut walk = Walk::new(body.text().as_bytes());
    for member in &body.members {
        walk.cursor = Cursor::new(walk.bytes, member.value.start, DEPTH_CEILING);
        // The body has been checked: an error here could only leave the estimate short of one member.
        let _counted = match member.key.as_ref() {
            "messages" => walk.messages(),
            "system" => walk.content(),
            "tools" | "functions" => walk.tools(),
            "response_format" | "output_config" => {
                walk.tokens += FORMAT_TOKENS;
                walk.anything()
            }
            "mcp_servers" | "web_search_options" => {
                walk.tokens += SERVER_TOOL_TOKENS;
                Ok(())
            }
            _ => Ok(()),
        };
    }
    walk.tokens + walk.hundredths.div_ceil(100) + REQUEST_TOKENS
}

/// Hundredths of a token of a pair of quotes, a bracket, a comma or a colon: tokenizers join them.
const QUOTES: u64 = 50;

/// Content within content (results of tools) is looked into this deep for media; beyond, all is text.
const MAX_CONTENT_LEVELS: usize = 4;

struct Walk<'a> {
    bytes: &'a [u8],
    cursor: Cursor<'a>,
    /// Whole tokens: media, overhead.
    tokens: u64,
    /// Text.
    hundredths: u64,
    /// How many contents are open.
    levels: usize,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, cursor: Cursor::new(bytes, 0, DEPTH_CEILING), tokens: 0, hundredths: 0, levels: 0 }
    }

    fn messages(&mut self) -> Result<(), JsonError> {
        if self.cursor.peek()? != Kind::Array {
            return self.anything();
        }
        self.cursor.enter()?;
        let mut more = self.cursor.first_element()?;
        while more {
            self.tokens += MESSAGE_TOKENS;
            self.members(|walk, name| match name {
                b"role" => walk.cursor.skip_value().map(|_| ()),
                b"content" => walk.content(),
                _ => walk.anything(),
            })?;
            more = self.cursor.next_element()?;
        }
        Ok(())
    }

    fn tools(&mut self) -> Result<(), JsonError> {
        if self.cursor.peek()? != Kind::Array {
            return self.anything();
        }
        self.cursor.enter()?;
        let mut more = self.cursor.first_element()?;
        if more {
            self.tokens += TOOL_USE_TOKENS;
        }
        while more {
            self.tokens += TOOL_TOKENS;
            let start = self.cursor.clone();
            let (mut is_server_tool, bytes) = (false, self.bytes);
            self.members(|walk, name| {
                let (_, span) = walk.cursor.skip_value()?;
                if name == b"type" {
                    let kind = bytes.get(span.start..span.end).unwrap_or_default();
                    is_server_tool = !matches!(kind, b"\"function\"" | b"\"custom\"");
                }
                Ok(())
            })?;
            if is_server_tool {
                self.tokens += SERVER_TOOL_TOKENS;
            }
            self.cursor = start;
            self.anything()?;
            more = self.cursor.next_element()?;
        }
        Ok(())
    }

    /// Content of a message, of system instructions or of a tool's result: text or an array of parts.
    fn content(&mut self) -> Result<(), JsonError> {
        if self.cursor.peek()? != Kind::Array || self.levels >= MAX_CONTENT_LEVELS {
            return self.anything();
        }
        self.levels += 1;
        let counted = self.parts();
        self.levels -= 1;
        counted
    }

    fn parts(&mut self) -> Result<(), JsonError> {
        self.cursor.enter()?;
        let mut more = self.cursor.first_element()?;
        while more {
            self.members(|walk, name| match name {
                b"type" | b"cache_control" | b"detail" => walk.cursor.skip_value().map(|_| ()),
                b"content" => walk.content(),
                b"image_url" => {
                    walk.tokens += IMAGE_TOKENS;
                    walk.cursor.skip_value().map(|_| ())
                }
                b"document_url" => {
                    walk.tokens += DOCUMENT_UNKNOWN_TOKENS;
                    walk.cursor.skip_value().map(|_| ())
                }
                b"citations" => {
                    walk.tokens += FORMAT_TOKENS;
                    walk.cursor.skip_value().map(|_| ())
                }
                b"input_audio" => walk.media(AUDIO_BASE_TOKENS, 64, AUDIO_BASE_TOKENS),
                b"file" => walk.media(DOCUMENT_BASE_TOKENS, 16, DOCUMENT_UNKNOWN_TOKENS),
                b"source" => walk.source(),
                _ => walk.anything(),
            })?;
            more = self.cursor.next_element()?;
        }
        Ok(())
    }

    /// Media that count by size: inline ones by `base` and one token for each `bytes_per_token`,
    /// references by `unknown`.
    fn media(&mut self, base: u64, bytes_per_token: u64, unknown: u64) -> Result<(), JsonError> {
        let mut inline = None;
        self.members(|walk, name| {
            let (_, span) = walk.cursor.skip_value()?;
            if matches!(name, b"data" | b"file_data") {
                inline = Some(span);
            }
            Ok(())
        })?;
        self.tokens += inline.map_or(unknown, |span| base + length(span).div_ceil(bytes_per_token));
        Ok(())
    }

    /// Anthropic's `source` of an image or document; its text variants are text.
    fn source(&mut self) -> Result<(), JsonError> {
        let mut kind: &[u8] = b"";
        let mut media_type: &[u8] = b"";
        let mut data = None;
        let start = self.cursor.clone();
        let bytes = self.bytes;
        self.members(|walk, name| {
            let (_, span) = walk.cursor.skip_value()?;
            let written = bytes.get(span.start..span.end).unwrap_or_default();
            match name {
                b"type" => kind = written,
                b"media_type" => media_type = written,
                b"data" => data = Some(span),
                _ => {}
            }
            Ok(())
        })?;
        let is_image = media_type.starts_with(b"\"image/");
        match (kind, data) {
            (b"\"base64\"", Some(_)) if is_image => self.tokens += IMAGE_TOKENS,
            (b"\"base64\"", Some(span)) => self.tokens += DOCUMENT_BASE_TOKENS + length(span).div_ceil(16),
            (b"\"url\"" | b"\"file\"", None) => self.tokens += DOCUMENT_UNKNOWN_TOKENS,
            _ => {
                self.cursor = start;
                return self.members(|walk, name| match name {
                    b"content" => walk.content(),
                    _ => walk.anything(),
                });
            }
        }
        Ok(())
    }

    /// Any value: all its text, names of members included. Goes over the text without recursion, as the
    /// nesting is the caller's.
    fn anything(&mut self) -> Result<(), JsonError> {
        let (kind, span) = self.cursor.skip_value()?;
        if kind == Kind::String {
            self.hundredths += weigh_json_string(self.inner(span));
            return Ok(());
        }
        let mut inside = Cursor::new(self.bytes, span.start, DEPTH_CEILING);
        let mut at = span.start;
        while at < span.end {
            let rest = self.bytes.get(at..span.end).unwrap_or_default();
            let plain = memchr::memchr(b'"', rest).unwrap_or(rest.len());
            self.hundredths += weigh_structure(rest.get(..plain).unwrap_or_default());
            at += plain;
            if at < span.end {
                inside.move_to(at);
                let (string, _) = inside.string()?;
                self.hundredths += weigh_json_string(self.inner(string)) + QUOTES;
                at = string.end;
            }
        }
        Ok(())
    }

    /// Calls `visit` at the value of each member, with the member's name as written. Values that are no
    /// object are counted as text.
    fn members(
        &mut self,
        mut visit: impl FnMut(&mut Self, &'a [u8]) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if self.cursor.peek()? != Kind::Object {
            return self.anything();
        }
        self.cursor.enter()?;
        let mut more = self.cursor.first_member()?;
        while more {
            let (name, _) = self.cursor.key()?;
            let name = self.inner(name);
            visit(self, name)?;
            more = self.cursor.next_member()?;
        }
        Ok(())
    }

    fn inner(&self, span: Span) -> &'a [u8] {
        self.bytes.get(span.start + 1..span.end - 1).unwrap_or_default()
    }
}

/// Hundredths of a token of what stands between the strings of a JSON text.
fn weigh_structure(text: &[u8]) -> u64 {
    let weight = |byte: &u8| match byte {
        b' ' | b'\n' | b'\t' | b'\r' => 10,
        b'{' | b'}' | b'[' | b']' | b',' | b':' => QUOTES,
        _ => 100,
    };
    text.iter().map(weight).sum()
}

const fn length(span: Span) -> u64 {
    (span.end - span.start) as u64
}

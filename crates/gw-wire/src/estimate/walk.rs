//! Walks once over the parts of a request that become input tokens. Serves `estimate`. The text has been
//! checked before; on text that has not, the walk stops where it is wrong and keeps what it counted.

mod converse;
mod gemini;
mod media;
mod responses;

use super::{
    AUDIO_BASE_TOKENS, COHERE_TOKENS, DOCUMENT_BASE_TOKENS, DOCUMENT_UNKNOWN_TOKENS, FORMAT_TOKENS,
    IMAGE_TOKENS, MESSAGE_TOKENS, REQUEST_TOKENS, RESPONSES_TOKENS, SERVER_TOOL_TOKENS, TOOL_TOKENS,
    TOOL_USE_TOKENS, weigh_json_string,
};
use crate::json::cursor::{Cursor, DEPTH_CEILING};
use crate::json::{JsonError, Kind, Object};
use gw_model::{Span, WireFormat};

/// Conservative count of the input tokens of a conversation, from the members of its checked body: messages,
/// system instructions, tool definitions and answer schemas.
#[must_use]
pub fn input_tokens(format: WireFormat, body: &Object<'_>) -> u64 {
    let before = match format {
        WireFormat::OpenAiResponses => REQUEST_TOKENS + RESPONSES_TOKENS,
        WireFormat::CohereChat => REQUEST_TOKENS + COHERE_TOKENS,
        _ => REQUEST_TOKENS,
    };
    stated_tokens(format, body) + before
}

/// As [`input_tokens`], without what some providers put before each prompt: for a count that is asked for, which
/// should be near and not above all.
#[must_use]
pub fn stated_tokens(format: WireFormat, body: &Object<'_>) -> u64 {
    let mut walk = Walk::new(body.text().as_bytes());
    for member in body.members.iter().filter(|member| member.kind != Kind::Null) {
        walk.cursor = Cursor::new(walk.bytes, member.value.start, DEPTH_CEILING);
        let name = member.key.as_ref();
        // The body has been checked: an error here could only leave the estimate short of one member.
        let _counted = match format {
            WireFormat::OpenAiResponses => responses::member(&mut walk, name),
            WireFormat::GeminiGenerate => gemini::member(&mut walk, name),
            WireFormat::BedrockConverse => converse::member(&mut walk, name),
            _ => member_of_chat(&mut walk, name),
        };
    }
    walk.tokens + walk.hundredths.div_ceil(100)
}

fn member_of_chat(walk: &mut Walk<'_>, name: &str) -> Result<(), JsonError> {
    match name {
        "messages" => walk.messages(),
        "system" => walk.content(),
        "tools" | "functions" => walk.tools(),
        // Documents bring instructions on how to cite them.
        "response_format" | "output_config" | "documents" => {
            walk.tokens += FORMAT_TOKENS;
            walk.anything()
        }
        "mcp_servers" | "web_search_options" => {
            walk.tokens += SERVER_TOOL_TOKENS;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Hundredths of a token of a pair of quotes, a bracket, a comma or a colon: tokenizers join them.
const QUOTES: u64 = 50;

/// Content within content (results of tools) is looked into this deep for media; beyond, all is text.
const MAX_CONTENT_LEVELS: usize = 4;

/// Types of tools that the caller runs; all others may bring the provider's findings into the prompt.
const CALLERS_TOOLS: &[&[u8]] = &[
    b"\"function\"",
    b"\"custom\"",
    b"\"namespace\"",
    b"\"local_shell\"",
    b"\"apply_patch\"",
    b"\"computer_use_preview\"",
];

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
        self.each(|walk| {
            walk.tokens += MESSAGE_TOKENS;
            walk.members(|walk, name| match name {
                b"role" => walk.skip(),
                b"content" => walk.content(),
                _ => walk.anything(),
            })
        })
    }

    fn tools(&mut self) -> Result<(), JsonError> {
        let mut is_first = true;
        self.each(|walk| {
            walk.tokens += TOOL_TOKENS + if std::mem::take(&mut is_first) { TOOL_USE_TOKENS } else { 0 };
            let start = walk.cursor.clone();
            let (mut is_server_tool, bytes) = (false, walk.bytes);
            walk.members(|walk, name| {
                let (_, span) = walk.cursor.skip_value()?;
                if name == b"type" {
                    let kind = bytes.get(span.start..span.end).unwrap_or_default();
                    is_server_tool = !CALLERS_TOOLS.contains(&kind);
                }
                Ok(())
            })?;
            if is_server_tool {
                walk.tokens += SERVER_TOOL_TOKENS;
            }
            walk.cursor = start;
            walk.anything()
        })
    }

    /// Content of a message, of system instructions or of a tool's result: text or an array of parts.
    fn content(&mut self) -> Result<(), JsonError> {
        if self.cursor.peek()? != Kind::Array {
            return self.anything();
        }
        self.each_within(|walk| walk.members(Self::part_member))
    }

    fn part_member(&mut self, name: &[u8]) -> Result<(), JsonError> {
        match name {
            b"type" | b"cache_control" | b"detail" => self.skip(),
            b"content" => self.content(),
            b"image_url" => self.fixed(IMAGE_TOKENS),
            b"document_url" => self.fixed(DOCUMENT_UNKNOWN_TOKENS),
            b"citations" => self.fixed(FORMAT_TOKENS),
            b"input_audio" => self.media(AUDIO_BASE_TOKENS, 64, AUDIO_BASE_TOKENS),
            b"file" => self.media(DOCUMENT_BASE_TOKENS, 16, DOCUMENT_UNKNOWN_TOKENS),
            b"source" => self.source(),
            _ => self.anything(),
        }
    }

    /// A value that counts the same whatever stands in it.
    fn fixed(&mut self, tokens: u64) -> Result<(), JsonError> {
        self.tokens += tokens;
        self.skip()
    }

    fn skip(&mut self) -> Result<(), JsonError> {
        self.cursor.skip_value().map(|_| ())
    }

    /// Calls `visit` at each element of an array; at any other value it is called once.
    fn each(&mut self, mut visit: impl FnMut(&mut Self) -> Result<(), JsonError>) -> Result<(), JsonError> {
        if self.cursor.peek()? != Kind::Array {
            return visit(self);
        }
        self.cursor.enter()?;
        let mut more = self.cursor.first_element()?;
        while more {
            visit(self)?;
            more = self.cursor.next_element()?;
        }
        Ok(())
    }

    /// As [`Self::each`] for content within content, which the caller could nest without end: beyond a depth all
    /// counts as text.
    fn each_within(
        &mut self,
        visit: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if self.levels >= MAX_CONTENT_LEVELS {
            return self.anything();
        }
        self.levels += 1;
        let counted = self.each(visit);
        self.levels -= 1;
        counted
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

    /// Reasoning and the like that only the provider can read.
    fn sealed(&mut self) -> Result<(), JsonError> {
        let (_, span) = self.cursor.skip_value()?;
        self.tokens += length(span).div_ceil(4);
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

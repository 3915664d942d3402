//! Reads content blocks of a messages request: text, image, document, tool use and result, thinking;
//! keeps the token count and the hash for cache breakpoints as it goes. It must not check the order of
//! messages (`sequence` does).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::cache::Breakpoint;
use crate::answer::Rejection;
use crate::fields::{string, wrong_type};
use crate::hash::Hash;
use crate::prompt::{Prompt, Tool};
use crate::tokens;

/// Most cache breakpoints per request.
const MAX_BREAKPOINTS: usize = 4;

/// Whether a text may name a tool.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Reads blocks in order into a prompt.
pub(crate) struct Reader<'p> {
    pub(crate) prompt: &'p mut Prompt,
    hash: Hash,
    breakpoints: Vec<Breakpoint>,
}

impl<'p> Reader<'p> {
    pub(crate) fn new(prompt: &'p mut Prompt) -> Self {
        let mut hash = Hash::new();
        hash.add(prompt.model.as_bytes());
        Self { prompt, hash, breakpoints: Vec::new() }
    }

    /// The breakpoints found.
    pub(crate) fn finish(self) -> Vec<Breakpoint> {
        self.breakpoints
    }

    /// Counts a tool definition.
    pub(crate) fn tool(&mut self, raw: &Value, tool: Option<Tool>, at: &str) -> Result<(), Rejection> {
        let text = raw.to_string();
        self.count(tokens::count(&text), text.as_bytes());
        self.prompt.tools.extend(tool);
        self.breakpoint(raw, at)
    }

    /// Reads `system`: a string or text blocks.
    pub(crate) fn system(&mut self, body: &Value) -> Result<(), Rejection> {
        match body.get("system") {
            None | Some(Value::Null) => Ok(()),
            Some(Value::String(text)) => {
                self.count(tokens::count(text), text.as_bytes());
                Ok(())
            }
            Some(Value::Array(blocks)) => {
                for (index, block) in blocks.iter().enumerate() {
                    let at = format!("system.{index}");
                    self.text(block, &at)?;
                    self.breakpoint(block, &at)?;
                }
                Ok(())
            }
            Some(other) => Err(wrong_type("system", "a string or an array of text blocks", other)),
        }
    }

    /// Counts tokens and their text.
    pub(crate) fn count(&mut self, tokens: u64, text: &[u8]) {
        self.prompt.input_tokens += tokens;
        self.hash.add(text);
        self.hash.add(&[0]);
    }

    /// A text block's text.
    pub(crate) fn text<'v>(&mut self, block: &'v Value, at: &str) -> Result<&'v str, Rejection> {
        let text = string(block, "text")?.ok_or_else(|| Rejection::missing(format!("{at}.text")))?;
        if text.is_empty() {
            return Err(Rejection::param(at, "invalid_value", "text content blocks must be non-empty"));
        }
        self.count(tokens::count(text), text.as_bytes());
        Ok(text)
    }

    /// An image's or document's media type.
    pub(crate) fn media(&mut self, block: &Value, at: &str, is_image: bool) -> Result<String, Rejection> {
        let source = block.get("source").ok_or_else(|| Rejection::missing(format!("{at}.source")))?;
        let at = format!("{at}.source");
        let member = |name: &str| -> Result<&str, Rejection> {
            string(source, name)?.ok_or_else(|| Rejection::missing(format!("{at}.{name}")))
        };
        let wrong = |message: &str| Err(Rejection::param(&at, "invalid_value", message));
        let media_type = match member("type")? {
            "base64" => {
                let (media_type, data) = (member("media_type")?, member("data")?);
                if is_image && !matches!(media_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
                {
                    return wrong("the media type must be image/jpeg, image/png, image/gif or image/webp");
                }
                if data.is_empty() || STANDARD.decode(data).is_err() {
                    return wrong("the data is not valid base64");
                }
                self.hash.add(data.as_bytes());
                media_type.to_owned()
            }
            "url" => by_extension(member("url")?),
            "text" => member("data").map(|_| "text/plain".to_owned())?,
            "content" | "file" => if is_image { "image" } else { "document" }.to_owned(),
            _ => return wrong("the type must be 'base64', 'url' or 'file'"),
        };
        self.count(tokens::IMAGE_TOKENS, media_type.as_bytes());
        Ok(media_type)
    }

    /// Takes note of a `cache_control` member.
    pub(crate) fn breakpoint(&mut self, block: &Value, at: &str) -> Result<(), Rejection> {
        let Some(control) = block.get("cache_control").filter(|control| !control.is_null()) else {
            return Ok(());
        };
        let at = format!("{at}.cache_control");
        if control.get("type").and_then(Value::as_str) != Some("ephemeral") {
            return Err(Rejection::param(at, "invalid_value", "the type must be 'ephemeral'"));
        }
        let one_hour = match control.get("ttl").and_then(Value::as_str) {
            None | Some("5m") => false,
            Some("1h") => true,
            Some(_) => return Err(Rejection::param(at, "invalid_value", "the ttl must be '5m' or '1h'")),
        };
        if self.breakpoints.len() == MAX_BREAKPOINTS {
            let message = format!("at most {MAX_BREAKPOINTS} blocks may carry it");
            return Err(Rejection::param(at, "invalid_value", message));
        }
        let (hash, tokens) = (self.hash.value(), self.prompt.input_tokens);
        self.breakpoints.push(Breakpoint { hash, tokens, one_hour });
        Ok(())
    }
}

fn by_extension(url: &str) -> String {
    match url.rsplit('.').next().unwrap_or("") {
        extension @ ("png" | "gif" | "webp") => format!("image/{extension}"),
        "jpg" | "jpeg" => "image/jpeg".to_owned(),
        "pdf" => "application/pdf".to_owned(),
        _ => "image".to_owned(),
    }
}

//! Walks once over a body and notes its texts. Serves requests, answers and events. It must not build values.

use super::{Channel, Text, Written, encoded, names};
use crate::json::cursor::{Cursor, DEPTH_CEILING};
use crate::json::{JsonError, JsonErrorKind, Kind, unescape};
use gw_model::guardrail::Speaker;
use gw_model::{Span, WireFormat};
use std::borrow::Cow;

/// Deepest nesting that is walked with its meaning known; below, all is text of the same speaker.
const MAX_LEVELS: usize = 100;

/// Numbers with fewer characters say nothing about anybody.
const MIN_NUMBER_BYTES: usize = 7;

/// What kind of body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Request,
    Answer,
    Event(WireFormat),
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) texts: Vec<Text>,
    /// The `type` of the whole.
    pub(super) kind: Option<String>,
    /// The group that the whole is about.
    pub(super) first_group: u64,
}

pub(super) fn body(bytes: &[u8], mode: Mode) -> Result<Found, JsonError> {
    let mut walk =
        Walk { bytes, cursor: Cursor::new(bytes, 0, DEPTH_CEILING), mode, found: Found::default() };
    let speaker = if mode == Mode::Request { Speaker::User } else { Speaker::Assistant };
    let around = Around { speaker, ..Around::default() };
    walk.value("", around)?;
    walk.cursor.end()?;
    Ok(walk.found)
}

/// What is known of a place by what stands around it.
#[derive(Clone, Copy, Debug)]
struct Around<'a> {
    speaker: Speaker,
    /// The name of the member that this is in, or of the list.
    parent: &'a str,
    level: usize,
    /// Within what a tool is given or returns.
    is_free: bool,
    /// Within what the caller names as it likes: nothing is structure there.
    is_own: bool,
    /// A role said who speaks.
    has_role: bool,
    /// The object says that its `data` is media.
    holds_media: bool,
    is_delta: bool,
    /// Within a call of a tool, if the model speaks.
    is_call: bool,
    /// Members of an object whose kind is a call: what a tool returned may stand beside what it was called with.
    is_call_itself: bool,
    /// The indexes passed so far.
    channel: u64,
    group: Option<u64>,
}

impl Default for Around<'_> {
    fn default() -> Self {
        Self {
            speaker: Speaker::User,
            parent: "",
            level: 0,
            is_free: false,
            is_own: false,
            has_role: false,
            holds_media: false,
            is_delta: false,
            is_call: false,
            is_call_itself: false,
            channel: 0,
            group: None,
        }
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    cursor: Cursor<'a>,
    mode: Mode,
    found: Found,
}

/// What the members of an object say about all of it.
#[derive(Default)]
struct Facts<'a> {
    role: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    index: Option<u64>,
    /// Within a group: the part of it.
    part: u64,
}

impl<'a> Walk<'a> {
    fn raw(&self, span: Span) -> &'a str {
        self.bytes.get(span.start..span.end).and_then(|raw| std::str::from_utf8(raw).ok()).unwrap_or_default()
    }

    /// The text of a string, quotes and escapes undone.
    fn string(&self, span: Span) -> Cow<'a, str> {
        let raw = self.raw(span);
        unescape(raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default())
    }

    fn value(&mut self, name: &str, around: Around<'_>) -> Result<(), JsonError> {
        match self.cursor.peek()? {
            Kind::Object if around.level < MAX_LEVELS => self.object(name, around),
            Kind::Array if around.level < MAX_LEVELS => {
                self.cursor.enter()?;
                let mut more = self.cursor.first_element()?;
                while more {
                    self.value(name, Around { level: around.level + 1, ..around })?;
                    more = self.cursor.next_element()?;
                }
                Ok(())
            }
            Kind::String => {
                let (_, span) = self.cursor.skip_value()?;
                self.text(name, span, around);
                Ok(())
            }
            Kind::Number => {
                let (_, span) = self.cursor.skip_value()?;
                let is_said = around.is_free || (around.is_own && self.mode == Mode::Request);
                if is_said && span.end - span.start >= MIN_NUMBER_BYTES {
                    self.note(span, Written::Number, false, name, around);
                }
                Ok(())
            }
            Kind::Object | Kind::Array => self.deep(around),
            Kind::Bool | Kind::Null => self.cursor.skip_value().map(|_| ()),
        }
    }

    /// All strings of what is nested too deep to know more about.
    fn deep(&mut self, around: Around<'_>) -> Result<(), JsonError> {
        let (_, span) = self.cursor.skip_value()?;
        let raw = self.raw(span).as_bytes();
        let mut at = 0;
        while let Some(quote) = memchr::memchr(b'"', raw.get(at..).unwrap_or_default()) {
            let start = span.start + at + quote;
            let mut string = Cursor::new(self.bytes, start, 1);
            let (_, text) = string.skip_value()?;
            self.note(text, Written::Text, true, "", around);
            at = text.end - span.start;
        }
        Ok(())
    }

    fn object(&mut self, name: &str, around: Around<'_>) -> Result<(), JsonError> {
        let facts = if around.is_free { Facts::default() } else { self.facts()? };
        let around = self.within(name, around, &facts);
        self.cursor.enter()?;
        let mut more = self.cursor.first_member()?;
        while more {
            let (key, escaped) = self.cursor.key()?;
            let raw = self.raw(Span { start: key.start + 1, end: key.end - 1 });
            let member = if escaped { unescape(raw) } else { Cow::Borrowed(raw) };
            self.member(&member, key, name, around)?;
            more = self.cursor.next_member()?;
        }
        Ok(())
    }

    fn member(&mut self, member: &str, key: Span, parent: &str, around: Around<'_>) -> Result<(), JsonError> {
        let is_result = around.is_call_itself && names::is_result(member);
        let around = Around { parent, level: around.level + 1, is_call_itself: false, ..around };
        if around.is_free {
            self.note(key, Written::Name, false, member, around);
            return self.value(member, around);
        }
        let kind = self.cursor.peek()?;
        let is_own = around.is_own || names::is_own(parent);
        let is_named = is_own || names::is_map(parent);
        if is_own || !encoded::is_plain_name(self.raw(key)) {
            self.note(key, Written::Name, false, member, Around { is_delta: false, ..around });
        }
        if !is_named && names::is_tokens(member) && self.mode != Mode::Request {
            let (kind, span) = self.cursor.skip_value()?;
            if kind != Kind::Null {
                self.note(span, Written::Tokens, false, member, around);
            }
            return Ok(());
        }
        let is_given = !is_named && member == "arguments" && around.speaker != Speaker::Definition;
        let is_free = kind == Kind::Object && (is_given || member == "input")
            || names::is_free(member, parent) && (member != "data" || kind == Kind::Object);
        if !is_free && !is_named && self.skip_structure(member, kind, around.holds_media)? {
            return Ok(());
        }
        let is_own = is_own || (is_named && kind == Kind::String);
        let around = Around { is_own, ..around };
        let speaker = match around.level {
            1 if self.mode == Mode::Request => names::speaker_of_member(member),
            _ => names::speaker_of_content(member),
        };
        let in_delta = match self.mode {
            Mode::Event(WireFormat::GeminiGenerate) => member == "text",
            Mode::Event(WireFormat::OpenAiCompletions) => member == "text",
            Mode::Event(_) => member == "delta",
            _ => false,
        };
        let speaker = speaker.filter(|speaker| may_speak(*speaker, around)).unwrap_or(around.speaker);
        let is_delta = around.is_delta || in_delta;
        let is_call = (around.is_call || names::is_call(member)) && !is_result;
        // Of an answer, all is the model's.
        let speaker = match speaker {
            Speaker::Assistant if is_result && self.mode == Mode::Request => Speaker::Tool,
            speaker => speaker,
        };
        self.value(member, Around { speaker, is_free, is_delta, is_call, ..around })
    }

    /// Moves over what is no text by its name and its form; false for everything else.
    fn skip_structure(&mut self, member: &str, kind: Kind, holds_media: bool) -> Result<bool, JsonError> {
        let is_encoded = names::is_encoded(member, holds_media);
        // Strings are looked at where all strings are.
        if kind == Kind::String || !(is_encoded || names::is_structure(member)) {
            return Ok(false);
        }
        let start = self.cursor.clone();
        let (_, span) = self.cursor.skip_value()?;
        let raw = self.bytes.get(span.start..span.end).unwrap_or_default();
        let has_text = memchr::memchr(b'"', raw).is_some();
        if has_text {
            self.cursor = start;
        }
        Ok(!has_text)
    }

    /// Looks at the members of an object that say something about the others, and goes back.
    fn facts(&mut self) -> Result<Facts<'a>, JsonError> {
        let mut facts = Facts::default();
        let start = self.cursor.clone();
        self.cursor.enter()?;
        let mut more = self.cursor.first_member()?;
        let is_event = matches!(self.mode, Mode::Event(_));
        while more {
            let (key, escaped) = self.cursor.key()?;
            let name = self.raw(Span { start: key.start + 1, end: key.end - 1 });
            let name = if escaped { unescape(name) } else { Cow::Borrowed(name) };
            let (kind, span) = self.cursor.skip_value()?;
            match (&*name, kind) {
                ("role", Kind::String) => self.tell(&mut facts.role, span, "role")?,
                ("type", Kind::String) => self.tell(&mut facts.kind, span, "type")?,
                ("index" | "output_index" | "contentBlockIndex", Kind::Number) if is_event => {
                    facts.index = self.raw(span).parse().ok();
                }
                ("content_index" | "summary_index", Kind::Number) if is_event => {
                    facts.part = hash(facts.part, self.raw(span));
                }
                _ => {}
            }
            more = self.cursor.next_member()?;
        }
        self.cursor = start;
        Ok(facts)
    }

    /// Two readers may take another of two; whoever spoke then is not known.
    fn tell(&self, fact: &mut Option<Cow<'a, str>>, span: Span, name: &str) -> Result<(), JsonError> {
        let said = self.string(span);
        let is_other = fact.as_ref().is_some_and(|before| *before != said);
        if is_other && self.mode == Mode::Request {
            return Err(JsonError { offset: span.start, kind: JsonErrorKind::Duplicate(name.to_owned()) });
        }
        *fact = Some(said);
        Ok(())
    }

    /// What stands around the members of an object.
    fn within<'b>(&mut self, name: &'b str, around: Around<'b>, facts: &Facts<'_>) -> Around<'b> {
        let holds_media = names::holds_media(name, facts.kind.as_deref());
        let is_call_itself = facts.kind.as_deref().is_some_and(names::is_call_kind);
        let is_call = around.is_call || is_call_itself;
        let mut inner = Around { holds_media, is_call, is_call_itself, ..around };
        // What stands beside the conversation is nobody's turn.
        if self.mode == Mode::Request && around.level > 0 {
            let by_role = facts.role.as_deref().and_then(names::speaker_of_role);
            let by_kind = || facts.kind.as_deref().and_then(names::speaker_of_kind);
            let spoken = by_role.or_else(by_kind).filter(|speaker| may_speak(*speaker, around));
            inner.speaker = spoken.unwrap_or(around.speaker);
            inner.has_role |= by_role.is_some();
        }
        if !matches!(self.mode, Mode::Event(_)) {
            return inner;
        }
        // Where none is stated it is the first: some events of a stream say so, and others do not.
        let index = facts.index.unwrap_or(0).saturating_add(1);
        inner.channel = hash(hash(around.channel ^ index, name), "").wrapping_add(facts.part);
        if facts.index.is_some() && around.group.is_none() || matches!(name, "choices" | "candidates") {
            inner.group = Some(index);
        }
        if around.level == 0 {
            self.found.kind = facts.kind.as_deref().map(str::to_owned);
            self.found.first_group = index;
            if let Some(kind) = &facts.kind {
                inner.channel = hash(inner.channel, kind);
            }
        }
        inner
    }

    /// A string that is not known to be structure.
    fn text(&mut self, name: &str, span: Span, around: Around<'_>) {
        if span.end - span.start <= 2 {
            return;
        }
        let mut around = around;
        if !around.is_free && !around.is_own {
            let raw = self.bytes.get(span.start + 1..span.end - 1).unwrap_or_default();
            let is_encoded = names::is_encoded(name, around.holds_media);
            if (is_encoded && encoded::is_base64(raw)) || (names::is_link(name) && encoded::is_data_url(raw))
            {
                return;
            }
            if is_encoded || names::is_structure(name) {
                // Models are told the names of those who speak.
                let is_told = name == "name" && around.parent == "messages";
                if !is_told && encoded::is_word(raw) {
                    return;
                }
                around.is_delta = false;
            }
        }
        let kind = self.found.kind.as_deref().unwrap_or_default();
        let is_arguments = kind.contains("call_arguments") || kind.contains("mcp_call");
        let is_json =
            !around.is_free && (names::is_json(name, around.parent) || (name == "delta" && is_arguments));
        around.is_call |= is_json || is_arguments || kind.contains("_call_");
        let is_said = names::is_prose(name, around.speaker == Speaker::Tool) || around.parent == "variables";
        let is_prose = around.is_free || (is_said && around.speaker != Speaker::Definition);
        let is_prose = is_prose && !is_json;
        self.note(span, if is_json { Written::Json } else { Written::Text }, is_prose, name, around);
    }

    fn note(&mut self, span: Span, written: Written, is_prose: bool, name: &str, around: Around<'_>) {
        let is_piece = around.is_delta && !around.is_free && matches!(written, Written::Text | Written::Json);
        let channel = is_piece.then(|| Channel {
            id: hash(around.channel, name),
            group: around.group.unwrap_or(self.found.first_group),
        });
        let speaker = match around.speaker {
            Speaker::Assistant if around.is_call => Speaker::ToolCall,
            speaker => speaker,
        };
        self.found.texts.push(Text { span, written, speaker, is_prose, channel });
    }
}

/// May somebody speak there? What stands in the turn of a user or a tool is said by them, whatever it calls itself.
fn may_speak(speaker: Speaker, around: Around<'_>) -> bool {
    let is_outside = |speaker: Speaker| matches!(speaker, Speaker::User | Speaker::Tool);
    let is_theirs = around.has_role && is_outside(around.speaker);
    around.speaker != Speaker::Definition && (!is_theirs || is_outside(speaker))
}

/// Mixes a name into a number: names of members are few, so that no two texts of a stream meet.
fn hash(seed: u64, name: &str) -> u64 {
    name.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

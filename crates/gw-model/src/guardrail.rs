//! What a guardrail is by the configuration: what it looks for, where, and what a finding leads to. `gw-guard` makes
//! engines of it. It must not look at texts.

mod asked;

pub use asked::{AskSpec, Asked, Host, LocalModel, Threshold, Topic, Topics};

use crate::policy::Condition;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One guardrail as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardrailSpec {
    /// Its name: callers, keys and models say it.
    pub name: Arc<str>,
    /// What is looked for.
    pub check: CheckSpec,
    /// It looks at what callers send.
    pub on_request: bool,
    /// It looks at what models answer.
    pub on_response: bool,
    /// What a finding leads to.
    pub action: GuardAction,
    /// It applies to every call, not only where something names it.
    pub mandatory: bool,
    /// It applies to every call whose caller does not leave it out.
    pub by_default: bool,
    /// Findings are written down and lead to nothing.
    pub shadow: bool,
    /// Of a thousand calls, how many are looked at.
    pub sample_permille: u16,
    /// Texts of whom it looks at.
    pub speakers: Speakers,
    /// What a refused caller is told, in place of the gateway's own words.
    pub message: Option<Arc<str>>,
    /// What a caller gets as an answer like any other in place of a refusal.
    pub refusal: Option<Arc<str>>,
    /// The model is asked once more for an answer that does not fit its schema.
    pub repairs: bool,
    /// The model that is asked, where the action routes.
    pub to: Option<Arc<str>>,
    /// What stands in place of a finding, where the action rewrites.
    pub replacement: Option<Arc<str>>,
    /// Calls whose texts can not be read (pass-through, sessions, forms) pass unseen; else they are refused.
    pub pass_unchecked: bool,
}

impl GuardrailSpec {
    /// One that looks at all that every call sends and gets, with the gateway's own words.
    #[must_use]
    pub fn everywhere(name: &str, check: CheckSpec, action: GuardAction) -> Self {
        Self {
            name: name.into(),
            check,
            on_request: true,
            on_response: true,
            action,
            mandatory: true,
            by_default: false,
            shadow: false,
            sample_permille: 1000,
            speakers: Speakers::ALL,
            message: None,
            refusal: None,
            repairs: false,
            to: None,
            replacement: None,
            pass_unchecked: false,
        }
    }

    /// What refuses every call in the place of one that must look at all of them and cannot be made: what is not enforced
    /// must not look so.
    #[must_use]
    pub fn stand_in(name: &str) -> Self {
        let message = format!("the guardrail '{name}' of this gateway cannot be used; tell its operator");
        let check = CheckSpec::Length(Self::NO_TEXT);
        Self { message: Some(message.into()), ..Self::everywhere(name, check, GuardAction::Block) }
    }

    /// Does it look at every call for which nobody says anything?
    #[must_use]
    pub const fn is_usual(&self) -> bool {
        self.mandatory || self.by_default
    }

    /// Does it only stand in the place of another?
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        matches!(self.check, CheckSpec::Length(spec) if spec == Self::NO_TEXT)
    }

    /// Bounds that no text keeps, and that no configuration can state.
    const NO_TEXT: LengthSpec = LengthSpec { min_chars: Some(usize::MAX), max_chars: None, max_words: None };
}

/// What a finding leads to, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardAction {
    /// A note in the record.
    Flag,
    /// The finding is masked upstream, and restored for the caller.
    Tokenize,
    /// Other text stands in its place.
    Rewrite,
    /// The finding is blanked.
    Redact,
    /// Another model is asked.
    Route,
    /// A refusal.
    Block,
}

impl GuardAction {
    /// The name in configurations, records and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Tokenize => "tokenize",
            Self::Rewrite => "rewrite",
            Self::Redact => "redact",
            Self::Route => "route",
            Self::Block => "block",
        }
    }
}

/// Who says a text. The numbers are stored: they stay, and new ones come behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// Instructions of the application.
    System,
    /// The user, and whatever says nothing about itself.
    User,
    /// The model.
    Assistant,
    /// What a tool returned, and documents.
    Tool,
    /// What the application says about its tools and about the answer's form.
    Definition,
    /// The model, to a tool: what it calls that with.
    ToolCall,
}

impl Speaker {
    /// Every speaker.
    pub const ALL: [Self; 6] =
        [Self::System, Self::User, Self::Assistant, Self::Tool, Self::Definition, Self::ToolCall];

    /// The name in configurations and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
            Self::Definition => "definition",
            Self::ToolCall => "tool_call",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of speakers. Whoever looks at what a model says looks at what it calls tools with, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speakers(u8);

impl Speakers {
    /// All of them: calls of tools are looked at with what the model says.
    pub const ALL: Self = Self(0x1f);
    /// None.
    pub const NONE: Self = Self(0);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, speaker: Speaker) -> Self {
        Self(self.0 | speaker.bit())
    }

    /// Are texts of that speaker looked at?
    #[must_use]
    pub const fn has(self, speaker: Speaker) -> bool {
        self.names(speaker) || matches!(speaker, Speaker::ToolCall) && self.names(Speaker::Assistant)
    }

    /// Is that speaker named, and not only looked at with another?
    #[must_use]
    pub const fn names(self, speaker: Speaker) -> bool {
        self.0 & speaker.bit() != 0
    }
}

/// What a guardrail looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckSpec {
    /// Personal data.
    Pii {
        /// Names of kinds; empty: all.
        entities: Vec<Arc<str>>,
    },
    /// Credentials.
    Secrets {
        /// Texts that look random count beside a word such as `token`.
        entropy: bool,
    },
    /// Attempts to take over the model.
    Injection {
        /// Findings below that score, in percent, do not count.
        min_score: u8,
    },
    /// Regular expressions.
    Regex {
        /// Each of them.
        patterns: Vec<Arc<str>>,
        /// Longest match, in bytes.
        max_match_bytes: usize,
    },
    /// Words and phrases.
    Keywords {
        /// Each of them.
        terms: Vec<Arc<str>>,
        /// Upper and lower case (ASCII) are different.
        case_sensitive: bool,
        /// A term within a longer word does not count.
        whole_words: bool,
    },
    /// Texts that are too long or too short.
    Length(LengthSpec),
    /// The whole answer must be JSON of this schema.
    JsonSchema {
        /// The schema, as JSON.
        schema: Arc<str>,
    },
    /// Links.
    Urls {
        /// Hosts that may be linked to; empty: all.
        allow: Vec<Arc<str>>,
        /// Hosts that must not.
        deny: Vec<Arc<str>>,
    },
    /// Characters that nobody sees.
    InvisibleText,
    /// The model declines to answer.
    Refusal,
    /// Texts in other languages.
    Language {
        /// Languages that are allowed, by ISO 639-1.
        allow: Vec<Arc<str>>,
    },
    /// Program code.
    Code {
        /// Languages that count; empty: all.
        languages: Vec<Arc<str>>,
    },
    /// A text of which an expression holds.
    Expression(Expression),
    /// Whatever somebody says who is asked.
    Asked(Box<AskSpec>),
}

/// A compiled expression. Two are the same when they are written the same.
#[derive(Clone, Debug)]
pub struct Expression(pub Arc<dyn Condition>);

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.source() == other.0.source()
    }
}

/// Bounds of one text; `None` is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LengthSpec {
    /// Fewest characters.
    pub min_chars: Option<usize>,
    /// Most characters.
    pub max_chars: Option<usize>,
    /// Most words.
    pub max_words: Option<usize>,
}

impl CheckSpec {
    /// The kind, as configurations name it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Pii { .. } => "pii",
            Self::Secrets { .. } => "secrets",
            Self::Injection { .. } => "injection",
            Self::Regex { .. } => "regex",
            Self::Keywords { .. } => "keywords",
            Self::Length(_) => "length",
            Self::JsonSchema { .. } => "json-schema",
            Self::Urls { .. } => "urls",
            Self::InvisibleText => "invisible-text",
            Self::Refusal => "refusal",
            Self::Language { .. } => "language",
            Self::Code { .. } => "code",
            Self::Expression(_) => "cel",
            Self::Asked(ask) => ask.who.kind(),
        }
    }

    /// Can a finding be cut out of its text? Others are about the text as a whole.
    #[must_use]
    pub const fn finds_spans(&self) -> bool {
        match self {
            Self::Pii { .. }
            | Self::Secrets { .. }
            | Self::Regex { .. }
            | Self::Keywords { .. }
            | Self::Urls { .. }
            | Self::InvisibleText => true,
            Self::Asked(ask) => ask.who.finds_spans(),
            _ => false,
        }
    }

    /// Does it need the whole of a text? Then a stream that it may stop or change waits for the end. The others look at it as
    /// it flows.
    #[must_use]
    pub const fn is_buffered(&self) -> bool {
        !self.finds_spans() || self.asked().is_some()
    }

    /// What is asked, where somebody is.
    #[must_use]
    pub const fn asked(&self) -> Option<&AskSpec> {
        match self {
            Self::Asked(ask) => Some(ask),
            _ => None,
        }
    }
}

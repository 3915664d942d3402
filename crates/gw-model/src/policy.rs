//! What a condition of the configuration is asked about, and the trait that hides its language from everyone who
//! only asks. Serves routes, guardrails, limits and whatever else has conditions. It must not know the language,
//! nor collect the facts: whoever asks lends them.

use crate::clock::Micros;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// What is known of a call. Texts that a call does not have are empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// The request.
    pub request: RequestFacts<'a>,
    /// The headers that conditions may see: lower-case names and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// The caller's metadata.
    pub metadata: Option<&'a Map<String, Value>>,
    /// The key.
    pub key: KeyFacts<'a>,
    /// The team's id.
    pub team: &'a str,
    /// The project's id.
    pub project: &'a str,
    /// The organization's id.
    pub organization: &'a str,
    /// The user's id.
    pub user: &'a str,
    /// The id of the caller's own customer.
    pub customer: &'a str,
    /// The id of the caller's session or conversation.
    pub session: &'a str,
    /// The call's tags.
    pub tags: &'a [&'a str],
    /// A text that a guardrail looks at; empty elsewhere.
    pub text: TextFacts<'a>,
    /// When the call came.
    pub now: Micros,
    /// How much of the tightest budget is used: 0 is nothing, 1 is all of it. `None` without a budget.
    pub budget_used: Option<f64>,
}

/// What is known of the request itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestFacts<'a> {
    /// The model as the caller names it.
    pub model: &'a str,
    /// The caller's wire format, by its name.
    pub format: &'a str,
    /// The kind of endpoint, by its name.
    pub endpoint: &'a str,
    /// Whether it asks for a stream.
    pub stream: bool,
    /// Estimated input.
    pub input_tokens: u64,
    /// The bound on output that it states.
    pub max_output_tokens: Option<u64>,
    /// Whether it offers tools.
    pub has_tools: bool,
    /// Whether it has images.
    pub has_images: bool,
    /// Whether it has audio.
    pub has_audio: bool,
    /// Answers that it asks for.
    pub choices: u32,
    /// Size of the body.
    pub body_bytes: u64,
}

/// What is known of a text that a guardrail looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextFacts<'a> {
    /// What it says.
    pub content: &'a str,
    /// Who says it.
    pub speaker: &'a str,
    /// On which side of the call: `request` or `response`.
    pub side: &'a str,
}

/// What is known of the key.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyFacts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What its owner attached to it.
    pub metadata: Option<&'a BTreeMap<String, String>>,
    /// Its tags.
    pub tags: &'a [&'a str],
}

/// A compiled condition.
pub trait Condition: fmt::Debug + Send + Sync {
    /// Whether it holds. It takes a bounded time and bounded memory, whatever the subject.
    ///
    /// # Errors
    /// It cannot be told: something that it reads is missing, or of another type. Who asks takes that as "does not
    /// hold" and logs it once per condition.
    fn holds(&self, subject: &Subject<'_>) -> Result<bool, ConditionError>;

    /// The condition as it was written.
    fn source(&self) -> &str;

    /// What it reads of those facts that take some work to find.
    fn reads(&self) -> Reads;
}

/// Facts that are found only when a condition reads them: others pay nothing for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Headers of the caller.
    pub headers: bool,
    /// The caller's metadata.
    pub metadata: bool,
    /// The call's tags.
    pub tags: bool,
    /// What the body holds besides text: images, audio, tools.
    pub content: bool,
    /// How much of the budget is used.
    pub budget: bool,
    /// A text that a guardrail looks at.
    pub text: bool,
}

impl Reads {
    /// What either reads.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            headers: self.headers || other.headers,
            metadata: self.metadata || other.metadata,
            tags: self.tags || other.tags,
            content: self.content || other.content,
            budget: self.budget || other.budget,
            text: self.text || other.text,
        }
    }
}

/// Why it cannot be told whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// What is wrong.
    pub reason: ConditionFault,
    /// The character of the condition where it came up, from 1.
    pub column: u32,
}

/// What can be wrong with an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionFault {
    /// A member or element that is not there.
    Missing,
    /// A value of a type that does not do here.
    WrongType,
    /// A number out of range, or a division by zero.
    Arithmetic,
    /// A text that cannot be converted.
    Conversion,
    /// More steps or memory than one evaluation may take.
    TooMuch,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.reason {
            ConditionFault::Missing => "a value that is not there (guard it with `has(...)`)",
            ConditionFault::WrongType => "a value of the wrong type",
            ConditionFault::Arithmetic => "a number out of range or a division by zero",
            ConditionFault::Conversion => "a text that cannot be converted",
            ConditionFault::TooMuch => "too much work for one evaluation",
        };
        write!(f, "{what}, at character {}", self.column)
    }
}

impl std::error::Error for ConditionError {}

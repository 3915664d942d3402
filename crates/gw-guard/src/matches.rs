//! Patterns and schemas for whoever checks whole answers, outside of guardrails: matched in linear time, within the limits that
//! hold for guardrails.

use crate::schema::Schema;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// What the automaton of a pattern may take, in bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A JSON Schema for answers.
#[derive(Debug)]
pub struct AnswerSchema(Schema);

impl AnswerSchema {
    /// Looks through a schema.
    ///
    /// # Errors
    /// It is no JSON, has a keyword that is not checked, a bad pattern, or a reference that leads nowhere.
    pub fn new(text: &str) -> Result<Self, String> {
        Schema::new(text).map(Self)
    }

    /// What is wrong with an answer, in a few words; nothing where it fits.
    #[must_use]
    pub fn fault(&self, answer: &str) -> Option<&'static str> {
        self.0.check(answer).map(|finding| finding.reason)
    }
}

/// A pattern for answers.
#[derive(Debug)]
pub struct AnswerPattern(Regex);

impl AnswerPattern {
    /// Compiles it.
    ///
    /// # Errors
    /// It is none, or needs too much memory.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let limits = Regex::config().nfa_size_limit(Some(MAX_PATTERN_BYTES));
        let syntax = syntax::Config::new().multi_line(false);
        let built = Regex::builder().configure(limits).syntax(syntax).build(pattern);
        built.map(Self).map_err(|error| match error.syntax_error() {
            Some(error) => format!("it can not be read: {error}"),
            None => "it needs too much memory".to_owned(),
        })
    }

    /// Is it found anywhere in the answer?
    #[must_use]
    pub fn is_match(&self, answer: &str) -> bool {
        self.0.is_match(answer)
    }
}

//! A check made ready: what a configuration asks for, as an engine. Serves guardrails. Whatever is found in a text is
//! found wherever the text was cut on its way.

use crate::asked::About;
use crate::expression;
use crate::finding::Finding;
use crate::notes::Place;
use crate::pii::{self, Kinds};
use crate::regexes::Regexes;
use crate::schema::Schema;
use crate::secrets::Secrets;
use crate::segment::Segments;
use crate::terms::{MAX_TERM_BYTES, MAX_TERMS, Terms};
use crate::urls::{Open, Urls};
use crate::{injection, invisible, walk, whole};
use gw_model::guardrail::{AskSpec, CheckSpec, LengthSpec};
use gw_model::policy::Condition;
use std::sync::Arc;

/// Why a check can not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckError {
    /// The place in the list of patterns, terms or kinds that is wrong.
    pub at: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for CheckError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CheckError {}

/// See the module.
#[derive(Clone, Debug)]
pub struct Check {
    engine: Engine,
    is_buffered: bool,
    /// What tools are called with is told apart from what else a model says.
    names_calls: bool,
}

#[derive(Clone, Debug)]
enum Engine {
    Pii(Kinds),
    Secrets(Arc<Secrets>),
    Injection {
        min_score: u8,
    },
    Regex(Regexes),
    Terms(Terms),
    Urls(Arc<Urls>),
    Invisible,
    Length(LengthSpec),
    Schema(Arc<Schema>),
    Refusal,
    Language(Vec<Arc<str>>),
    Code(Vec<Arc<str>>),
    Expression(Arc<dyn Condition>),
    /// Others say what is in a text.
    Asked(Arc<AskSpec>),
}

impl Check {
    /// Makes a check.
    ///
    /// # Errors
    /// What of the specification can not be used.
    pub fn compile(spec: &CheckSpec) -> Result<Self, CheckError> {
        let wrong = |at: Option<usize>, message: String| CheckError { at, message };
        let engine = match spec {
            CheckSpec::Pii { entities } => {
                let kinds = Kinds::new(entities.iter().map(|name| &**name));
                Engine::Pii(kinds.map_err(|name| {
                    let at = entities.iter().position(|known| **known == name);
                    wrong(
                        at,
                        format!("'{name}' is no kind of personal data; known are {}", pii::KINDS.join(", ")),
                    )
                })?)
            }
            CheckSpec::Secrets { entropy } => Engine::Secrets(Arc::new(Secrets::new(*entropy))),
            CheckSpec::Injection { min_score } => Engine::Injection { min_score: *min_score },
            CheckSpec::Regex { patterns, max_match_bytes } => {
                let made = Regexes::new(patterns, *max_match_bytes);
                Engine::Regex(made.map_err(|error| wrong(error.at, error.message))?)
            }
            CheckSpec::Keywords { terms, case_sensitive, whole_words } => {
                if terms.len() > MAX_TERMS {
                    return Err(wrong(None, format!("there are more than {MAX_TERMS} terms")));
                }
                let is_bad = |term: &Arc<str>| Terms::says_nothing(term) || term.len() > MAX_TERM_BYTES;
                if let Some(at) = terms.iter().position(is_bad) {
                    return Err(wrong(Some(at), format!("a term has 1 to {MAX_TERM_BYTES} bytes")));
                }
                let made = Terms::spelled(terms, *case_sensitive, *whole_words);
                Engine::Terms(made.map_err(|error| wrong(None, error.to_string()))?)
            }
            CheckSpec::Urls { allow, deny } => Engine::Urls(Arc::new(Urls::new(allow, deny))),
            CheckSpec::InvisibleText => Engine::Invisible,
            CheckSpec::Length(spec) => Engine::Length(*spec),
            CheckSpec::JsonSchema { schema } => {
                Engine::Schema(Arc::new(Schema::new(schema).map_err(|message| wrong(None, message))?))
            }
            CheckSpec::Refusal => Engine::Refusal,
            CheckSpec::Language { allow } => Engine::Language(allow.clone()),
            CheckSpec::Expression(expression) => Engine::Expression(Arc::clone(&expression.0)),
            CheckSpec::Asked(ask) => Engine::Asked(Arc::new(AskSpec::clone(ask))),
            CheckSpec::Code { languages } => {
                Engine::Code(languages.iter().map(|name| name.to_ascii_lowercase().into()).collect())
            }
        };
        Ok(Self { engine, is_buffered: spec.is_buffered(), names_calls: false })
    }

    /// For a guardrail that names what tools are called with: its expression is told so of such a text.
    #[must_use]
    pub(crate) const fn naming_calls(mut self, names: bool) -> Self {
        self.names_calls = names;
        self
    }

    /// See [`CheckSpec::is_buffered`].
    #[must_use]
    pub const fn is_buffered(&self) -> bool {
        self.is_buffered
    }

    /// Does it read a text as it is written? JSON with its escapes undone is none any more.
    #[must_use]
    pub(crate) const fn reads_as_written(&self) -> bool {
        matches!(self.engine, Engine::Schema(_))
    }

    /// What is wrong with an answer that must fit a schema, in words for the model that made it.
    #[must_use]
    pub fn faults(&self, answer: &str) -> Vec<String> {
        match &self.engine {
            Engine::Schema(schema) => schema.faults(answer),
            _ => Vec::new(),
        }
    }

    /// What is asked, where others say what is in a text: it finds nothing by itself.
    #[must_use]
    pub fn asked(&self) -> Option<&AskSpec> {
        match &self.engine {
            Engine::Asked(ask) => Some(ask),
            _ => None,
        }
    }

    /// What it finds in a text that is there whole.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        if self.is_buffered() {
            found.extend(self.judge(text, None, &About::default()));
        } else {
            self.scanner().advance(self, text, 0, true, &mut Segments::default(), &mut found);
        }
        found
    }

    /// What a check of whole texts finds.
    pub(crate) fn judge(&self, text: &str, place: Option<&Place>, about: &About) -> Option<Finding> {
        match &self.engine {
            Engine::Expression(condition) => {
                let place = place.map(|place| place.told(self.names_calls));
                expression::check(&**condition, text, place.as_ref(), about)
            }
            Engine::Injection { min_score } => injection::check(text, *min_score),
            Engine::Length(spec) => whole::length(text, spec),
            Engine::Schema(schema) => schema.check(text),
            Engine::Refusal => whole::refusal(text),
            Engine::Language(allow) => whole::foreign(text, allow),
            Engine::Code(languages) => whole::code(text, languages),
            _ => None,
        }
    }

    /// What it needs for one text.
    pub(crate) fn scanner(&self) -> Scanner {
        match &self.engine {
            Engine::Regex(regexes) => Scanner::Regex(regexes.room()),
            Engine::Pii(_) => Scanner::Pii(Box::default()),
            Engine::Secrets(_) => Scanner::Secrets(Vec::new()),
            Engine::Urls(_) => Scanner::Urls(Open::default()),
            _ => Scanner::Plain,
        }
    }
}

/// What a check keeps for one text as it comes.
#[derive(Debug)]
pub(crate) enum Scanner {
    Pii(Box<pii::Room>),
    Secrets(Vec<crate::secrets::Hit>),
    Regex(crate::regexes::Room),
    Urls(Open),
    Plain,
}

impl Scanner {
    /// Appends what begins at `from` or later and is decided; gives where everything before is decided. What stands
    /// before `from` is looked at for its meaning only.
    pub(crate) fn advance(
        &mut self,
        check: &Check,
        text: &str,
        from: usize,
        is_end: bool,
        segments: &mut Segments,
        out: &mut Vec<Finding>,
    ) -> usize {
        let bytes = text.as_bytes();
        match (&check.engine, self) {
            (Engine::Pii(kinds), Self::Pii(room)) => {
                segments.visit(bytes, from, is_end, out, |segment, out| {
                    pii::scan(bytes, segment, kinds, room, out)
                })
            }
            (Engine::Secrets(secrets), Self::Secrets(hits)) => {
                hits.clear();
                secrets.hits(bytes, from, bytes.len(), hits);
                let mut rest = hits.as_slice();
                segments.visit(bytes, from, is_end, out, |segment, out| {
                    if rest.is_empty() {
                        return secrets.scan(bytes, segment, &[], out);
                    }
                    let before =
                        |place: usize| rest.iter().take_while(|hit| hit.begins_before(place)).count();
                    let (gone, here) = (before(segment.range.start), before(segment.until));
                    let now = rest.get(gone..here).unwrap_or_default();
                    rest = rest.get(here..).unwrap_or_default();
                    secrets.scan(bytes, segment, now, out);
                })
            }
            (Engine::Urls(urls), Self::Urls(open)) => {
                segments.visit(bytes, from, is_end, out, |segment, out| {
                    urls.scan(bytes, segment, open, out);
                })
            }
            (Engine::Regex(regexes), Self::Regex(room)) => {
                walk::scan(regexes, room, bytes, from, is_end, out)
            }
            (Engine::Terms(terms), _) => walk::scan(terms, &mut (), bytes, from, is_end, out),
            (Engine::Invisible, _) => invisible::scan(text, from, is_end, out),
            _ => text.len(),
        }
    }
}

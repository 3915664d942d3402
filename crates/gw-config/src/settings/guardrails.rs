//! Guardrails: what texts of requests and answers are looked through for, and what a finding leads to.

use crate::place::At;
use crate::shape::{Text, Texts, Whole, choices, settings};

settings! {
    /// One guardrail (docs/guides/guardrails.md).
    pub struct GuardrailSettings {
        /// What is looked for.
        required kind: GuardKind,
        /// What is looked at: `request`, `response`.
        required on: Vec<At<GuardSide>>,
        /// What a finding leads to.
        required action: GuardAction,
        /// Applies to every call, not only where a key, an account, a model or a header names it.
        default(false) mandatory: bool,
        /// Findings are written down and lead to nothing.
        default(false) shadow: bool,
        /// Of a hundred calls, how many are looked at.
        default(100) sample_percent: Whole<1, 100>,
        /// Whose texts are looked at; all when there are none. For `injection` without them: `user` and `tool`.
        section speakers: Vec<At<GuardSpeaker>>,
        /// What a refused caller is told, in place of the gateway's own words.
        optional message: Text,
        /// What stands in place of a finding, for `rewrite` and `redact`.
        optional replacement: Text,
        /// What becomes of calls whose texts can not be read: pass-through, sessions, forms.
        default("block") on_unchecked: OnUnchecked,
        /// `pii`: the kinds that count, such as `email`; all when there are none.
        section entities: Texts,
        /// `secrets`: texts that look random count too, beside words such as `key`.
        optional entropy: bool,
        /// `injection`: how sure a finding must be, in percent; 70 unless it is said.
        optional min_score: Whole<1, 100>,
        /// `regex`: the patterns.
        section patterns: Texts,
        /// `regex`: longest match in bytes, and what a stream may wait for; 256 unless it is said.
        optional max_match_bytes: Whole<1, 4096>,
        /// `keywords`: the words and phrases, up to 100,000.
        section terms: Texts,
        /// `keywords`: upper and lower case are different.
        optional case_sensitive: bool,
        /// `keywords`: a term within a longer word does not count, unless this is false.
        optional whole_words: bool,
        /// `length`: fewest characters of one text.
        optional min_chars: Whole<0, 10_000_000>,
        /// `length`: most characters of one text.
        optional max_chars: Whole<1, 10_000_000>,
        /// `length`: most words of one text.
        optional max_words: Whole<1, 10_000_000>,
        /// `json-schema`: the schema that the answer must fit, as JSON.
        optional schema: Text,
        /// `urls`: hosts that may be linked to, with those below them. `language`: languages by ISO 639-1.
        section allow: Texts,
        /// `urls`: hosts that must not be linked to, with those below them.
        section deny: Texts,
        /// `code`: languages that count; all when there are none.
        section languages: Texts,
    }
}

choices! {
    /// What a guardrail looks for.
    pub enum GuardKind {
        /// Personal data.
        Pii = "pii",
        /// Credentials.
        Secrets = "secrets",
        /// Attempts to take over the model.
        Injection = "injection",
        /// Regular expressions.
        Regex = "regex",
        /// Words and phrases.
        Keywords = "keywords",
        /// Texts that are too long or too short.
        Length = "length",
        /// Answers that do not fit a schema.
        JsonSchema = "json-schema",
        /// Links to hosts.
        Urls = "urls",
        /// Characters that nobody sees.
        InvisibleText = "invisible-text",
        /// Answers in which the model declines.
        Refusal = "refusal",
        /// Other languages than those allowed.
        Language = "language",
        /// Program code.
        Code = "code",
    }
}

choices! {
    /// Side of the call.
    pub enum GuardSide {
        /// What the caller sends.
        Request = "request",
        /// What the model answers.
        Response = "response",
    }
}

choices! {
    /// What a finding leads to.
    pub enum GuardAction {
        /// A note in the record.
        Flag = "flag",
        /// A refusal.
        Block = "block",
        /// The finding is blanked.
        Redact = "redact",
        /// The finding is masked upstream and restored for the caller.
        Tokenize = "tokenize",
        /// The finding is replaced by `replacement`.
        Rewrite = "rewrite",
    }
}

choices! {
    /// Who says a text.
    pub enum GuardSpeaker {
        /// Instructions of the application.
        System = "system",
        /// The user.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// What tools returned, and documents.
        Tool = "tool",
        /// Definitions of tools and of the answer's form.
        Definition = "definition",
    }
}

choices! {
    /// What becomes of calls that can not be looked through.
    pub enum OnUnchecked {
        /// They are refused.
        Block = "block",
        /// They pass.
        Pass = "pass",
    }
}

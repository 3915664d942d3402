//! Guardrails: what texts of requests and answers are looked through for, and what a finding leads to.

use super::embeddings::PrecisionName;
use crate::place::At;
use crate::shape::{Fraction, Named, Text, Texts, Whole, choices, settings};
use gw_model::Secret;

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
        /// Applies to every call whose caller does not leave it out with `x-gatewright-guardrails: -NAME`.
        default(false) default: bool,
        /// Findings are written down and lead to nothing.
        default(false) shadow: bool,
        /// Of a hundred calls, how many are looked at.
        default(100) sample_percent: Whole<1, 100>,
        /// Whose texts are looked at; all when there are none. For `injection` without them: `user` and `tool`. `assistant` has calls of tools with it.
        section speakers: Vec<At<GuardSpeaker>>,
        /// What a refused caller is told, in place of the gateway's own words.
        optional message: Text,
        /// For `block`: what the caller gets as an answer like any other, in place of an error.
        optional refusal: Text,
        /// For `route`: the model that is asked in place of the caller's, by the name that callers use.
        optional to: Text,
        /// What stands in place of a finding, for `rewrite` and `redact`.
        optional replacement: Text,
        /// What becomes of calls whose texts can not be read: pass-through, sessions, forms.
        default("block") on_unchecked: OnUnchecked,
        /// `pii`: the kinds that count, such as `email`; all when there are none. `presidio`, `ner`: the entities that count, as the service or the model names them.
        section entities: Texts,
        /// `secrets`: texts that look random count too, beside words such as `key`.
        optional entropy: bool,
        /// `injection`: how sure a finding must be, in percent; 70 unless it is said. `presidio`, `ner`: the same, 50 unless it is said. `classifier`: how likely a label must be, 80 unless it is said.
        optional min_score: Whole<1, 100>,
        /// `regex`: the patterns.
        section patterns: Texts,
        /// `regex`: longest match in bytes, and what a stream may wait for; 256 unless it is said.
        optional max_match_bytes: Whole<1, 4096>,
        /// `keywords`: the words and phrases, up to 100,000, found in all ordinary spellings.
        section terms: Texts,
        /// `keywords`: a file with more of them, one a line; with `terms` up to 100,000. It is read anew when it changes.
        optional terms_file: Text,
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
        /// `json-schema`: an answer that does not fit is asked for once more, with what is wrong with it; a stream comes whole then. For `block`.
        optional repair: bool,
        /// `urls`: hosts that may be linked to, with those below them. `language`: languages by ISO 639-1. `topics`: of `topics`, those that texts may be about; others not.
        section allow: Texts,
        /// `urls`: hosts that must not be linked to, with those below them. `topics`: of `topics`, those that texts must not be about.
        section deny: Texts,
        /// `topics`: examples of texts by topic, up to 64 of each.
        section topics: Named<Texts>,
        /// `topics`: least similarity (cosine, 0 to 1) of a text and an example of its topic; 0.5 unless it is said.
        optional similarity: Fraction,
        /// `topics`: what makes vectors: `local` (the model of `embeddings.model_dir`, and so unless it is said), or a model for embeddings, as `provider/model` or an alias.
        optional embeddings: Text,
        /// `code`: languages that count; all when there are none.
        section languages: Texts,
        /// `cel`: the expression, see docs/policy.md; a text of which it holds is a finding.
        optional expression: Text,
        /// Kinds that ask: how long a verdict may take, in milliseconds. 2000 unless it is said; 10000 for models, 10 for `wasm`.
        optional timeout_ms: Whole<1, 120_000>,
        /// Kinds that ask: what becomes of a call without a verdict; `closed` unless it is said.
        optional on_error: OnAskError,
        /// Kinds that ask: the call goes on meanwhile, and its answer waits for the verdict. For `flag` and `block`.
        optional parallel: bool,
        /// Kinds that ask: most questions at the same time; 64 unless it is said.
        optional max_parallel: Whole<1, 10_000>,
        /// Kinds that ask: most text of one question in bytes, 262144 unless it is said, 32768 for `ner` and `classifier`. Of a longer one there is no verdict.
        optional max_text_bytes: Whole<1, 4_194_304>,
        /// Kinds that ask a host: its address.
        optional url: Text,
        /// Kinds that ask a host: its credential.
        optional api_key: Secret,
        /// Kinds that ask a host: a PEM file with further authorities to trust there.
        optional ca_file: Text,
        /// `webhook`: what questions are signed with, at least 16 characters; `whsec_` and base64 too.
        optional secret: Secret,
        /// `llm-judge`, `llama-guard`, `openai-moderation`: the model, by the name that callers use. With `url`, its name there.
        optional model: Text,
        /// `llm-judge`: what is not allowed, in words.
        optional rule: Text,
        /// `llama-guard`: categories that count, `S1` to `S14`; all when there are none.
        section categories: Texts,
        /// `openai-moderation`: the smallest score that counts, by category; what the model flags when there is none.
        section thresholds: Named<Fraction>,
        /// `azure-content-safety`: the smallest severity that counts, by category; 4 for all when there is none.
        section severities: Named<Whole<1, 7>>,
        /// `azure-content-safety`: block lists to look at.
        section blocklists: Texts,
        /// `presidio`: language of the texts; `en` unless it is said.
        optional language: Text,
        /// `bedrock-guardrail`: the provider of kind bedrock whose host and credentials are used.
        optional provider: Text,
        /// `bedrock-guardrail`: its id.
        optional guardrail_id: Text,
        /// `bedrock-guardrail`: its version; `DRAFT` unless it is said.
        optional guardrail_version: Text,
        /// `lakera`: the project whose policy counts.
        optional project: Text,
        /// `ner`, `classifier`: the folder with the weights of a small BERT (docs/guides/local-models.md).
        optional model_dir: Text,
        /// `classifier`: the labels of the model that are findings.
        section labels: Texts,
        /// `ner`, `classifier`: how weights are kept, `f32` or `int8` (a quarter of the memory); `f32` unless it is said.
        optional precision: PrecisionName,
        /// `ner`, `classifier`: threads that the model runs on; 1 unless it is said.
        optional threads: Whole<1, 64>,
        /// `wasm`: the component.
        optional file: Text,
        /// `wasm`: what the component is told about itself, as JSON.
        optional settings: Text,
        /// `wasm`: most memory in MiB; 16 unless it is said.
        optional max_memory_mb: Whole<1, 1_024>,
        /// `wasm`: most work of one question, in units of fuel (about one for an instruction); 100 million unless it is said.
        optional max_fuel: Whole<1_000, 1_000_000_000_000>,
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
        /// Texts of which an expression holds.
        Cel = "cel",
        /// Whatever a web hook of the user's own says.
        Webhook = "webhook",
        /// A moderation model of OpenAI's format.
        OpenAiModeration = "openai-moderation",
        /// A model that judges by a rule in words.
        LlmJudge = "llm-judge",
        /// A model of the Llama Guard family.
        LlamaGuard = "llama-guard",
        /// Personal data, by Presidio's analyzer.
        Presidio = "presidio",
        /// Azure AI Content Safety.
        AzureContentSafety = "azure-content-safety",
        /// A guardrail of Amazon Bedrock.
        BedrockGuardrail = "bedrock-guardrail",
        /// Lakera Guard.
        Lakera = "lakera",
        /// What texts are about, by examples and a model for embeddings.
        Topics = "topics",
        /// Names, places and the like, by a model in the process.
        Ner = "ner",
        /// What a model in the process says that a text is.
        Classifier = "classifier",
        /// A plugin: a component of WebAssembly.
        Wasm = "wasm",
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
        /// The model `to` is asked in place of the caller's.
        Route = "route",
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
        /// What the model calls tools with.
        ToolCall = "tool_call",
    }
}

choices! {
    /// What becomes of calls without a verdict.
    pub enum OnAskError {
        /// They are refused.
        Closed = "closed",
        /// They pass.
        Open = "open",
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

//! Virtual keys declared in the file.

use super::cache::KeyCacheSettings;
use super::limits::{BudgetSettings, LimitSettings};
use super::overload::PriorityName;
use super::records::LoggingName;
use crate::place::At;
use crate::shape::{Anything, Named, Text, Texts, Whole, ZoneName, choices, settings};
use gw_model::{Endpoint, Secret};

settings! {
    /// One virtual key.
    pub struct KeySettings {
        /// Shown to people; no two keys have the same.
        required name: Text,
        /// The key itself, at least 16 characters, best as `${VARIABLE}`.
        required key: Secret,
        /// Models that it may call: names, `provider/*`, or `*`. All when not given.
        optional models: Texts,
        /// Kinds of work that it may ask for. All but `passthrough` when not given.
        optional endpoints: Vec<At<EndpointName>>,
        /// From when on it is refused, as `2027-01-31T00:00:00Z`.
        optional expires_at: Text,
        /// Rate and concurrency limits.
        section limits: LimitSettings,
        /// Hard budget.
        optional budget: BudgetSettings,
        /// Several budgets, in place of `budget`: all must have enough left.
        section budgets: Vec<At<BudgetSettings>>,
        /// Whose calls wait and are refused first when there is not room for all: `low`, `normal` or `high`. A call may ask for less by `x-gatewright-priority`.
        default("normal") priority: PriorityName,
        /// Team: the id of one that was made through the API, or any name for reports.
        optional team_id: Text,
        /// Project, as with teams.
        optional project_id: Text,
        /// The person whose calls these are, as with teams.
        optional user_id: Text,
        /// The plan that it has: the id of one that was made through the API.
        optional plan_id: Text,
        /// Addresses that its calls may come from, as `192.0.2.7` or `10.0.0.0/8`. Any when not given.
        section allowed_ips: Texts,
        /// Origins of web pages, as `https://app.example`, from which browsers may call with it. Any when not given; calls without `Origin` are not of browsers, and not asked.
        section allowed_origins: Texts,
        /// When it may be used; in any of these. Always when not given.
        section hours: Vec<At<HourSettings>>,
        /// Members that `x-gatewright-metadata` of its calls must have.
        section required_metadata: Texts,
        /// The most that is written down of its calls (docs/guides/records.md): `off`, `metadata`, `redacted` or `full`.
        optional logging: LoggingName,
        /// What its calls have of the cache: less than the model has, never more.
        optional cache: KeyCacheSettings,
        /// Providers that it may call, by their names here. All when not given.
        optional providers: Texts,
        /// Regions where its calls may go, as `region` of providers. All when not given; a provider without one is in none.
        optional regions: Texts,
        /// Most input tokens of one request.
        optional max_input_tokens: Whole<1, 1_000_000_000>,
        /// Most output tokens that one request may ask for.
        optional max_output_tokens: Whole<1, 1_000_000_000>,
        /// Names of tools that its calls may bring; `*` may stand at the end. All when not given.
        optional tools: Texts,
        /// Names of tools that they may not bring.
        section denied_tools: Texts,
        /// Whether other targets than the first may be asked.
        default(true) fallbacks: bool,
        /// Which parameters its calls may have, and what these are.
        section parameters: ParameterSettings,
        /// Calls for which this condition holds are refused, see docs/policy.md.
        optional deny_when: Text,
        /// What their callers are told.
        optional deny_message: Text,
        /// Guardrails that apply to its calls.
        section guardrails: Texts,
        /// Which of a provider's credentials its calls use: the provider's name, then the credential's.
        section credentials: Named<Text>,
        /// Texts of your own, for reports.
        section metadata: Named<Text>,
    } later { "organization_id", "tags" }
}

settings! {
    /// Parameters of calls, by their names in OpenAI's chat format or in any other.
    pub struct ParameterSettings {
        /// Those that calls may have. All when not given.
        optional allowed: Texts,
        /// Those that they may not have.
        section denied: Texts,
        /// What they are where a call says nothing of them.
        section defaults: Named<Anything>,
        /// What they are whatever a call says of them.
        section forced: Named<Anything>,
    }
}

settings! {
    /// Hours in which a key may be used.
    pub struct HourSettings {
        /// Days on which they begin: `mon`, `tue`, ..., or `mon-fri`. All when not given.
        section days: Texts,
        /// From when on, as `"08:00"`.
        default("00:00") from: Text,
        /// Until when, as `"18:00"`; at or before `from` it is on the next day.
        default("24:00") to: Text,
        /// Whose clock, as `Europe/Berlin`. UTC when not given.
        optional time_zone: ZoneName,
    }
}

choices! {
    /// A kind of work.
    pub enum EndpointName {
        /// Conversations, in any format.
        Chat = "chat",
        /// Plain completion.
        Completions = "completions",
        /// Vectors.
        Embeddings = "embeddings",
        /// Documents by relevance.
        Rerank = "rerank",
        /// Making and editing images.
        Images = "images",
        /// Speech from text, text from speech.
        Audio = "audio",
        /// Judging content.
        Moderations = "moderations",
        /// Stored files.
        Files = "files",
        /// Asynchronous batches.
        Batches = "batches",
        /// Conversations over a WebSocket.
        Realtime = "realtime",
        /// Listing models.
        Models = "models",
        /// Any path of a provider.
        Passthrough = "passthrough",
    } later { "responses", "mcp" }
}

impl From<EndpointName> for Endpoint {
    fn from(name: EndpointName) -> Self {
        match name {
            EndpointName::Chat => Self::Chat,
            EndpointName::Completions => Self::Completions,
            EndpointName::Embeddings => Self::Embeddings,
            EndpointName::Rerank => Self::Rerank,
            EndpointName::Images => Self::Images,
            EndpointName::Audio => Self::Audio,
            EndpointName::Moderations => Self::Moderations,
            EndpointName::Files => Self::Files,
            EndpointName::Batches => Self::Batches,
            EndpointName::Realtime => Self::Realtime,
            EndpointName::Models => Self::Models,
            EndpointName::Passthrough => Self::Passthrough,
        }
    }
}

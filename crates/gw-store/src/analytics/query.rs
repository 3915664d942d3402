//! What may be asked of roll-ups, and the parts of answering that do not depend on the database: which series count, for
//! which value, and how their sums come together.

use super::parts::Told;
use super::series::Series;
use super::sketch::Sketch;
use crate::accounts::{account_of, bytes_of, each, of_level};
use crate::journal::{outcome_code, outcome_of};
use ahash::AHashMap;
use gw_model::{AccountId, KeyId, Level, Micros, NanoUsd, Outcome, WireFormat};

/// How long a time calls are summed up over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

impl Span {
    /// Every span, the shortest first.
    pub const ALL: &'static [Self] = &[Self::Minute, Self::Hour, Self::Day];

    /// The name in queries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The span of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|span| span.as_str() == name)
    }

    /// Its length in microseconds.
    #[must_use]
    pub const fn us(self) -> i64 {
        match self {
            Self::Minute => 60_000_000,
            Self::Hour => 3_600_000_000,
            Self::Day => 86_400_000_000,
        }
    }

    /// What rows of it are marked with: those of all calls, or of callers.
    pub(crate) const fn kind(self, is_of_caller: bool) -> i16 {
        self.kind_of(if is_of_caller { Told::Both } else { Told::Calls })
    }
}

/// A dimension of roll-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollupBy {
    /// Virtual key.
    Key,
    /// User.
    User,
    /// Team: the account, or the key's label.
    Team,
    /// Project.
    Project,
    /// Organization.
    Organization,
    /// Customer; by hours and days, without durations.
    Customer,
    /// Tag; as customers. A call with several counts for each.
    Tag,
    /// Model as the caller named it.
    Model,
    /// Provider.
    Provider,
    /// Ending.
    Outcome,
    /// Hundreds of the status: `2xx`; empty for none.
    Status,
    /// The gateway's error code; empty for none.
    Error,
    /// What the cache did; empty where it was not asked.
    Cache,
    /// The caller's format; by hours and days, without durations, as what follows.
    Format,
    /// The endpoint that the format is of.
    Endpoint,
    /// Model as the provider names it; of each attempt.
    UpstreamModel,
    /// Region of the provider that was tried last; empty for none.
    Region,
    /// Guardrail that found something. A call in which several did counts for each.
    Guardrail,
}

/// What sums of parts are by. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum PartOf {
    Format = 1,
    UpstreamModel = 2,
    Region = 3,
    Guardrail = 4,
    /// Within an organization; by all together, tags are summed up as accounts.
    Tag = 5,
}

impl PartOf {
    /// All of them.
    pub(crate) const ALL: &'static [Self] =
        &[Self::Format, Self::UpstreamModel, Self::Region, Self::Guardrail, Self::Tag];
}

/// What is asked of sums of parts.
#[derive(Clone, Debug)]
pub(crate) struct OfParts {
    pub(crate) part: PartOf,
    /// Whose calls count; `None` for all.
    pub(crate) organizations: Option<Vec<AccountId>>,
}

impl RollupBy {
    /// Every dimension.
    pub const ALL: &'static [Self] = &[
        Self::Key,
        Self::User,
        Self::Team,
        Self::Project,
        Self::Organization,
        Self::Customer,
        Self::Tag,
        Self::Model,
        Self::Provider,
        Self::Outcome,
        Self::Status,
        Self::Error,
        Self::Cache,
        Self::Format,
        Self::Endpoint,
        Self::UpstreamModel,
        Self::Region,
        Self::Guardrail,
    ];

    /// The name in queries and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::User => "user",
            Self::Team => "team",
            Self::Project => "project",
            Self::Organization => "organization",
            Self::Customer => "customer",
            Self::Tag => "tag",
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Outcome => "outcome",
            Self::Status => "status",
            Self::Error => "error",
            Self::Cache => "cache",
            Self::Format => "format",
            Self::Endpoint => "endpoint",
            Self::UpstreamModel => "upstream_model",
            Self::Region => "region",
            Self::Guardrail => "guardrail",
        }
    }

    /// The dimension of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|by| by.as_str() == name)
    }

    /// The level of accounts that its values are of, keys among them.
    #[must_use]
    pub const fn level(self) -> Option<Level> {
        match self {
            Self::Key => Some(Level::Key),
            Self::User => Some(Level::User),
            Self::Team => Some(Level::Team),
            Self::Project => Some(Level::Project),
            Self::Organization => Some(Level::Organization),
            Self::Customer => Some(Level::Customer),
            Self::Tag => Some(Level::Tag),
            _ => None,
        }
    }

    /// Only sums of parts are kept for it: besides, only an organization can be asked for, and no minutes.
    #[must_use]
    pub const fn is_of_part(self) -> bool {
        matches!(self, Self::Format | Self::Endpoint | Self::UpstreamModel | Self::Region | Self::Guardrail)
    }

    /// Only sums of accounts are kept for it: no other dimension can be asked beside, and no minutes.
    #[must_use]
    pub const fn is_of_account(self) -> bool {
        matches!(self, Self::Customer | Self::Tag)
    }
}

/// Which calls count.
#[derive(Clone, Debug, Default)]
pub struct RollupFilter {
    /// Of that key.
    pub key_id: Option<KeyId>,
    /// That count for all of these accounts: users, projects, teams, organizations.
    pub accounts: Vec<AccountId>,
    /// Of that team: an account, or a label of keys.
    pub team_id: Option<String>,
    /// With that model.
    pub model: Option<String>,
    /// By that provider.
    pub provider: Option<String>,
    /// With that ending.
    pub outcome: Option<Outcome>,
    /// With that error code.
    pub error: Option<String>,
    /// With that result of the cache.
    pub cache: Option<String>,
    /// With a status of these hundreds.
    pub class: Option<u8>,
    /// That count for any of these accounts: what somebody may see who may not see everything.
    pub seen_from: Option<Vec<AccountId>>,
}

impl RollupFilter {
    /// Says nothing of models, providers, endings.
    #[must_use]
    pub const fn is_of_callers_only(&self) -> bool {
        self.model.is_none()
            && self.provider.is_none()
            && self.outcome.is_none()
            && self.error.is_none()
            && self.cache.is_none()
            && self.class.is_none()
    }

    /// The organizations whose calls count, where it says any.
    #[must_use]
    pub fn organizations(&self) -> Option<Vec<AccountId>> {
        let of = |ids: &[AccountId]| -> Vec<AccountId> {
            ids.iter().copied().filter(|id| id.level == Level::Organization).collect()
        };
        let asked = Some(of(&self.accounts)).filter(|ids| !ids.is_empty());
        let seen = self.seen_from.as_deref().map(of);
        match (asked, seen) {
            // A call counts for one of them.
            (Some(asked), _) if asked.len() > 1 => Some(Vec::new()),
            (Some(asked), Some(seen)) => Some(asked.into_iter().filter(|id| seen.contains(id)).collect()),
            (asked, seen) => asked.or(seen),
        }
    }

    const fn names_callers(&self) -> bool {
        self.key_id.is_some()
            || !self.accounts.is_empty()
            || self.team_id.is_some()
            || self.seen_from.is_some()
    }

    pub(super) fn takes(&self, series: &Series<'_>) -> bool {
        let has = |id: &AccountId| each(&series.accounts).any(|bytes| *bytes == bytes_of(*id));
        let is = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| wanted == text);
        let of_team = |team: &String| team == series.team || team.parse().is_ok_and(|id| has(&id));
        self.key_id.is_none_or(|key| series.key == Some(key.0))
            && self.accounts.iter().all(has)
            && self.team_id.as_ref().is_none_or(of_team)
            && is(&self.model, series.model)
            && is(&self.provider, series.provider)
            && self.outcome.is_none_or(|outcome| outcome_code(outcome) == series.outcome)
            && is(&self.error, series.error)
            && is(&self.cache, series.cache)
            && self.class.is_none_or(|class| class == series.class)
            && self.seen_from.as_ref().is_none_or(|accounts| accounts.iter().any(has))
    }
}

/// What to sum up.
#[derive(Clone, Debug)]
pub struct RollupQuery {
    /// The spans that are read.
    pub span: Span,
    /// From the span on that holds this time.
    pub from: Micros,
    /// To the span that holds the microsecond before this time.
    pub to: Micros,
    /// A row for each span, else one for all of them.
    pub by_time: bool,
    /// A row for each value.
    pub group_by: Option<RollupBy>,
    /// Rows for these values only; all others are one.
    pub only: Option<Vec<String>>,
    /// Which calls.
    pub filter: RollupFilter,
    /// Durations are wanted.
    pub with_latency: bool,
}

impl RollupQuery {
    /// Everything from a time to another, as one row.
    #[must_use]
    pub fn over(span: Span, from: Micros, to: Micros) -> Self {
        Self {
            span,
            from,
            to,
            by_time: false,
            group_by: None,
            only: None,
            filter: RollupFilter::default(),
            with_latency: false,
        }
    }

    /// What is asked of sums of parts, where those answer it.
    pub(crate) fn asked_of_parts(&self) -> Option<OfParts> {
        let organizations = self.filter.organizations();
        let part = match self.group_by? {
            RollupBy::Format | RollupBy::Endpoint => PartOf::Format,
            RollupBy::UpstreamModel => PartOf::UpstreamModel,
            RollupBy::Region => PartOf::Region,
            RollupBy::Guardrail => PartOf::Guardrail,
            RollupBy::Tag if organizations.is_some() => PartOf::Tag,
            _ => return None,
        };
        Some(OfParts { part, organizations })
    }

    /// A value of sums of parts, as it is asked for.
    pub(crate) fn part_value(&self, value: &str) -> String {
        if self.group_by != Some(RollupBy::Endpoint) {
            return value.to_owned();
        }
        let format = WireFormat::ALL.iter().find(|format| format.as_str() == value);
        format.map_or("", |format| format.endpoint().as_str()).to_owned()
    }

    /// The first span, and the one behind the last.
    pub(crate) const fn starts(&self) -> (i64, i64) {
        let us = self.span.us();
        (self.from.div_euclid(us), self.to.saturating_add(us - 1).div_euclid(us))
    }

    /// Callers must be told apart.
    pub(crate) fn is_of_callers(&self) -> bool {
        self.filter.names_callers() || self.group_by.is_some_and(|by| by.level().is_some())
    }

    /// The span, as time.
    const fn time(&self, start: i64) -> Micros {
        start.saturating_mul(self.span.us())
    }
}

/// What calls took and cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumption {
    /// Requests, refused ones included; sub-calls are none.
    pub requests: i64,
    /// Of them: refused, failed upstream, cut, or lost.
    pub errors: i64,
    /// Input tokens.
    pub input_tokens: i64,
    /// Output tokens.
    pub output_tokens: i64,
    /// Input tokens read from prompt caches.
    pub cached_tokens: i64,
    /// Input tokens written to prompt caches.
    pub cache_write_tokens: i64,
    /// Output tokens of reasoning.
    pub reasoning_tokens: i64,
    /// Nano-dollars that they cost.
    pub cost: i64,
    /// Nano-dollars that answers from the gateway's cache would have cost.
    pub saved: i64,
}

impl Consumption {
    /// How many numbers it is.
    pub(crate) const COUNTS: usize = 9;

    /// The numbers, in the order of their columns.
    pub(crate) const fn counts(&self) -> [i64; Self::COUNTS] {
        [
            self.requests,
            self.errors,
            self.input_tokens,
            self.output_tokens,
            self.cached_tokens,
            self.cache_write_tokens,
            self.reasoning_tokens,
            self.cost,
            self.saved,
        ]
    }

    pub(crate) const fn of_counts(counts: [i64; Self::COUNTS]) -> Self {
        let [
            requests,
            errors,
            input_tokens,
            output_tokens,
            cached_tokens,
            cache_write_tokens,
            reasoning_tokens,
            cost,
            saved,
        ] = counts;
        Self {
            requests,
            errors,
            input_tokens,
            output_tokens,
            cached_tokens,
            cache_write_tokens,
            reasoning_tokens,
            cost,
            saved,
        }
    }

    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        let mut counts = self.counts();
        counts.iter_mut().zip(other.counts()).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        *self = Self::of_counts(counts);
    }

    /// What they cost.
    #[must_use]
    pub fn cost(&self) -> NanoUsd {
        NanoUsd(u64::try_from(self.cost).unwrap_or(0))
    }

    /// What was saved.
    #[must_use]
    pub fn saved(&self) -> NanoUsd {
        NanoUsd(u64::try_from(self.saved).unwrap_or(0))
    }
}

/// Sums for one span and value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RollupRow {
    /// When the span begins; the query's `from` where times are not told apart.
    pub start: Micros,
    /// The value: an id, a name; empty when calls had none. `None` for all that [`RollupQuery::only`] does not name.
    pub value: Option<String>,
    /// The sums.
    pub sums: Consumption,
    /// Microseconds from the first byte of the request to the last of the answer.
    pub latency: Sketch,
    /// The same to the first byte of the answer.
    pub first_byte: Sketch,
}

/// Which value each series counts for; series that do not count are left out.
#[derive(Debug, Default)]
pub(crate) struct Values {
    of_series: AHashMap<i64, u32>,
    places: AHashMap<Option<String>, u32>,
    list: Vec<Option<String>>,
}

impl Values {
    /// Takes a series up, if it counts.
    pub(crate) fn take(&mut self, query: &RollupQuery, id: i64, series: &Series<'_>) {
        if (series.told != Told::Calls) != query.is_of_callers() || !query.filter.takes(series) {
            return;
        }
        let value = value_of(query.group_by, series);
        let place = self.place(query, value);
        self.of_series.insert(id, place);
    }

    /// The number of a value.
    pub(crate) fn place(&mut self, query: &RollupQuery, value: String) -> u32 {
        let value = Some(value)
            .filter(|value| query.only.as_ref().is_none_or(|only| only.iter().any(|one| one == value)));
        if let Some(place) = self.places.get(&value) {
            return *place;
        }
        let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(value.clone());
        self.places.insert(value, place);
        place
    }

    /// The number of the value that a series counts for.
    pub(crate) fn of(&self, series: i64) -> Option<u32> {
        self.of_series.get(&series).copied()
    }

    /// Every series that counts, with the number of its value.
    pub(crate) fn each(&self) -> impl Iterator<Item = (i64, u32)> {
        self.of_series.iter().map(|(id, place)| (*id, *place))
    }
}

pub(super) fn value_of(group_by: Option<RollupBy>, series: &Series<'_>) -> String {
    let account = |level| of_level(&series.accounts, level).map(|id| id.to_string());
    match group_by {
        None
        | Some(
            RollupBy::Customer
            | RollupBy::Tag
            | RollupBy::Format
            | RollupBy::Endpoint
            | RollupBy::UpstreamModel
            | RollupBy::Region
            | RollupBy::Guardrail,
        ) => String::new(),
        Some(RollupBy::Key) => series.key.map(|key| KeyId(key).to_string()).unwrap_or_default(),
        Some(RollupBy::Team) => account(Level::Team).unwrap_or_else(|| series.team.to_owned()),
        Some(RollupBy::User) => account(Level::User).unwrap_or_default(),
        Some(RollupBy::Project) => account(Level::Project).unwrap_or_default(),
        Some(RollupBy::Organization) => account(Level::Organization).unwrap_or_default(),
        Some(RollupBy::Model) => series.model.to_owned(),
        Some(RollupBy::Provider) => series.provider.to_owned(),
        Some(RollupBy::Outcome) => {
            outcome_of(series.outcome).map_or_else(String::new, |known| known.as_str().to_owned())
        }
        Some(RollupBy::Status) => match series.class {
            0 => String::new(),
            class => format!("{class}xx"),
        },
        Some(RollupBy::Error) => series.error.to_owned(),
        Some(RollupBy::Cache) => series.cache.to_owned(),
    }
}

/// Sums on their way to an answer.
#[derive(Debug, Default)]
pub(crate) struct Answer(AHashMap<(i64, u32), (Consumption, Sketch, Sketch)>);

impl Answer {
    /// How many sums there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Are there sums of a span and a value?
    pub(crate) fn has(&self, query: &RollupQuery, start: i64, value: u32) -> bool {
        self.0.contains_key(&(if query.by_time { start } else { 0 }, value))
    }

    /// The sums of a span and a value.
    pub(crate) fn row(
        &mut self,
        query: &RollupQuery,
        start: i64,
        value: u32,
    ) -> &mut (Consumption, Sketch, Sketch) {
        self.0.entry((if query.by_time { start } else { 0 }, value)).or_default()
    }

    /// The rows, by time and value.
    pub(crate) fn rows(self, query: &RollupQuery, values: &Values) -> Vec<RollupRow> {
        let row = |((start, value), (sums, latency, first_byte)): ((i64, u32), _)| RollupRow {
            start: if query.by_time { query.time(start) } else { query.from },
            value: values.list.get(value as usize).cloned().flatten(),
            sums,
            latency,
            first_byte,
        };
        let mut rows: Vec<RollupRow> = self.0.into_iter().map(row).collect();
        rows.sort_by(|one, other| (one.start, &one.value).cmp(&(other.start, &other.value)));
        rows
    }
}

/// The account of a row of sums by account, as a value.
pub(crate) fn account_value(bytes: &[u8]) -> String {
    let id = bytes.try_into().ok().and_then(account_of);
    id.map_or_else(String::new, |id| id.to_string())
}

/// What was used for the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollupFirsts {
    /// Names of models.
    pub models: Vec<String>,
    /// Keys.
    pub keys: Vec<KeyId>,
}

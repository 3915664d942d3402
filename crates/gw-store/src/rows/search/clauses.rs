//! What a search asks of a row, as conditions in SQL with a `?` for each value.

use crate::accounts::bytes_of;
use crate::journal::{outcome_code, role_code, source_code};
use crate::rows::{signed, verdicts};
use crate::types::{FeedbackFilter, LogFilter, MetadataFilter, Span};
use gw_model::{AccountId, RequestId};
use std::borrow::Cow;

/// An id is made a moment before or after its record's time is taken.
const SLACK_US: i64 = 60_000_000;

/// As [`crate::types::LogRow::tenths_of_tokens_per_second`] computes it. What has no speed is NULL, and within no bounds.
const TENTHS_OF_TOKENS_PER_SECOND: &str = "CASE WHEN stream AND output > 0 AND total_us > first_byte_us \
     THEN (output * 20000000 + (total_us - first_byte_us)) / (2 * (total_us - first_byte_us)) END";

/// Whose SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// That a column holds a value, at whatever place.
    fn within(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("instr({column}, ?) > 0"),
            Self::Postgres => format!("position(? IN {column}) > 0"),
        }
    }
}

/// A value of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Id(u128),
    Int(i64),
    Flag(bool),
    Text(String),
    Bytes(Option<Vec<u8>>),
}

impl Scalar {
    /// Its type in PostgreSQL.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Id(_) | Self::Bytes(_) => "bytea",
            Self::Int(_) => "bigint",
            Self::Flag(_) => "boolean",
            Self::Text(_) => "text",
        }
    }
}

/// Conditions that must all hold. The ids between which rows stand are not among them.
#[derive(Clone, Debug)]
pub(crate) struct Where {
    dialect: Dialect,
    parts: Vec<String>,
    pub(crate) values: Vec<Scalar>,
}

impl Where {
    /// What a filter asks of a row besides its id.
    pub(crate) fn of(filter: &LogFilter, dialect: Dialect) -> Self {
        let mut all = Self { dialect, parts: Vec::new(), values: Vec::new() };
        if let Some(from) = filter.from {
            all.and("time >= ?", [Scalar::Int(from)]);
        }
        if let Some(to) = filter.to {
            all.and("time < ?", [Scalar::Int(to)]);
        }
        all.whose(filter);
        all.named(filter);
        all.numbers(filter);
        all.tried(filter);
        all.packed(filter);
        all.beside(filter);
        if let Some(parent) = filter.parent_id {
            all.and("parent = ?", [Scalar::Id(parent.0)]);
        } else if !filter.sub_calls && filter.role.is_none() && filter.request_id.is_none() {
            all.and("parent IS NULL", []);
        }
        all
    }

    /// The text, with a `?` for each value, or `$1` and so on behind so many others.
    pub(crate) fn text(&self, before: usize) -> String {
        let all = if self.parts.is_empty() { "TRUE".to_owned() } else { self.parts.join(" AND ") };
        if self.dialect == Dialect::Sqlite {
            return all;
        }
        let mut out = String::with_capacity(all.len() + 16 * self.values.len());
        let mut pieces = all.split('?');
        out.push_str(pieces.next().unwrap_or_default());
        for ((number, value), piece) in (before + 1..).zip(&self.values).zip(pieces) {
            out.push_str(&format!("${number}::{}", value.kind()));
            out.push_str(piece);
        }
        out
    }

    fn and(&mut self, part: impl Into<Cow<'static, str>>, values: impl IntoIterator<Item = Scalar>) {
        self.parts.push(part.into().into_owned());
        self.values.extend(values);
    }

    /// Who called, and what it counts for.
    fn whose(&mut self, filter: &LogFilter) {
        if let Some(key) = filter.key_id {
            self.and("key = ?", [Scalar::Id(key.0)]);
        }
        let account = |id: &AccountId| Scalar::Bytes(Some(bytes_of(*id).to_vec()));
        // Seventeen bytes in the midst of two accounts are as good as never those of a third.
        let holds = self.dialect.within("accounts");
        for id in &filter.accounts {
            self.and(holds.clone(), [account(id)]);
        }
        if let Some(accounts) = &filter.seen_from {
            let any = match accounts.len() {
                0 => "FALSE".to_owned(),
                count => format!("({})", vec![holds.as_str(); count].join(" OR ")),
            };
            self.and(any, accounts.iter().map(account));
        }
        if let Some(team) = &filter.team_id {
            let id = team.parse::<AccountId>().ok().map(|id| bytes_of(id).to_vec());
            self.and(format!("(team = ? OR {holds})"), [Scalar::Text(team.clone()), Scalar::Bytes(id)]);
        }
    }

    /// Texts and codes.
    fn named(&mut self, filter: &LogFilter) {
        let equal = [
            ("model = ?", &filter.model),
            ("provider = ?", &filter.provider),
            ("upstream_model = ?", &filter.upstream_model),
            ("error_code = ?", &filter.error_code),
            ("cache = ?", &filter.cache),
            ("customer = ?", &filter.customer),
            ("session = ?", &filter.session),
        ];
        for (part, text) in equal {
            if let Some(text) = text {
                self.and(part, [Scalar::Text(text.clone())]);
            }
        }
        if !filter.formats.is_empty() {
            let places = vec!["?"; filter.formats.len()].join(", ");
            self.and(format!("format IN ({places})"), filter.formats.iter().cloned().map(Scalar::Text));
        }
        if let Some(stream) = filter.stream {
            self.and("stream = ?", [Scalar::Flag(stream)]);
        }
        if let Some(outcome) = filter.outcome {
            self.and("outcome = ?", [Scalar::Int(outcome_code(outcome).into())]);
        }
        if let Some(tag) = &filter.tag {
            let tag = format!("|{}|", tag.replace('|', "_"));
            self.and(self.dialect.within("tags"), [Scalar::Text(tag)]);
        }
        if let Some(guardrail) = &filter.guardrail {
            let wanted = verdicts::wanted(guardrail, filter.guardrail_action.as_deref());
            self.and(self.dialect.within("guardrails"), [Scalar::Text(wanted)]);
        }
        if let Some(trace) = filter.trace_id {
            // It stands behind what else is known; 16 random bytes are as good as never elsewhere in it.
            self.and(self.dialect.within("details"), [Scalar::Bytes(Some(trace.bytes().to_vec()))]);
        }
        let parts =
            [("lower(user_agent)", &filter.user_agent), ("lower(error_detail)", &filter.error_detail)];
        for (column, part) in parts {
            if let Some(part) = part {
                let part = match self.dialect {
                    // It knows letters of ASCII only.
                    Dialect::Sqlite => part.to_ascii_lowercase(),
                    Dialect::Postgres => part.to_lowercase(),
                };
                self.and(self.dialect.within(column), [Scalar::Text(part)]);
            }
        }
        let codes = [
            ("usage_source = ?", filter.usage_source.map(source_code)),
            ("role = ?", filter.role.map(role_code)),
        ];
        for (part, code) in codes {
            if let Some(code) = code {
                self.and(part, [Scalar::Int(code.into())]);
            }
        }
    }

    /// What attempts were like. A row has a list of them where there is more to say than its columns do. Quotation marks within
    /// texts of JSON are escaped, so that what has them stands where it means that.
    fn tried(&mut self, filter: &LogFilter) {
        let tries = self.dialect.within("tries");
        let member = |name: &str, text: &str| format!("\"{name}\":{},", serde_json::Value::from(text));
        if let Some(provider) = &filter.tried_provider {
            let values = [Scalar::Text(provider.clone()), Scalar::Text(member("provider", provider))];
            self.and(format!("(provider = ? OR {tries})"), values);
        }
        if let Some(reason) = &filter.try_reason {
            self.and(tries.clone(), [Scalar::Text(member("reason", reason))]);
        }
        if let Some(kind) = &filter.media {
            self.and(tries, [Scalar::Text(format!("{}:", serde_json::Value::from(kind.as_str())))]);
        }
    }

    /// Bytes without which what else is known of a call cannot hold what is asked; [`super::Beyond`] looks whether it does.
    fn packed(&mut self, filter: &LogFilter) {
        let holds = self.dialect.within("details");
        let bytes = |text: &str| Scalar::Bytes(Some(text.as_bytes().to_vec()));
        for text in [&filter.region, &filter.dropped_parameter, &filter.route_node].into_iter().flatten() {
            self.and(holds.clone(), [bytes(text)]);
        }
        if let Some(MetadataFilter { name, value }) = &filter.metadata {
            // Texts of JSON may be written with escapes.
            let value = value.as_ref().filter(|value| is_literal(value));
            for text in [Some(name), value].into_iter().flatten() {
                let any = [text.as_str(), "\\"].map(bytes);
                self.and(format!("({holds} OR {holds})"), any);
            }
        }
        let spans =
            [&filter.waited_us, &filter.connect_us, &filter.guardrails_us, &filter.answer_guardrails_us];
        if filter.client.is_some()
            || filter.parameter.is_some()
            || spans.iter().any(|span| span.from.is_some_and(|from| from > 0))
        {
            self.and("details IS NOT NULL", []);
        }
    }

    /// What stands beside the record.
    fn beside(&mut self, filter: &LogFilter) {
        const BODIES: &str = "EXISTS (SELECT 1 FROM record_bodies b WHERE b.request = records.id)";
        const PLACES: &str = "EXISTS (SELECT 1 FROM record_places p WHERE p.request = records.id)";
        let bodies = format!("({BODIES} OR {PLACES})");
        match filter.has_body {
            Some(true) => self.and(bodies, []),
            Some(false) => self.and(format!("NOT {bodies}"), []),
            None => {}
        }
        if let Some(FeedbackFilter { label, min_score, max_score }) = &filter.feedback {
            let mut part = "EXISTS (SELECT 1 FROM feedback f WHERE f.request = records.id".to_owned();
            let wanted = [
                (" AND f.label = ?", label.clone().map(Scalar::Text)),
                (" AND f.score >= ?", min_score.map(Scalar::Int)),
                (" AND f.score <= ?", max_score.map(Scalar::Int)),
            ];
            let mut values = Vec::new();
            for (condition, value) in wanted {
                if let Some(value) = value {
                    part.push_str(condition);
                    values.push(value);
                }
            }
            part.push(')');
            self.and(part, values);
        }
    }

    fn numbers(&mut self, filter: &LogFilter) {
        let spans = [
            ("status", filter.status),
            ("cost", filter.cost),
            ("COALESCE(saved, 0)", filter.saved),
            ("total_us", filter.total_us),
            ("first_byte_us", filter.first_byte_us),
            ("attempts", filter.attempts),
            ("(input + output)", filter.tokens),
            ("input", filter.input_tokens),
            ("output", filter.output_tokens),
            ("cached", filter.cached_tokens),
            ("cache_write", filter.cache_write_tokens),
            ("reasoning", filter.reasoning_tokens),
            (TENTHS_OF_TOKENS_PER_SECOND, filter.tenths_of_tokens_per_second),
        ];
        for (column, Span { from, to }) in spans {
            if let Some(from) = from {
                self.and(format!("{column} >= ?"), [Scalar::Int(signed(from))]);
            }
            if let Some(to) = to {
                self.and(format!("{column} <= ?"), [Scalar::Int(signed(to))]);
            }
        }
    }
}

/// Does such a value stand in JSON as it is given, whatever it is there? Fractions and what is nested may be written in several ways.
fn is_literal(value: &str) -> bool {
    let is_whole = value.strip_prefix('-').unwrap_or(value).bytes().all(|byte| byte.is_ascii_digit());
    !value.starts_with(['{', '[']) && (is_whole || value.parse::<f64>().is_err())
}

/// The columns of bodies, behind those of a row.
pub(crate) const fn body_column(filter: &LogFilter, dialect: Dialect) -> &'static str {
    match (filter.with_bodies, dialect) {
        // Or where they stand.
        (true, Dialect::Sqlite) => {
            "COALESCE((SELECT p.place FROM record_places p WHERE p.request = records.id), \
             (SELECT b.sealed FROM record_bodies b WHERE b.request = records.id))"
        }
        // And which node has them, while they are in its files only.
        (true, Dialect::Postgres) => {
            "COALESCE((SELECT p.place FROM record_places p WHERE p.request = records.id), \
             (SELECT b.sealed FROM record_bodies b WHERE b.request = records.id)), \
             (SELECT s.node FROM record_places p JOIN body_segments s ON s.number = p.segment \
             WHERE p.request = records.id AND s.state = 0)"
        }
        (false, Dialect::Sqlite) => "CAST(NULL AS BYTEA)",
        (false, Dialect::Postgres) => "CAST(NULL AS BYTEA), CAST(NULL AS BIGINT)",
    }
}

/// The ids between which the rows of a filter stand: from, and up to but not including.
pub(crate) fn rows_since(filter: &LogFilter) -> (u128, u128) {
    if let Some(id) = filter.request_id {
        let is_before = filter.before.is_none_or(|before| id < before);
        return if is_before { (id.0, id.0.saturating_add(1)) } else { (0, 0) };
    }
    let slack = |time: i64, slack: i64| RequestId::lower_bound(time.saturating_add(slack).max(0)).0;
    let from = filter.from.map_or(0, |from| slack(from, -SLACK_US));
    let to = filter.to.map_or(u128::MAX, |to| slack(to, SLACK_US));
    (from, to.min(filter.before.map_or(u128::MAX, |before| before.0)))
}

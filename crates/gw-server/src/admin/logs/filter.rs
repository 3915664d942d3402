//! What a query says about the records that it wants. It must not read any.

use crate::admin::error::ApiError;
use crate::admin::query::{self, time as parse_time};
use gw_config::compile::{FILTERS, joined};
use gw_model::trace::TraceId;
use gw_model::{AccountId, Endpoint, Level, NanoUsd, Outcome, RequestId, WireFormat};
use gw_store::types::{FeedbackFilter, LogFilter, Span};
use serde::Deserialize;
use std::str::FromStr;

/// Most rows of one answer.
pub(in crate::admin) const MAX_LIMIT: usize = 1000;

/// Parameters of the list, for the document of the API.
pub(in crate::admin) const PARAMETERS: &[&str] =
    &joined::<45>(&[&["request_id", "parent_id"], &FILTERS, &["text", "from", "to", "limit", "cursor"]]);

/// Filters, as they come.
#[derive(Debug, Default, Deserialize)]
pub(in crate::admin) struct LogsQuery {
    request_id: Option<String>,
    parent_id: Option<String>,
    include: Option<String>,
    key_id: Option<String>,
    team_id: Option<String>,
    organization_id: Option<String>,
    project_id: Option<String>,
    user_id: Option<String>,
    customer_id: Option<String>,
    tag_id: Option<String>,
    customer: Option<String>,
    tag: Option<String>,
    session: Option<String>,
    trace_id: Option<String>,
    user_agent: Option<String>,
    model: Option<String>,
    provider: Option<String>,
    upstream_model: Option<String>,
    format: Option<String>,
    endpoint: Option<String>,
    stream: Option<String>,
    outcome: Option<String>,
    status: Option<String>,
    error_code: Option<String>,
    cache: Option<String>,
    guardrail: Option<String>,
    min_cost_usd: Option<String>,
    max_cost_usd: Option<String>,
    min_total_ms: Option<String>,
    max_total_ms: Option<String>,
    min_first_byte_ms: Option<String>,
    max_first_byte_ms: Option<String>,
    min_tokens: Option<String>,
    max_tokens: Option<String>,
    has_body: Option<String>,
    text: Option<String>,
    feedback: Option<String>,
    min_score: Option<String>,
    max_score: Option<String>,
    min_attempts: Option<String>,
    max_attempts: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

impl LogsQuery {
    /// What is wanted. Errors: a value is not of the kind that its parameter takes.
    pub(super) fn filter(self) -> Result<LogFilter, ApiError> {
        let accounts = self.accounts()?;
        let formats = self.formats()?;
        let feedback = self.feedback()?;
        let outcome = given(&self.outcome).map(|name| one_of("outcome", name, Outcome::ALL, |o| o.as_str()));
        let (guardrail, guardrail_action) = match given(&self.guardrail).map(|text| text.split_once('=')) {
            None => (None, None),
            Some(None) => (self.guardrail.clone(), None),
            Some(Some((name, action))) => (Some(name.to_owned()), Some(action.to_owned())),
        };
        Ok(LogFilter {
            seen_from: None,
            accounts,
            team_id: text(self.team_id),
            request_id: id::<RequestId>("request_id", self.request_id.as_deref())?,
            key_id: id("key_id", self.key_id.as_deref())?,
            model: text(self.model),
            provider: text(self.provider),
            upstream_model: text(self.upstream_model),
            formats,
            stream: given(&self.stream).map(|text| flag("stream", text)).transpose()?,
            outcome: outcome.transpose()?,
            status: given(&self.status).map(statuses).transpose()?.unwrap_or_default(),
            error_code: text(self.error_code),
            cache: text(self.cache),
            customer: text(self.customer),
            session: text(self.session),
            trace_id: given(&self.trace_id).map(trace).transpose()?,
            tag: text(self.tag),
            user_agent: text(self.user_agent),
            guardrail,
            guardrail_action,
            cost: span(("min_cost_usd", &self.min_cost_usd), ("max_cost_usd", &self.max_cost_usd), nanos)?,
            total_us: span(
                ("min_total_ms", &self.min_total_ms),
                ("max_total_ms", &self.max_total_ms),
                micros,
            )?,
            first_byte_us: span(
                ("min_first_byte_ms", &self.min_first_byte_ms),
                ("max_first_byte_ms", &self.max_first_byte_ms),
                micros,
            )?,
            attempts: span(
                ("min_attempts", &self.min_attempts),
                ("max_attempts", &self.max_attempts),
                whole,
            )?,
            tokens: span(("min_tokens", &self.min_tokens), ("max_tokens", &self.max_tokens), whole)?,
            has_body: given(&self.has_body).map(|text| flag("has_body", text)).transpose()?,
            with_bodies: false,
            feedback,
            parent_id: id("parent_id", self.parent_id.as_deref())?,
            sub_calls: sub_calls(self.include.as_deref())?,
            from: parse_time("from", self.from.as_deref())?,
            to: parse_time("to", self.to.as_deref())?,
            before: id("cursor", self.cursor.as_deref())?,
            limit: limit(self.limit)?,
            max_bytes: None,
        })
    }

    /// The filter of parameters that were written down.
    pub(in crate::admin) fn of_written(
        parameters: &std::collections::BTreeMap<String, String>,
    ) -> Result<LogFilter, ApiError> {
        let members = parameters.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        let query: Self = serde_json::from_value(serde_json::Value::Object(members.collect()))
            .map_err(|_| ApiError::invalid("filter", "'filter' has names and texts only"))?;
        query.filter()
    }

    /// A text that bodies must hold, in lower case.
    pub(super) fn text(&self) -> Option<String> {
        given(&self.text).map(str::to_lowercase)
    }

    /// What must have been said about a call: anything, or with a label or score.
    fn feedback(&self) -> Result<Option<FeedbackFilter>, ApiError> {
        let (min_score, max_score) =
            (score("min_score", &self.min_score)?, score("max_score", &self.max_score)?);
        let said = given(&self.feedback);
        if said.is_none() && min_score.is_none() && max_score.is_none() {
            return Ok(None);
        }
        let label = said.filter(|label| *label != "any").map(str::to_owned);
        Ok(Some(FeedbackFilter { label, min_score, max_score }))
    }

    fn accounts(&self) -> Result<Vec<AccountId>, ApiError> {
        let named = [
            ("organization_id", Level::Organization, &self.organization_id),
            ("project_id", Level::Project, &self.project_id),
            ("user_id", Level::User, &self.user_id),
            ("customer_id", Level::Customer, &self.customer_id),
            ("tag_id", Level::Tag, &self.tag_id),
        ];
        let read = |(field, level, text): (&'static str, Level, &Option<String>)| {
            let found = id::<AccountId>(field, text.as_deref()).transpose()?;
            Some(found.and_then(|id| match id.level == level {
                true => Ok(id),
                false => {
                    Err(ApiError::invalid(field, format!("'{field}' is not the id of a {}", level.as_str())))
                }
            }))
        };
        named.into_iter().filter_map(read).collect()
    }

    /// The names of formats that are wanted; none where all are.
    fn formats(&self) -> Result<Vec<String>, ApiError> {
        let named = |format: &WireFormat| format.as_str().to_owned();
        if let Some(name) = given(&self.format) {
            return one_of("format", name, WireFormat::ALL, |format| format.as_str())
                .map(|f| vec![named(&f)]);
        }
        let Some(name) = given(&self.endpoint) else { return Ok(Vec::new()) };
        let endpoint = one_of("endpoint", name, Endpoint::ALL, |endpoint| endpoint.as_str())?;
        let of = WireFormat::ALL.iter().filter(|format| format.endpoint() == endpoint);
        let names: Vec<String> = of.map(named).collect();
        // A kind of which no call is recorded has no format.
        Ok(if names.is_empty() { vec![name.to_owned()] } else { names })
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn one_of<T: Copy>(
    field: &'static str,
    name: &str,
    all: &[T],
    called: impl Fn(&T) -> &'static str,
) -> Result<T, ApiError> {
    all.iter().copied().find(|one| called(one) == name).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(&called).collect();
        ApiError::invalid(field, format!("'{field}' must be one of {}", names.join(", ")))
    })
}

fn trace(text: &str) -> Result<TraceId, ApiError> {
    TraceId::parse(text).ok_or_else(|| {
        ApiError::invalid("trace_id", "'trace_id' must be 32 hexadecimal digits, not all of them 0")
    })
}

fn flag(field: &'static str, text: &str) -> Result<bool, ApiError> {
    text.parse().map_err(|_| ApiError::invalid(field, format!("'{field}' must be 'true' or 'false'")))
}

fn limit(given: Option<usize>) -> Result<usize, ApiError> {
    match given {
        None => Ok(query::DEFAULT_LIMIT),
        Some(limit @ 1..=MAX_LIMIT) => Ok(limit),
        Some(_) => Err(ApiError::invalid("limit", format!("'limit' must be from 1 to {MAX_LIMIT}"))),
    }
}

fn sub_calls(include: Option<&str>) -> Result<bool, ApiError> {
    match include.unwrap_or_default() {
        "" => Ok(false),
        "subcalls" => Ok(true),
        _ => Err(ApiError::invalid("include", "'include' must be 'subcalls', or left out")),
    }
}

/// `404`, `5xx` or `400-499`.
fn statuses(text: &str) -> Result<Span, ApiError> {
    let wrong = || {
        ApiError::invalid(
            "status",
            "'status' must be a status such as 404, a class such as 5xx, or a range such as 400-499",
        )
    };
    let number = |text: &str| text.parse::<u64>().ok().filter(|status| *status <= 999);
    if let Some(class) = text.strip_suffix("xx") {
        let class = number(class).filter(|class| *class <= 9).ok_or_else(wrong)?;
        return Ok(Span { from: Some(class * 100), to: Some(class * 100 + 99) });
    }
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (number(from).ok_or_else(wrong)?, number(to).ok_or_else(wrong)?);
    if from > to {
        return Err(wrong());
    }
    Ok(Span { from: Some(from), to: Some(to) })
}

type Bound<'a> = (&'static str, &'a Option<String>);

fn span(
    least: Bound<'_>,
    most: Bound<'_>,
    read: fn(&'static str, &str) -> Result<u64, ApiError>,
) -> Result<Span, ApiError> {
    let bound = |(field, text): Bound<'_>| given(text).map(|text| read(field, text)).transpose();
    Ok(Span { from: bound(least)?, to: bound(most)? })
}

fn score(field: &'static str, text: &Option<String>) -> Result<Option<i64>, ApiError> {
    let wrong = |_| ApiError::invalid(field, format!("'{field}' must be a whole number"));
    given(text).map(|text| text.parse().map_err(wrong)).transpose()
}

fn whole(field: &'static str, text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| ApiError::invalid(field, format!("'{field}' must be a whole number")))
}

fn nanos(field: &'static str, text: &str) -> Result<u64, ApiError> {
    let amount = NanoUsd::parse_usd(text).map(|amount| amount.0);
    amount.map_err(|_| ApiError::invalid(field, format!("'{field}' must be an amount in USD such as 0.05")))
}

/// Milliseconds, of which three places count, as microseconds.
fn micros(field: &'static str, text: &str) -> Result<u64, ApiError> {
    let wrong =
        || ApiError::invalid(field, format!("'{field}' must be a number of milliseconds such as 250"));
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(rest) {
        return Err(wrong());
    }
    let places: String = rest.chars().chain("000".chars()).take(3).collect();
    let (whole, places): (u64, u64) =
        (whole.parse().map_err(|_| wrong())?, places.parse().map_err(|_| wrong())?);
    whole.checked_mul(1000).and_then(|us| us.checked_add(places)).ok_or_else(wrong)
}

fn id<T: FromStr>(field: &'static str, text: Option<&str>) -> Result<Option<T>, ApiError> {
    let parse =
        |text: &str| text.parse().map_err(|_| ApiError::invalid(field, format!("'{field}' is not an id")));
    text.filter(|t| !t.is_empty()).map(parse).transpose()
}

#[cfg(test)]
mod tests;

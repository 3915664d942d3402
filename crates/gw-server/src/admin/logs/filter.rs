//! What a query says about the records that it wants. It must not read any.

mod values;

use crate::admin::error::ApiError;
use crate::admin::query::time as parse_time;
use gw_config::compile::{FILTERS, joined};
use gw_model::{AccountId, Endpoint, Level, Media, Outcome, RequestId, SubCallRole, UsageSource, WireFormat};
use gw_store::types::{FeedbackFilter, LogFilter, Span};
use serde::Deserialize;
use std::collections::BTreeMap;
use values::{
    client, flag, id, limit, metadata, micros, nanos, one_of, parameter, score, statuses, sub_calls, tenths,
    trace, whole,
};

/// No record has it.
const NO_FORMAT: &str = "none";

/// Most rows of one answer.
pub(in crate::admin) const MAX_LIMIT: usize = 1000;

/// Parameters of the list, for the document of the API.
pub(in crate::admin) const PARAMETERS: &[&str] =
    &joined::<81>(&[&["request_id", "parent_id"], &FILTERS, &["text", "from", "to", "limit", "cursor"]]);

/// Sides of a call on which guardrails find something.
pub(in crate::admin) const SIDES: &[&str] = &["request", "response"];

/// Filters, as they come. Whoever hands them on knows that there are no others.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(in crate::admin) struct LogsQuery(BTreeMap<String, String>);

impl LogsQuery {
    /// What is wanted. Errors: a value is not of the kind that its parameter takes.
    pub(super) fn filter(self) -> Result<LogFilter, ApiError> {
        let mut filter = LogFilter {
            accounts: self.accounts()?,
            team_id: self.text_of("team_id"),
            request_id: self.read("request_id", id::<RequestId>)?,
            key_id: self.read("key_id", id)?,
            model: self.text_of("model"),
            provider: self.text_of("provider"),
            upstream_model: self.text_of("upstream_model"),
            formats: self.formats()?,
            stream: self.read("stream", flag)?,
            cache: self.text_of("cache"),
            customer: self.text_of("customer"),
            session: self.text_of("session"),
            trace_id: self.given("trace_id").map(trace).transpose()?,
            tag: self.text_of("tag"),
            user_agent: self.text_of("user_agent"),
            region: self.text_of("region"),
            route_node: self.text_of("route_node"),
            parameter: self.given("parameter").map(parameter).transpose()?,
            metadata: self.given("metadata").map(metadata).transpose()?,
            client: self.given("client_ip").map(client).transpose()?,
            dropped_parameter: self.text_of("dropped_parameter"),
            has_body: self.read("has_body", flag)?,
            feedback: self.feedback()?,
            parent_id: self.read("parent_id", id)?,
            sub_calls: sub_calls(self.given("include"))?,
            from: parse_time("from", self.given("from"))?,
            to: parse_time("to", self.given("to"))?,
            before: self.read("cursor", id)?,
            limit: limit(self.given("limit"))?,
            ..LogFilter::default()
        };
        self.endings(&mut filter)?;
        self.findings(&mut filter)?;
        self.spans(&mut filter)?;
        Ok(filter)
    }

    /// The filter of parameters that were written down.
    pub(in crate::admin) fn of_written(parameters: &BTreeMap<String, String>) -> Result<LogFilter, ApiError> {
        Self(parameters.clone()).filter()
    }

    /// Those that were saved under a name.
    pub(super) fn of_saved(parameters: &BTreeMap<String, String>) -> Self {
        Self(parameters.clone())
    }

    /// A text that bodies must hold, in lower case.
    pub(super) fn text(&self) -> Option<String> {
        self.given("text").map(str::to_lowercase)
    }

    fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn text_of(&self, name: &str) -> Option<String> {
        self.given(name).map(str::to_owned)
    }

    fn read<T>(
        &self,
        name: &'static str,
        read: fn(&'static str, &str) -> Result<T, ApiError>,
    ) -> Result<Option<T>, ApiError> {
        self.given(name).map(|text| read(name, text)).transpose()
    }

    fn one_of<T: Copy>(
        &self,
        name: &'static str,
        all: &[T],
        called: impl Fn(&T) -> &'static str,
    ) -> Result<Option<T>, ApiError> {
        self.given(name).map(|text| one_of(name, text, all, called)).transpose()
    }

    /// How it ended, and what its attempts were like.
    fn endings(&self, filter: &mut LogFilter) -> Result<(), ApiError> {
        filter.outcome = self.one_of("outcome", Outcome::ALL, |outcome| outcome.as_str())?;
        filter.status = self.given("status").map(statuses).transpose()?.unwrap_or_default();
        filter.error_code = self.text_of("error_code");
        filter.error_detail = self.text_of("error_detail");
        filter.usage_source = self.one_of("usage_source", UsageSource::ALL, |source| source.as_str())?;
        filter.role = self.one_of("role", SubCallRole::ALL, |role| role.as_str())?;
        filter.tried_provider = self.text_of("tried_provider");
        filter.try_reason = self.text_of("try_reason");
        filter.media = self.one_of("media", Media::NAMES, |name| name)?.map(str::to_owned);
        Ok(())
    }

    /// What guardrails found.
    fn findings(&self, filter: &mut LogFilter) -> Result<(), ApiError> {
        if let Some(text) = self.given("guardrail") {
            let (name, action) = text.split_once('=').map_or((text, None), |(name, what)| (name, Some(what)));
            filter.guardrail = Some(name.to_owned());
            filter.guardrail_action = action.map(str::to_owned);
        }
        filter.guardrail_kind = self.text_of("guardrail_kind");
        let side = self.one_of("guardrail_side", SIDES, |side| side)?;
        filter.guardrail_side = side.map(str::to_owned);
        Ok(())
    }

    /// From so much to so much.
    fn spans(&self, filter: &mut LogFilter) -> Result<(), ApiError> {
        type Read = fn(&'static str, &str) -> Result<u64, ApiError>;
        let spans: [(&mut Span, [&'static str; 2], Read); 16] = [
            (&mut filter.cost, ["min_cost_usd", "max_cost_usd"], nanos),
            (&mut filter.saved, ["min_saved_usd", "max_saved_usd"], nanos),
            (&mut filter.total_us, ["min_total_ms", "max_total_ms"], micros),
            (&mut filter.first_byte_us, ["min_first_byte_ms", "max_first_byte_ms"], micros),
            (&mut filter.waited_us, ["min_queue_ms", "max_queue_ms"], micros),
            (&mut filter.connect_us, ["min_connect_ms", "max_connect_ms"], micros),
            (&mut filter.guardrails_us, ["min_guardrails_ms", "max_guardrails_ms"], micros),
            (
                &mut filter.answer_guardrails_us,
                ["min_answer_guardrails_ms", "max_answer_guardrails_ms"],
                micros,
            ),
            (
                &mut filter.tenths_of_tokens_per_second,
                ["min_tokens_per_second", "max_tokens_per_second"],
                tenths,
            ),
            (&mut filter.attempts, ["min_attempts", "max_attempts"], whole),
            (&mut filter.tokens, ["min_tokens", "max_tokens"], whole),
            (&mut filter.input_tokens, ["min_input_tokens", "max_input_tokens"], whole),
            (&mut filter.output_tokens, ["min_output_tokens", "max_output_tokens"], whole),
            (&mut filter.cached_tokens, ["min_cached_tokens", "max_cached_tokens"], whole),
            (&mut filter.cache_write_tokens, ["min_cache_write_tokens", "max_cache_write_tokens"], whole),
            (&mut filter.reasoning_tokens, ["min_reasoning_tokens", "max_reasoning_tokens"], whole),
        ];
        for (span, [least, most], read) in spans {
            *span = Span { from: self.read(least, read)?, to: self.read(most, read)? };
        }
        Ok(())
    }

    /// What must have been said about a call: anything, or with a label or score.
    fn feedback(&self) -> Result<Option<FeedbackFilter>, ApiError> {
        let (min_score, max_score) = (self.read("min_score", score)?, self.read("max_score", score)?);
        let said = self.given("feedback");
        if said.is_none() && min_score.is_none() && max_score.is_none() {
            return Ok(None);
        }
        let label = said.filter(|label| *label != "any").map(str::to_owned);
        Ok(Some(FeedbackFilter { label, min_score, max_score }))
    }

    fn accounts(&self) -> Result<Vec<AccountId>, ApiError> {
        let named = [
            ("organization_id", Level::Organization),
            ("project_id", Level::Project),
            ("user_id", Level::User),
            ("customer_id", Level::Customer),
            ("tag_id", Level::Tag),
        ];
        let read = |(field, level): (&'static str, Level)| {
            let found = self.read(field, id::<AccountId>).transpose()?;
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
        let format = self.one_of("format", WireFormat::ALL, |format| format.as_str())?;
        let endpoint = self.one_of("endpoint", Endpoint::ALL, |endpoint| endpoint.as_str())?;
        let Some(endpoint) = endpoint else {
            return Ok(format.iter().map(|format| format.as_str().to_owned()).collect());
        };
        let is_wanted = |one: &&WireFormat| {
            one.endpoint() == endpoint && format.as_ref().is_none_or(|format| format == *one)
        };
        let of = WireFormat::ALL.iter().filter(is_wanted);
        let names: Vec<String> = of.map(|format| format.as_str().to_owned()).collect();
        // A kind of which no call is recorded has no format, and no call is of a format of another kind.
        Ok(if names.is_empty() { vec![NO_FORMAT.to_owned()] } else { names })
    }
}

#[cfg(test)]
mod tests;

//! What made-up records say: many callers of very different size, models and providers with their prices, tries that fail,
//! other targets, answers from the cache, refusals, callers that leave. Times follow days and weeks.

use super::tenants::{Caller, Tenants};
use fastrand::Rng;
use gw_model::guardrail::Speaker;
use gw_model::{
    AttemptRecord, FemtoUsd, Micros, NanoUsd, Outcome, PriceLine, Record, RecordDetails, RequestId, Unit,
    Usage, UsageSource, Verdict, VerdictFinding, WireFormat,
};

/// A model: as callers name it, where it is, and femto-dollars for a token of input, output and cached input.
struct Model {
    name: &'static str,
    provider: &'static str,
    upstream: &'static str,
    format: WireFormat,
    prices: [u64; 3],
}

const fn model(
    name: &'static str,
    provider: &'static str,
    upstream: &'static str,
    format: WireFormat,
    prices: [u64; 3],
) -> Model {
    Model { name, provider, upstream, format, prices }
}

/// The most used first. Prices are in the order of what such models cost, not anybody's.
const MODELS: [Model; 12] = [
    model(
        "chat-prod",
        "openai",
        "gpt-4o-mini",
        WireFormat::OpenAiChat,
        [150_000_000, 600_000_000, 75_000_000],
    ),
    model(
        "chat-large",
        "openai",
        "gpt-4o",
        WireFormat::OpenAiChat,
        [2_500_000_000, 10_000_000_000, 1_250_000_000],
    ),
    model(
        "agent",
        "anthropic",
        "claude-sonnet-4",
        WireFormat::AnthropicMessages,
        [3_000_000_000, 15_000_000_000, 300_000_000],
    ),
    model(
        "openai/text-embedding-3-small",
        "openai",
        "text-embedding-3-small",
        WireFormat::OpenAiEmbeddings,
        [20_000_000, 0, 20_000_000],
    ),
    model(
        "fast",
        "gemini",
        "gemini-2.0-flash",
        WireFormat::GeminiGenerate,
        [100_000_000, 400_000_000, 25_000_000],
    ),
    model(
        "anthropic/claude-haiku",
        "anthropic",
        "claude-haiku",
        WireFormat::AnthropicMessages,
        [800_000_000, 4_000_000_000, 80_000_000],
    ),
    model(
        "responses",
        "openai",
        "gpt-4.1",
        WireFormat::OpenAiResponses,
        [2_000_000_000, 8_000_000_000, 500_000_000],
    ),
    model(
        "chat-eu",
        "azure-east",
        "gpt-4o",
        WireFormat::OpenAiChat,
        [2_750_000_000, 11_000_000_000, 1_375_000_000],
    ),
    model(
        "reasoner",
        "openai",
        "o4-mini",
        WireFormat::OpenAiResponses,
        [1_100_000_000, 4_400_000_000, 275_000_000],
    ),
    model(
        "bedrock/nova",
        "bedrock",
        "amazon.nova-pro",
        WireFormat::BedrockConverse,
        [800_000_000, 3_200_000_000, 200_000_000],
    ),
    model(
        "mistral/mistral-large",
        "mistral",
        "mistral-large",
        WireFormat::OpenAiChat,
        [2_000_000_000, 6_000_000_000, 2_000_000_000],
    ),
    model("rag", "cohere", "command-r", WireFormat::CohereChat, [150_000_000, 600_000_000, 150_000_000]),
];

const AGENTS: [&str; 5] =
    ["OpenAI/Python 1.54.0", "Anthropic/Python 0.39.0", "OpenAI/JS 4.73.0", "curl/8.5.0", "langchain/0.3.7"];
const REGIONS: [&str; 3] = ["", "eastus", "eu-west-1"];

/// Of a thousand calls: answers from the cache, refusals, failures of every target, streams that were cut, callers that left.
const HITS: u32 = 60;
const REFUSED: u32 = 22;
const FAILED: u32 = 12;
const CUT: u32 = 3;
const LEFT: u32 = 9;
/// Of a thousand calls that end well, those that needed a second try.
const RETRIED: u32 = 25;

/// How calls spread over the hours of a day, in a hundred; at week-ends it is a third of that.
const HOURS: [u64; 24] =
    [22, 18, 15, 14, 15, 20, 32, 52, 78, 95, 100, 98, 88, 94, 99, 97, 90, 76, 60, 50, 44, 38, 32, 26];
const HOUR_US: Micros = 3_600_000_000;

/// When the calls come, in their order.
pub(super) struct Times {
    hours: Vec<(Micros, u64)>,
    at: usize,
    done: u64,
    end: Micros,
}

impl Times {
    /// So many, from a time to another.
    pub(super) fn new(start: Micros, end: Micros, calls: u64) -> Self {
        let begins = (0..).map(|n| start.saturating_add(n * HOUR_US)).take_while(|begin| *begin < end);
        let weighed: Vec<(Micros, u64)> = begins.map(|begin| (begin, weight(begin, end))).collect();
        let all = weighed.iter().map(|(_, weight)| u128::from(*weight)).sum::<u128>().max(1);
        let share = |so_far: u128| u64::try_from(u128::from(calls) * so_far / all).unwrap_or(calls);
        let mut so_far = 0;
        let hours = weighed.into_iter().map(|(begin, weight)| {
            let before = share(so_far);
            so_far += u128::from(weight);
            (begin, share(so_far) - before)
        });
        Self { hours: hours.collect(), at: 0, done: 0, end }
    }

    fn next(&mut self, rng: &mut Rng) -> Option<Micros> {
        let (begin, calls) = loop {
            let hour = *self.hours.get(self.at)?;
            if self.done < hour.1 {
                break hour;
            }
            (self.at, self.done) = (self.at + 1, 0);
        };
        let length = HOUR_US.min(self.end.saturating_sub(begin)).max(1).unsigned_abs();
        let (from, to) = (length * self.done / calls, length * (self.done + 1) / calls);
        self.done += 1;
        let within = rng.u64(from..to.max(from + 1));
        Some(begin.saturating_add(within.cast_signed()))
    }
}

/// What an hour weighs: the last one is not over.
fn weight(begin: Micros, end: Micros) -> u64 {
    let hour = begin.div_euclid(HOUR_US);
    let day = hour.div_euclid(24);
    let of_day = usize::try_from(hour.rem_euclid(24)).ok().and_then(|hour| HOURS.get(hour)).copied();
    // 1970 began on a Thursday.
    let is_weekend = (day + 4).rem_euclid(7) % 6 == 0;
    let full = of_day.unwrap_or(50) * 3 / if is_weekend { 3 } else { 1 };
    let left = end.saturating_sub(begin).min(HOUR_US).unsigned_abs();
    full * 1_000 * left / HOUR_US.unsigned_abs()
}

/// See the module.
pub(super) struct Mix {
    tenants: Tenants,
    rng: Rng,
}

impl Mix {
    pub(super) fn new(tenants: Tenants, seed: u64) -> Self {
        Self { tenants, rng: Rng::with_seed(seed) }
    }

    /// The next records; `None` when all are made.
    pub(super) fn batch(&mut self, times: &mut Times, most: u64) -> Option<Vec<Record>> {
        let mut batch = Vec::with_capacity(usize::try_from(most).unwrap_or(0));
        for _ in 0..most {
            let Some(time) = times.next(&mut self.rng) else { break };
            batch.push(self.record(time));
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn record(&mut self, time: Micros) -> Record {
        let caller = pick(&mut self.rng, &self.tenants.callers, 2).cloned();
        let caller = caller.unwrap_or_else(|| Caller { key: gw_model::KeyId::MASTER, accounts: Vec::new() });
        let model = pick(&mut self.rng, &MODELS, 2).unwrap_or(&MODELS[0]);
        let mut record = Record {
            id: RequestId::new(time, self.rng.u128(..)),
            time,
            key: Some(caller.key),
            team_id: caller.accounts.get(1).map(ToString::to_string),
            format: model.format,
            model: model.name.to_owned(),
            stream: model.prices[1] > 0 && self.rng.u8(..10) < 6,
            outcome: Outcome::Success,
            status: 200,
            error_code: String::new(),
            error_detail: String::new(),
            attempts: Vec::new(),
            cache: String::new(),
            customer: None,
            first_byte_us: None,
            total_us: self.rng.u64(300..4_000),
            parent: None,
            accounts: caller.accounts,
            tolls: Vec::new(),
            saved: NanoUsd::ZERO,
            details: RecordDetails::default(),
        };
        self.names(&mut record);
        match self.rng.u32(..1_000) {
            n if n < HITS => self.hit(&mut record, model),
            n if n < HITS + REFUSED => self.refused(&mut record),
            n => self.called(&mut record, model, n - HITS - REFUSED),
        }
        record
    }

    /// How the caller speaks of itself and of the call.
    fn names(&mut self, record: &mut Record) {
        let rng = &mut self.rng;
        let details = &mut record.details;
        details.user_agent = pick(rng, &AGENTS, 1).map(ToString::to_string);
        if rng.u8(..10) < 4
            && let Some((name, id)) = pick(rng, &self.tenants.customers, 2)
        {
            record.customer = Some(name.clone());
            record.accounts.push(*id);
        }
        if rng.u8(..10) < 3
            && let Some((name, id)) = pick(rng, &self.tenants.tags, 1)
        {
            details.tags = Some(name.clone());
            record.accounts.push(*id);
        }
        if rng.u8(..10) < 2 {
            details.session = Some(format!("s-{:08x}", rng.u32(..200_000)));
        }
        if rng.u8(..100) < 3 {
            details.metadata = Some(format!("{{\"release\":\"2026.{}\"}}", rng.u8(1..12)));
        }
        if rng.u16(..1_000) < 8 {
            let action = if rng.bool() { "redact" } else { "flag" };
            details.verdicts.push(Verdict {
                guardrail: "personal-data".to_owned(),
                action: action.to_owned(),
                kind: "email".to_owned(),
                side: if rng.bool() { "request" } else { "response" }.to_owned(),
            });
            let start = rng.u64(..900);
            details.findings.push(VerdictFinding {
                verdict: details.verdicts.len() - 1,
                action: String::new(),
                kind: "email".to_owned(),
                speaker: Speaker::User,
                text: 0,
                span: (start, start + 22),
                score: 95,
                reason: "an address of mail".to_owned(),
            });
        }
    }

    fn usage(&mut self, model: &Model) -> Usage {
        let rng = &mut self.rng;
        let input_tokens = 20 + skewed(rng, 6_000);
        let cached_tokens = if rng.u8(..10) < 3 { input_tokens / 2 } else { 0 };
        let output_tokens = if model.prices[1] == 0 { 0 } else { 1 + skewed(rng, 1_500) };
        let reasoning_tokens = if model.name == "reasoner" { output_tokens / 2 } else { 0 };
        Usage { input_tokens, output_tokens, cached_tokens, reasoning_tokens, ..Usage::default() }
    }

    fn hit(&mut self, record: &mut Record, model: &Model) {
        record.cache = "hit".to_owned();
        let usage = self.usage(model);
        record.saved = cost(&lines(&usage, model, 0));
        record.first_byte_us = Some(record.total_us / 2);
    }

    fn refused(&mut self, record: &mut Record) {
        const WHY: [(u16, &str); 5] = [
            (429, "rate_limit_exceeded"),
            (402, "budget_exceeded"),
            (403, "model_not_allowed"),
            (400, "guardrail_blocked"),
            (400, "invalid_request"),
        ];
        let (status, code) = pick(&mut self.rng, &WHY, 2).copied().unwrap_or(WHY[0]);
        (record.outcome, record.status) = (Outcome::Refused, status);
        code.clone_into(&mut record.error_code);
    }

    /// A call that went out; `number` says how it ends.
    fn called(&mut self, record: &mut Record, model: &Model, number: u32) {
        if self.rng.u8(..10) < 3 {
            record.cache = "miss".to_owned();
        }
        if self.rng.u32(..1_000) < RETRIED {
            self.failed_try(record, model);
        }
        if number < FAILED {
            self.failed_try(record, model);
            (record.outcome, record.status) = (Outcome::UpstreamError, 502);
            "upstream_error".clone_into(&mut record.error_code);
            "the upstream answered 500: internal error".clone_into(&mut record.error_detail);
            return;
        }
        let usage = self.usage(model);
        let prices = lines(&usage, model, u8::try_from(record.attempts.len()).unwrap_or(u8::MAX));
        let first_byte_us = 80_000 + skewed(&mut self.rng, 900_000);
        let duration_us = first_byte_us + usage.output_tokens * self.rng.u64(4_000..14_000);
        let mut attempt = attempt(model, 200, "", duration_us);
        (attempt.usage, attempt.cost) = (usage, cost(&prices));
        attempt.usage_source = UsageSource::Upstream;
        if (FAILED..FAILED + CUT + LEFT).contains(&number) {
            let is_cut = record.stream && number < FAILED + CUT;
            record.outcome = if is_cut { Outcome::StreamCut } else { Outcome::ClientDisconnect };
            attempt.reason = if is_cut { "cut".to_owned() } else { String::new() };
            attempt.usage_source = UsageSource::Estimated;
        }
        record.attempts.push(attempt);
        record.details.prices = prices;
        record.details.region =
            pick(&mut self.rng, &REGIONS, 3).filter(|name| !name.is_empty()).map(ToString::to_string);
        record.details.connect_us = (self.rng.u8(..20) == 0).then(|| self.rng.u64(8_000..60_000));
        let before: u64 = record.attempts.iter().rev().skip(1).map(|attempt| attempt.duration_us).sum();
        record.first_byte_us = Some(before + if record.stream { first_byte_us } else { duration_us });
        record.total_us = before + duration_us + 400;
    }

    fn failed_try(&mut self, record: &mut Record, model: &Model) {
        const WHY: [(u16, &str); 4] = [(429, "429"), (500, "5xx"), (0, "timeout"), (0, "connect")];
        let (status, reason) = pick(&mut self.rng, &WHY, 1).copied().unwrap_or(WHY[0]);
        let duration_us = self.rng.u64(20_000..2_000_000);
        record.attempts.push(attempt(model, status, reason, duration_us));
        record.total_us += duration_us;
    }
}

fn attempt(model: &Model, status: u16, reason: &str, duration_us: u64) -> AttemptRecord {
    AttemptRecord {
        provider: model.provider.to_owned(),
        upstream_model: model.upstream.to_owned(),
        status,
        reason: reason.to_owned(),
        duration_us,
        usage: Usage::default(),
        usage_source: UsageSource::None,
        cost: NanoUsd::ZERO,
    }
}

fn lines(usage: &Usage, model: &Model, attempt: u8) -> Vec<PriceLine> {
    let [input, output, cached] = model.prices;
    let all = [
        (Unit::Input, usage.input_tokens - usage.cached_tokens, input),
        (Unit::CacheRead, usage.cached_tokens, cached),
        (Unit::Output, usage.output_tokens, output),
    ];
    let some = all.into_iter().filter(|(_, count, _)| *count > 0);
    some.map(|(unit, count, price)| PriceLine { attempt, unit, count, price: FemtoUsd(price) }).collect()
}

/// Rounded up once, as real calls are.
fn cost(lines: &[PriceLine]) -> NanoUsd {
    const FEMTO_PER_NANO: u128 = 1_000_000;
    let femto: u128 = lines.iter().map(|line| u128::from(line.count) * u128::from(line.price.0)).sum();
    NanoUsd(u64::try_from(femto.div_ceil(FEMTO_PER_NANO)).unwrap_or(u64::MAX))
}

/// A number below a bound, small ones much more often.
fn skewed(rng: &mut Rng, bound: u64) -> u64 {
    let one = rng.u64(..bound);
    let other = rng.u64(..bound);
    one * other / bound
}

/// One of a list, earlier ones more often the higher the power.
fn pick<'a, T>(rng: &mut Rng, list: &'a [T], power: u32) -> Option<&'a T> {
    let mut place = rng.usize(..list.len().max(1));
    for _ in 1..power {
        place = rng.usize(..=place);
    }
    list.get(place)
}

#[cfg(test)]
mod tests;

//! Seventh stage: the money and tokens that the call may use are held before it goes out, at the price of
//! the plan's dearest target. It must not be skipped by anything that reaches a provider.

use crate::admit::{limit_refusal, whose};
use crate::lineup::Lineup;
use crate::live::Live;
use crate::route::{Planned, Route};
use crate::ticket::{Rejected, Ticket};
use gw_model::access::Access;
use gw_model::catalog::ModelInfo;
use gw_model::limits::{self, LimitUnit};
use gw_model::snapshot::{Model, Target};
use gw_model::{Call, CallFacts, Endpoint, ErrorCode, NanoUsd, PriceSheet, Refusal, ServiceTier, WireFormat};
use gw_store::memory::{Amounts, HoldRefused};
use std::sync::Arc;

/// A call whose largest cost is held. Made here only.
pub(crate) struct Funded {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
    pub(crate) model: Arc<Lineup>,
    pub(crate) route: Route,
    /// Output tokens that the hold covers, all choices together.
    pub(crate) output_bound: u64,
    /// Output bound for one choice to be sent upstream, under a strict budget or a cap.
    pub(crate) enforce_output: Option<u64>,
    /// Should all targets fail, there is an answer besides: what they begin is looked at before it counts as one.
    pub(crate) has_spare: bool,
    _proof: (),
}

/// Holds the call's largest cost.
pub(crate) async fn reserve(planned: Planned) -> Result<Funded, Rejected> {
    let Planned { mut ticket, live, call, model, route, .. } = planned;
    if asked(&call).counts().is_some() {
        // Counting costs nothing and generates nothing; it is a request all the same.
        if ticket.must_ask()
            && let Err(refused) = Box::pin(ticket.ask(Amounts::default())).await
        {
            return Err(ticket.reject(hold_refusal(&refused)));
        }
        return Ok(Funded {
            ticket,
            live,
            call,
            model,
            route,
            output_bound: 0,
            enforce_output: None,
            has_spare: false,
            _proof: (),
        });
    }
    let facts = &call.facts;
    let settings = &live.snapshot.settings;
    let most = most_output(&ticket, &call);
    if let Err(refusal) = within(most, &call).and_then(|()| within_input(&ticket, facts)) {
        return Err(ticket.reject(refusal));
    }
    let reserve_output_tokens =
        most.map_or(settings.reserve_output_tokens, |most| settings.reserve_output_tokens.min(most));
    let targets = || route.all().filter_map(|index| model.targets.get(index));
    let Largest { output: output_bound, cost } =
        largest(facts, targets().map(|target| &*target.info), reserve_output_tokens);
    for target in targets() {
        if let Err(refusal) = refuse_unpriced(&ticket, &call, &target.info, &model) {
            return Err(ticket.reject(refusal));
        }
    }
    // A session's responses are held for one by one; the money of the first is held at once.
    let is_session = call.format == WireFormat::OpenAiRealtime;
    let amounts = match is_session {
        true => Amounts::cost(cost),
        false => Amounts { input: facts.input_tokens, output: output_bound, cost },
    };
    let enforce_output = match (enforced(&ticket, &model, facts, output_bound), most) {
        (Some(bound), Some(most)) => Some(bound.min(most)),
        (None, Some(most)) if facts.max_output_tokens.is_none() => Some(most),
        (bound, _) => bound,
    };
    match ticket.take_hold(facts, amounts).await {
        Ok(()) => {
            let has_spare = false;
            Ok(Funded {
                ticket,
                live,
                call,
                model,
                route,
                output_bound,
                enforce_output,
                has_spare,
                _proof: (),
            })
        }
        Err(refused) => {
            let refusal = hold_refusal(&refused);
            Err(ticket.reject(refusal))
        }
    }
}

/// Most output tokens of a request that generates text, by what its caller belongs to.
fn most_output(ticket: &Ticket, call: &Call) -> Option<u64> {
    let generates = matches!(asked(call).endpoint(), Endpoint::Chat | Endpoint::Completions);
    ticket.max_output_tokens().filter(|_| generates)
}

/// Does the request ask for no more than that? What is sent on as it is can not be given a bound either.
fn within(most: Option<u64>, call: &Call) -> Result<(), Refusal> {
    let Some(most) = most else { return Ok(()) };
    let text = match call.facts.max_output_tokens {
        Some(asked) if asked > most => {
            format!("this key's requests may ask for {most} output tokens, and this one asks for {asked}")
        }
        None if call.raw.is_some() => {
            format!(
                "this key's requests may ask for {most} output tokens; state how many, since the body goes on as it is"
            )
        }
        _ => return Ok(()),
    };
    Err(Refusal::new(ErrorCode::InvalidRequest, text).param("max_tokens"))
}

/// Is the input no larger than what all that the call counts for let through?
fn within_input(ticket: &Ticket, facts: &CallFacts) -> Result<(), Refusal> {
    let beyond = |access: &Access| access.calls.max_input_tokens.filter(|most| facts.input_tokens > *most);
    let Some((holder, most)) = ticket.access(beyond) else { return Ok(()) };
    let text = format!(
        "requests of {holder} may have {most} input tokens, and this one has about {}; send less",
        facts.input_tokens
    );
    Err(Refusal::new(ErrorCode::ContextLengthExceeded, text))
}

/// The most that a request may use, wherever it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Largest {
    /// Output tokens, all choices together.
    pub(crate) output: u64,
    pub(crate) cost: NanoUsd,
}

/// What a request may use at the dearest of some models.
pub(crate) fn largest<'t>(
    facts: &CallFacts,
    targets: impl Iterator<Item = &'t ModelInfo>,
    reserve_output_tokens: u64,
) -> Largest {
    targets.fold(Largest::default(), |largest, info| {
        let output = output_tokens(facts, info, reserve_output_tokens);
        let tier = facts.service_tier.unwrap_or(ServiceTier::Standard);
        let searches = info.prices.requests(facts.searches.saturating_sub(1), tier);
        let bound = info.prices.bound_with(facts.input_tokens, output, &facts.media, tier);
        Largest { output: largest.output.max(output), cost: largest.cost.max(bound.plus(searches)) }
    })
}

/// The format of what is asked, also behind a provider's own path.
fn asked(call: &Call) -> WireFormat {
    call.raw.as_ref().and_then(|line| line.format).unwrap_or(call.format)
}

/// The request's own bound, else the setting, neither above the model's maximum; times the choices.
fn output_tokens(facts: &CallFacts, info: &ModelInfo, reserve_output_tokens: u64) -> u64 {
    let model_max = match u64::from(info.max_output_tokens) {
        0 => u64::MAX,
        max => max,
    };
    // A larger bound is lowered before it goes out.
    let one = facts.max_output_tokens.unwrap_or(reserve_output_tokens).min(model_max);
    one.saturating_mul(u64::from(facts.choices.max(1)))
}

/// Under a hard budget a call without a price could spend without bound.
fn refuse_unpriced(ticket: &Ticket, call: &Call, info: &ModelInfo, model: &Model) -> Result<(), Refusal> {
    let budgeted = ticket.chain().budgets().next().is_some();
    if budgeted && !has_price(call, info) {
        Err(unpriced(&model.name, call, "calls of this key"))
    } else {
        Ok(())
    }
}

/// The same of a target whose provider or deployment has one.
pub(crate) fn refuse_unpriced_at(call: &Call, target: &Target) -> Result<(), Refusal> {
    if has_price(call, &target.info) {
        return Ok(());
    }
    Err(unpriced(&target.model, call, &format!("calls of the provider '{}'", target.provider.name)))
}

fn has_price(call: &Call, info: &ModelInfo) -> bool {
    let is_free = call.raw.as_ref().is_some_and(|line| line.object.is_some());
    is_free || is_priced(&info.prices, asked(call))
}

fn unpriced(model: &str, call: &Call, whose: &str) -> Refusal {
    let format = asked(call).as_str();
    let text = format!(
        "the price of '{model}' for '{format}' is not known, and {whose} are under a hard budget; state its price in \
         the configuration"
    );
    Refusal::new(ErrorCode::BudgetExceeded, text).param("model")
}

/// Has what such a call consumes a price, by whatever it is counted?
fn is_priced(prices: &PriceSheet, format: WireFormat) -> bool {
    match format {
        WireFormat::OpenAiImages | WireFormat::OpenAiImageEdits => prices.prices_images(),
        WireFormat::OpenAiSpeech => prices.prices_speech(),
        WireFormat::OpenAiTranscriptions | WireFormat::OpenAiTranslations => prices.prices_recordings(),
        format if format.endpoint() == Endpoint::Rerank => prices.prices_tokens() || prices.prices_requests(),
        _ => prices.prices_tokens(),
    }
}

fn enforced(ticket: &Ticket, model: &Lineup, facts: &CallFacts, output_bound: u64) -> Option<u64> {
    let strict = model.is_strict() || ticket.chain().budgets().any(|budget| budget.strict);
    let missing = facts.max_output_tokens.is_none() && !facts.stream && output_bound > 0;
    (strict && missing).then(|| output_bound / u64::from(facts.choices.max(1)))
}

/// What a caller is told whose hold was refused.
pub(crate) fn hold_refusal(refused: &HoldRefused) -> Refusal {
    match refused {
        HoldRefused::Limit(exceeded) => limit_refusal(exceeded),
        // Not a 429: clients would try again, and no wait is long enough.
        HoldRefused::TooLarge { holder, unit, limit, per_seconds, needed } => {
            let needed = match unit {
                LimitUnit::Cost => format!("may cost up to ${}", NanoUsd(*needed)),
                LimitUnit::InputTokens => format!("takes about {needed} input tokens"),
                LimitUnit::OutputTokens => format!("may take up to {needed} output tokens"),
                _ => format!("may take up to {needed} tokens, input and largest answer together"),
            };
            let (limit, whose) = (limits::describe(*unit, *limit, *per_seconds), whose(holder));
            let text = format!(
                "this call {needed}, and {whose} limit is {limit}; send less, or ask for fewer output tokens"
            );
            Refusal::new(ErrorCode::InvalidRequest, text)
        }
        HoldRefused::Unavailable => Refusal::new(
            ErrorCode::LimitsUnavailable,
            "how much is left of the limits and budgets of this call can not be asked at present; try again soon",
        )
        .retry_after(1),
        HoldRefused::NotRecorded => Refusal::new(
            ErrorCode::StorageFull,
            "the gateway's journal can not be written at present, so the answer could not go on",
        )
        .retry_after(5),
        HoldRefused::Cap { limit, needed } => Refusal::new(
            ErrorCode::BudgetExceeded,
            format!("this call may cost up to ${needed}, and its model allows ${limit}"),
        ),
        HoldRefused::Budget { holder, limit, spent, reserved, needed } => {
            let whose = whose(holder);
            let left = limit.minus(*spent).minus(*reserved);
            Refusal::new(
                ErrorCode::BudgetExceeded,
                format!(
                    "{whose} budget of ${limit} has ${left} left (${spent} spent, ${reserved} held by calls in \
                     flight); this call may cost up to ${needed}"
                ),
            )
        }
    }
}

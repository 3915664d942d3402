//! What a past call should have cost. Pure. A record is left as it is where it does not say exactly what was consumed: no cost is
//! guessed.

use super::job::Job;
use gw_model::{NanoUsd, Outcome, PriceLine, PriceSheet, ServiceTier, UsageSource, WireFormat};
use gw_store::types::{LogRow, PastAttempt, Recost, Repriced};

/// Femto-dollars in a nano-dollar.
const FEMTO_PER_NANO: u128 = 1_000_000;

/// Why a record stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It was charged at its hold: nobody knows what it consumed.
    Lost,
    /// A session's parts were priced one by one, and only their sum is known.
    Session,
    /// What it was charged cannot be told from what it says.
    Unexplained,
    /// There is no price for it.
    Unpriced,
}

impl Left {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Session => "session",
            Self::Unexplained => "unexplained",
            Self::Unpriced => "unpriced",
        }
    }
}

/// Says what a model costs: by the name that callers use, by provider, and by its name there.
pub(super) type InForce<'a> = dyn Fn(&str, &str, &str) -> Option<PriceSheet> + 'a;

/// What is to become of a record; nothing where it costs what it should.
pub(super) fn reprice(in_force: &InForce<'_>, job: &Job, row: LogRow) -> Result<Option<Recost>, Left> {
    let Some(attempts) = PastAttempt::all_of(&row) else {
        let why = if row.outcome == Outcome::Lost { Left::Lost } else { Left::Unexplained };
        return if may_be_of(job, &row) { Err(why) } else { Ok(None) };
    };
    let wanted = |attempt: &PastAttempt| job.wants(&attempt.provider, &attempt.upstream_model);
    let mut repriced = Vec::new();
    for (number, attempt) in attempts.iter().enumerate().filter(|(_, attempt)| wanted(attempt)) {
        if attempt.source == UsageSource::None {
            continue;
        }
        if row.outcome == Outcome::Lost {
            return Err(Left::Lost);
        }
        if row.format == WireFormat::OpenAiRealtime.as_str() {
            return Err(Left::Session);
        }
        let lines = row.details.prices.iter().filter(|line| usize::from(line.attempt) == number);
        if !is_explained(attempt, lines) {
            return Err(Left::Unexplained);
        }
        let sheet = match &job.prices {
            Some(given) => Some(given.clone()),
            None => in_force(&row.model, &attempt.provider, &attempt.upstream_model),
        };
        let sheet = sheet.ok_or(Left::Unpriced)?;
        repriced.extend(one(&sheet, &row, number, attempt));
    }
    Ok((!repriced.is_empty()).then_some(Recost { row, attempts, repriced }))
}

/// Was it asked for, as far as its row says?
fn may_be_of(job: &Job, row: &LogRow) -> bool {
    let is = |wanted: &Option<String>, name: &Option<String>| wanted.is_none() || wanted == name;
    is(&job.provider, &row.provider) && is(&job.upstream_model, &row.upstream_model)
}

/// What an attempt is to cost, where that is something else.
fn one(sheet: &PriceSheet, row: &LogRow, number: usize, attempt: &PastAttempt) -> Option<Repriced> {
    let tier = match row.format == WireFormat::OpenAiBatches.as_str() {
        true => ServiceTier::Batch,
        false => ServiceTier::Standard,
    };
    let cost = sheet.cost(&attempt.usage, tier);
    if cost == attempt.cost {
        return None;
    }
    let mut lines = Vec::new();
    let position = u8::try_from(number).unwrap_or(u8::MAX);
    sheet.each_line(&attempt.usage, tier, |unit, count, price| {
        lines.push(PriceLine { attempt: position, unit, count, price });
    });
    Some(Repriced { attempt: number, cost, lines })
}

/// Do the lines that it was charged at say the same as its cost? Pieces of media have no lines; their counts are known.
fn is_explained<'l>(attempt: &PastAttempt, lines: impl Iterator<Item = &'l PriceLine>) -> bool {
    let femto = |line: &PriceLine| u128::from(line.count).saturating_mul(line.price.0.into());
    let sum = lines.map(femto).fold(0u128, u128::saturating_add);
    let sum = NanoUsd(u64::try_from(sum.div_ceil(FEMTO_PER_NANO)).unwrap_or(u64::MAX));
    sum == attempt.cost || (!attempt.usage.media.is_none() && sum < attempt.cost)
}

#[cfg(test)]
mod tests;

//! All that sums tell calls apart by, but their keys, as one packed text: most calls are like one before, and cost a look at it.
//! Serves the sums of the fold. It must not add anything up.

use super::counted::Counted;
use super::rollups::MINUTE_US;
use crate::journal::{outcome_code, outcome_of};
use gw_model::Outcome;

/// See the module.
pub(super) struct Kind<'a> {
    /// As it was counted, to the minute; of its key it says only whether there is one.
    pub(super) counted: Counted<'a>,
    /// The provider, and the model as that names it.
    pub(super) share: [&'a str; 2],
}

const HAS_KEY: u8 = 1;
const IS_SUB_CALL: u8 = 2;

impl<'a> Kind<'a> {
    /// `minute i64 | flags u8 | outcome u8 | status u16`, then texts, each behind its length: little-endian.
    pub(super) fn pack(&self, to: &mut Vec<u8>) {
        let Self { counted, share: [provider, upstream_model] } = self;
        let flags = if counted.key.is_some() { HAS_KEY } else { 0 }
            | if counted.is_sub_call { IS_SUB_CALL } else { 0 };
        to.extend_from_slice(&counted.minute().to_le_bytes());
        to.extend_from_slice(&[flags, outcome_code(counted.outcome)]);
        to.extend_from_slice(&counted.status.to_le_bytes());
        let texts = [
            counted.team,
            counted.counted_model(),
            provider,
            upstream_model,
            counted.customer,
            counted.error,
            counted.cache,
            counted.format,
            counted.region,
            counted.guardrails,
        ];
        for text in texts.map(str::as_bytes).into_iter().chain([counted.accounts]) {
            // The journal bounds them far below 4 GiB.
            to.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
            to.extend_from_slice(text);
        }
    }

    /// `None` if the text is not one.
    pub(super) fn unpack(packed: &'a [u8]) -> Option<Self> {
        let (minute, rest) = packed.split_first_chunk::<8>()?;
        let ([flags, outcome], rest) = rest.split_first_chunk::<2>()?;
        let (status, mut rest) = rest.split_first_chunk::<2>()?;
        let mut bytes = || {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            let (part, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = behind;
            Some(part)
        };
        let mut text = || std::str::from_utf8(bytes()?).ok();
        let (team, model, provider, upstream_model) = (text()?, text()?, text()?, text()?);
        let counted = Counted {
            end_time: i64::from_le_bytes(*minute).saturating_mul(MINUTE_US),
            key: (flags & HAS_KEY != 0).then_some(0),
            team,
            model,
            // The model is the one to count for.
            is_resolved: true,
            provider,
            upstream_model,
            customer: text()?,
            outcome: outcome_of(*outcome).unwrap_or(Outcome::UpstreamError),
            status: u16::from_le_bytes(*status),
            error: text()?,
            cache: text()?,
            format: text()?,
            region: text()?,
            guardrails: text()?,
            first_byte_us: None,
            total_us: 0,
            is_sub_call: flags & IS_SUB_CALL != 0,
            accounts: bytes()?,
        };
        Some(Self { counted, share: [provider, upstream_model] })
    }
}

#[cfg(test)]
mod tests;

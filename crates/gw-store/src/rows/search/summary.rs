//! What a stretch of records holds, in little: a Bloom filter of its values, and the largest of its numbers. A search that
//! asks for what is not in it passes over the stretch; about one stretch in a hundred is looked at for nothing.
//!
//! `version u8 = 1 | largest cost, total and first byte, 8 bytes each, big-endian | bits`. The form is stored; another
//! version, or a damaged one, holds everything.

use crate::accounts::{ACCOUNT_BYTES, bytes_of};
use crate::journal::outcome_code;
use crate::rows::verdicts;
use crate::types::LogFilter;
use ahash::AHashSet;
use gw_model::AccountId;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 1 + 3 * 8;
/// Bits for each value, and how many of them it sets.
const BITS_PER_VALUE: usize = 10;
const PROBES: u64 = 5;

/// What a value is of. The numbers are stored.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Of {
    Key = 1,
    Team = 2,
    Model = 3,
    Provider = 4,
    UpstreamModel = 5,
    Outcome = 6,
    Status = 7,
    StatusClass = 8,
    ErrorCode = 9,
    Cache = 10,
    Customer = 11,
    Session = 12,
    Tag = 13,
    Guardrail = 14,
    GuardrailAction = 15,
    Format = 16,
    Account = 17,
    Parent = 18,
    Trace = 19,
}

/// What a row is, as far as summaries tell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SummaryRow<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) team: &'a str,
    pub(crate) model: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) upstream_model: &'a str,
    pub(crate) outcome: u8,
    pub(crate) status: u16,
    pub(crate) error_code: &'a str,
    pub(crate) cache: &'a str,
    pub(crate) customer: &'a str,
    pub(crate) session: &'a str,
    pub(crate) tags: &'a str,
    pub(crate) guardrails: &'a str,
    pub(crate) format: &'a str,
    pub(crate) accounts: &'a [u8],
    pub(crate) parent: &'a [u8],
    pub(crate) trace: &'a [u8],
    pub(crate) cost: i64,
    pub(crate) total_us: i64,
    pub(crate) first_byte_us: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    values: AHashSet<u64>,
    cost: i64,
    total_us: i64,
    first_byte_us: i64,
}

impl Summary {
    /// Takes a row up.
    pub(crate) fn add(&mut self, row: &SummaryRow<'_>) {
        self.cost = self.cost.max(row.cost);
        self.total_us = self.total_us.max(row.total_us);
        self.first_byte_us = self.first_byte_us.max(row.first_byte_us);
        let texts = [
            (Of::Team, row.team),
            (Of::Model, row.model),
            (Of::Provider, row.provider),
            (Of::UpstreamModel, row.upstream_model),
            (Of::ErrorCode, row.error_code),
            (Of::Cache, row.cache),
            (Of::Customer, row.customer),
            (Of::Session, row.session),
            (Of::Format, row.format),
        ];
        for (of, text) in texts {
            self.value(of, text.as_bytes());
        }
        self.value(Of::Key, row.key);
        self.value(Of::Parent, row.parent);
        self.value(Of::Trace, row.trace);
        self.value(Of::Outcome, &[row.outcome]);
        self.value(Of::Status, &row.status.to_be_bytes());
        self.value(Of::StatusClass, &(row.status / 100).to_be_bytes());
        row.accounts.chunks_exact(ACCOUNT_BYTES).for_each(|account| self.value(Of::Account, account));
        row.tags.split('|').for_each(|tag| self.value(Of::Tag, tag.as_bytes()));
        if !row.guardrails.is_empty() {
            for verdict in verdicts::read(row.guardrails) {
                self.value(Of::Guardrail, verdict.guardrail.as_bytes());
                let action = [verdict.guardrail.as_str(), "=", verdict.action.as_str()].concat();
                self.value(Of::GuardrailAction, action.as_bytes());
            }
        }
    }

    fn value(&mut self, of: Of, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.values.insert(hash(of, bytes));
        }
    }

    /// As it is stored.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let bits = (self.values.len() * BITS_PER_VALUE).next_power_of_two().max(64);
        let mut out = vec![VERSION];
        for number in [self.cost, self.total_us, self.first_byte_us] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.resize(HEAD_BYTES + bits / 8, 0);
        let (_, filter) = out.split_at_mut(HEAD_BYTES);
        for value in &self.values {
            for bit in probes(*value, filter.len()) {
                if let Some(byte) = filter.get_mut(bit / 8) {
                    *byte |= 1 << (bit % 8);
                }
            }
        }
        out
    }
}

/// What a search asks of a stretch: of each of these lists, one value.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    lists: Vec<Vec<u64>>,
    cost: i64,
    total_us: i64,
    first_byte_us: i64,
}

impl Wanted {
    pub(crate) fn of(filter: &LogFilter) -> Self {
        let least = |from: Option<u64>| from.map_or(i64::MIN, crate::rows::signed);
        let mut wanted = Self {
            lists: Vec::new(),
            cost: least(filter.cost.from),
            total_us: least(filter.total_us.from),
            first_byte_us: least(filter.first_byte_us.from),
        };
        let texts = [
            (Of::Model, &filter.model),
            (Of::Provider, &filter.provider),
            (Of::UpstreamModel, &filter.upstream_model),
            (Of::ErrorCode, &filter.error_code),
            (Of::Cache, &filter.cache),
            (Of::Customer, &filter.customer),
            (Of::Session, &filter.session),
        ];
        for (of, text) in texts {
            wanted.lists.extend(text.as_ref().map(|text| vec![hash(of, text.as_bytes())]));
        }
        let account = |id: &AccountId| hash(Of::Account, &bytes_of(*id));
        wanted.lists.extend(filter.key_id.map(|key| vec![hash(Of::Key, &key.0.to_be_bytes())]));
        wanted.lists.extend(filter.parent_id.map(|id| vec![hash(Of::Parent, &id.0.to_be_bytes())]));
        wanted.lists.extend(filter.trace_id.map(|trace| vec![hash(Of::Trace, &trace.bytes())]));
        wanted.lists.extend(filter.outcome.map(|outcome| vec![hash(Of::Outcome, &[outcome_code(outcome)])]));
        wanted.lists.extend(filter.accounts.iter().map(|id| vec![account(id)]));
        wanted.lists.extend(filter.seen_from.as_ref().map(|ids| ids.iter().map(account).collect()));
        if let Some(team) = &filter.team_id {
            let id = team.parse::<AccountId>().ok();
            wanted.lists.push(id.iter().map(account).chain([hash(Of::Team, team.as_bytes())]).collect());
        }
        if !filter.formats.is_empty() {
            let formats = filter.formats.iter().map(|format| hash(Of::Format, format.as_bytes()));
            wanted.lists.push(formats.collect());
        }
        if let Some(tag) = &filter.tag {
            wanted.lists.push(vec![hash(Of::Tag, tag.replace('|', "_").as_bytes())]);
        }
        if let Some(guardrail) = &filter.guardrail {
            let name = guardrail.replace('|', "_");
            wanted.lists.push(vec![match &filter.guardrail_action {
                Some(action) => hash(Of::GuardrailAction, [&name, "=", action].concat().as_bytes()),
                None => hash(Of::Guardrail, name.as_bytes()),
            }]);
        }
        wanted.lists.extend(statuses(filter));
        wanted
    }

    /// Can a stretch of that summary hold something?
    pub(crate) fn may_be_in(&self, summary: &[u8]) -> bool {
        let Some((head, filter)) = summary.split_at_checked(HEAD_BYTES) else { return true };
        let Some((&VERSION, numbers)) = head.split_first() else { return true };
        let least = [self.cost, self.total_us, self.first_byte_us];
        let (numbers, _) = numbers.as_chunks::<8>();
        let reaches = numbers.iter().zip(least).all(|(largest, least)| i64::from_be_bytes(*largest) >= least);
        if !filter.len().is_power_of_two() {
            return true;
        }
        let has_bit = |bit: usize| filter.get(bit / 8).is_some_and(|byte| byte & (1 << (bit % 8)) != 0);
        let has = |value: &u64| probes(*value, filter.len()).all(has_bit);
        reaches && self.lists.iter().all(|list| list.iter().any(has))
    }
}

/// Where statuses are asked for: each of a few, or the hundreds that they are in.
fn statuses(filter: &LogFilter) -> Option<Vec<u64>> {
    if filter.status.is_open() {
        return None;
    }
    let number = |status: Option<u64>, other: u16| {
        status.map_or(other, |status| u16::try_from(status).unwrap_or(u16::MAX)).min(999)
    };
    let (from, to) = (number(filter.status.from, 0), number(filter.status.to, 999));
    if to.saturating_sub(from) < 8 {
        return Some((from..=to).map(|status| hash(Of::Status, &status.to_be_bytes())).collect());
    }
    let classes = from / 100..=to / 100;
    Some(classes.map(|class| hash(Of::StatusClass, &class.to_be_bytes())).collect())
}

/// FNV-1a, stirred: the same on every machine, since it is stored.
fn hash(of: Of, bytes: &[u8]) -> u64 {
    let all = std::iter::once(of as u8).chain(bytes.iter().copied());
    let hash = all.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

/// The bits of a value in a filter of so many bytes, which are a power of two.
fn probes(value: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let mask = (bytes as u64 * 8).saturating_sub(1);
    let step = (value >> 32) | 1;
    (0..PROBES).map(move |n| usize::try_from(value.wrapping_add(n.wrapping_mul(step)) & mask).unwrap_or(0))
}

#[cfg(test)]
mod tests;

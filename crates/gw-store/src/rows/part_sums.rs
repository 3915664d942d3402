//! Sums over records by what roll-ups do not tell apart (formats, models as providers name them, regions, guardrails, tags), by hour and
//! organization: what `part_usage` does not hold yet. Serves the fold. It must not touch a database: a store writes what it is handed.

use super::counted::Counted;
use super::places::Places;
use super::sums::UsageSum;
use crate::accounts::{ACCOUNT_BYTES, account_of, each};
use crate::analytics::PartOf;
use ahash::AHashMap;
use gw_model::Level;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct PartSums {
    cells: AHashMap<u32, UsageSum>,
    places: Places,
}

/// A row of `part_usage`, as a difference to what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PartRow<'a> {
    pub(crate) part: i16,
    pub(crate) hour: i64,
    /// Empty for none.
    pub(crate) organization: &'a [u8],
    pub(crate) value: &'a str,
}

impl PartSums {
    /// Adds a share of a call that went to a model with that name.
    pub(super) fn add(&mut self, counted: &Counted<'_>, upstream_model: &str, sum: &UsageSum) {
        let hour = counted.hour();
        let of_level =
            |level: Level| move |bytes: &&[u8; ACCOUNT_BYTES]| bytes.first() == Some(&level.code());
        let organization = each(counted.accounts).find(of_level(Level::Organization));
        let organization: &[u8] = organization.map_or(&[], |bytes| bytes.as_slice());
        let mut add = |part: PartOf, value: &str| {
            let place = self.places.of(|to| {
                to.push(part as u8);
                to.extend_from_slice(&hour.to_le_bytes());
                // Accounts are all of one length.
                to.push(u8::from(!organization.is_empty()));
                to.extend_from_slice(organization);
                to.extend_from_slice(value.as_bytes());
            });
            self.cells.entry(place).or_default().add(sum);
        };
        add(PartOf::Format, counted.format);
        add(PartOf::UpstreamModel, upstream_model);
        add(PartOf::Region, counted.region);
        let names =
            || counted.guardrails.split('|').filter_map(|one| one.split_once('=')).map(|(name, _)| name);
        for (at, name) in names().enumerate() {
            // One that found several things is one.
            if names().take(at).all(|before| before != name) {
                add(PartOf::Guardrail, name);
            }
        }
        // Whose they are all together is summed up by account.
        if !organization.is_empty() {
            for tag in each(counted.accounts).filter(of_level(Level::Tag)).filter_map(account_of) {
                add(PartOf::Tag, &tag.to_string());
            }
        }
    }

    /// Every row, in the order of the primary key: two that write at once lock rows in the same order.
    pub(crate) fn rows(&self) -> Vec<(PartRow<'_>, UsageSum)> {
        let row = |(place, sum): (&u32, &UsageSum)| Some((unpack(self.places.text(*place))?, *sum));
        let mut rows: Vec<_> = self.cells.iter().filter_map(row).collect();
        rows.sort_unstable_by_key(|(row, _)| *row);
        rows
    }
}

fn unpack(packed: &[u8]) -> Option<PartRow<'_>> {
    let (part, rest) = packed.split_first()?;
    let (hour, rest) = rest.split_first_chunk::<8>()?;
    let (has_organization, rest) = rest.split_first()?;
    let (organization, value) = rest.split_at_checked(usize::from(*has_organization) * ACCOUNT_BYTES)?;
    let (part, hour) = (i16::from(*part), i64::from_le_bytes(*hour));
    Some(PartRow { part, hour, organization, value: std::str::from_utf8(value).ok()? })
}

//! One line of the model table, and the header's short codes. Malformed parts are left out: the file is
//! generated, and tests hold every line of it to its source.

use gw_model::abilities::{Abilities, Ability, DropParams};
use gw_model::catalog::ModelInfo;
use gw_model::money::FemtoUsd;
use gw_model::price::{PriceSheet, Rate, ServiceTier, Unit};
use std::sync::Arc;

/// What the header's codes stand for.
pub(crate) struct Codes {
    units: Vec<(&'static str, Unit)>,
    tiers: Vec<(&'static str, ServiceTier)>,
    capabilities: Vec<(&'static str, Arc<str>)>,
}

/// Price key and model of a line.
pub(crate) fn name(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once('\t')?;
    Some((key, rest.split_once('\t')?.0))
}

impl Codes {
    /// Reads `#units`, `#tiers` and `#capabilities`.
    pub(crate) fn from_header(header: &'static str) -> Self {
        let pairs = |title: &str| {
            let line = header.lines().find_map(|line| line.strip_prefix(title)).unwrap_or_default();
            line.split(' ').filter_map(|pair| pair.split_once('=')).collect::<Vec<_>>()
        };
        Self {
            units: pairs("#units ").iter().filter_map(|(c, n)| Some((*c, Unit::from_name(n)?))).collect(),
            tiers: pairs("#tiers ")
                .iter()
                .filter_map(|(c, n)| Some((*c, ServiceTier::from_name(n)?)))
                .collect(),
            capabilities: pairs("#capabilities ").iter().map(|(c, n)| (*c, Arc::from(*n))).collect(),
        }
    }

    /// The facts of a line.
    pub(crate) fn parse(&self, line: &str) -> ModelInfo {
        let mut columns = line.split('\t').skip(2).map(|column| if column == "-" { "" } else { column });
        let mut next = || columns.next().unwrap_or_default();
        let mode = Arc::from(next());
        let max_input_tokens = next().parse().unwrap_or(0);
        let max_output_tokens = next().parse().unwrap_or(0);
        let (able, lacks) = self.abilities(next());
        let rates = next().split(' ').filter_map(|rate| self.rate(rate)).collect();
        ModelInfo {
            prices: PriceSheet { rates },
            max_input_tokens,
            max_output_tokens,
            mode,
            capabilities: able,
            lacks,
            drop_params: DropParams::default(),
        }
    }

    /// Codes of what a model can, and `!` with those of what it can not.
    fn abilities(&self, text: &str) -> (Vec<Arc<str>>, Abilities) {
        let (mut able, mut lacks) = (Vec::new(), Abilities::default());
        for code in text.split(' ') {
            let Some(code) = code.strip_prefix('!') else {
                able.extend(find(&self.capabilities, code));
                continue;
            };
            let missing = find(&self.capabilities, code).and_then(|name| Ability::from_name(&name));
            if let Some(ability) = missing {
                lacks.set(ability, true);
            }
        }
        (able, lacks)
    }

    /// `unit[>above][/tier]=price`.
    fn rate(&self, text: &str) -> Option<Rate> {
        let (what, price) = text.split_once('=')?;
        let (what, tier) = match what.split_once('/') {
            Some((what, tier)) => (what, find(&self.tiers, tier)?),
            None => (what, ServiceTier::Standard),
        };
        let (unit, above) = match what.split_once('>') {
            Some((unit, above)) => (unit, u32::try_from(integer(above)?).ok()?),
            None => (what, 0),
        };
        Some(Rate {
            unit: find(&self.units, unit)?,
            tier,
            above_tokens: above,
            price: FemtoUsd(integer(price)?),
        })
    }
}

fn find<T: Clone>(table: &[(&'static str, T)], code: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == code).map(|(_, value)| value.clone())
}

/// `25e8` as 2,500,000,000.
fn integer(text: &str) -> Option<u64> {
    match text.split_once('e') {
        None => text.parse().ok(),
        Some((digits, zeros)) => {
            digits.parse::<u64>().ok()?.checked_mul(10u64.checked_pow(zeros.parse().ok()?)?)
        }
    }
}

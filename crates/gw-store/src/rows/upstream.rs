//! What was used at a provider, summed up from records: of a call with several attempts, each counts for where it went.

use crate::types::UpstreamUsage;
use gw_model::{Micros, NanoUsd};
use serde::Deserialize;
use std::collections::BTreeMap;

const DAY: Micros = 86_400_000_000;

/// An attempt, as `records.tries` lists it.
#[derive(Debug, Deserialize)]
pub(crate) struct Try {
    pub(crate) provider: String,
    pub(crate) upstream_model: String,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cached_tokens: u64,
    #[serde(default)]
    pub(crate) cache_write_tokens: u64,
    #[serde(default)]
    pub(crate) cache_write_1h_tokens: u64,
    #[serde(default)]
    pub(crate) reasoning_tokens: u64,
    pub(crate) cost_usd: String,
}

/// The attempts of such a list; `None`: it cannot be read.
pub(crate) fn tries_of(list: &str) -> Option<Vec<Try>> {
    serde_json::from_str(list).ok()
}

/// Sums by day and model.
#[derive(Debug)]
pub(crate) struct UpstreamSums<'a> {
    provider: &'a str,
    sums: BTreeMap<(i64, String), UpstreamUsage>,
}

impl<'a> UpstreamSums<'a> {
    pub(crate) const fn new(provider: &'a str) -> Self {
        Self { provider, sums: BTreeMap::new() }
    }

    /// Adds what a database has summed up already.
    pub(crate) fn add(&mut self, more: &UpstreamUsage) {
        let sum = self.sums.entry((more.day, more.model.clone())).or_insert_with(|| UpstreamUsage {
            day: more.day,
            model: more.model.clone(),
            ..UpstreamUsage::default()
        });
        sum.attempts += more.attempts;
        sum.input_tokens = sum.input_tokens.saturating_add(more.input_tokens);
        sum.output_tokens = sum.output_tokens.saturating_add(more.output_tokens);
        sum.cached_tokens = sum.cached_tokens.saturating_add(more.cached_tokens);
        sum.cost = sum.cost.plus(more.cost);
    }

    /// Adds the attempts of a call. False: the list cannot be read.
    pub(crate) fn add_tries(&mut self, time: Micros, tries: &str) -> bool {
        let Some(tries) = tries_of(tries) else { return false };
        let provider = self.provider;
        for one in tries.into_iter().filter(|one| one.provider == provider) {
            self.add(&UpstreamUsage {
                day: time.div_euclid(DAY),
                model: one.upstream_model,
                attempts: 1,
                input_tokens: one.input_tokens,
                output_tokens: one.output_tokens,
                cached_tokens: one.cached_tokens,
                // The amount was written by this program; it is a decimal.
                cost: NanoUsd::parse_usd(&one.cost_usd).unwrap_or_default(),
            });
        }
        true
    }

    /// By day, then by model.
    pub(crate) fn rows(self) -> Vec<UpstreamUsage> {
        self.sums.into_values().collect()
    }
}

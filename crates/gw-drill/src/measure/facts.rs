//! What a run left behind, to be measured: calls, records, arrivals, and when something was wrong. Plain data.

use crate::load::Call;
use crate::rig::Arrival;
use std::collections::HashMap;

/// A try as the gateway wrote it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Try {
    /// Position of its target; `None` when the scenario does not know the provider.
    pub(crate) target: Option<usize>,
    /// It brought an answer.
    pub(crate) succeeded: bool,
    /// The gateway charged an estimate, since the provider may have charged something.
    pub(crate) is_estimated: bool,
    /// It lost a race against another target.
    pub(crate) is_hedged: bool,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cost_nanousd: u64,
}

/// A record as the gateway wrote it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) cost_nanousd: u64,
    pub(crate) tries: Vec<Try>,
}

/// When something was wrong, as it really happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phase {
    /// Positions of the targets that were faulty at some time.
    pub(crate) targets: Vec<usize>,
    /// When it began, in microseconds of the run.
    pub(crate) from_us: u64,
    /// When all were healed; `None` when that never was.
    pub(crate) until_us: Option<u64>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// In the order in which they went out.
    pub(crate) calls: Vec<Call>,
    /// By the gateway's id of the call.
    pub(crate) rows: HashMap<String, Vec<Row>>,
    /// By target, in no order.
    pub(crate) arrivals: Vec<Vec<Arrival>>,
    /// `None` when nothing was ever wrong.
    pub(crate) phase: Option<Phase>,
    /// How often the gateways took any target for down meanwhile; `None` when they do not say.
    pub(crate) trips: Option<u64>,
    /// Prices are known, so that costs can be checked to the last digit.
    pub(crate) knows_prices: bool,
}

impl Facts {
    /// The records of a call.
    pub(crate) fn rows_of(&self, call: &Call) -> &[Row] {
        let rows = call.request_id.as_ref().and_then(|id| self.rows.get(id));
        rows.map(Vec::as_slice).unwrap_or_default()
    }

    /// Tries at these targets of calls that went out from one moment until another, or the end.
    pub(crate) fn tries_at(&self, targets: &[usize], from_us: u64, until_us: Option<u64>) -> usize {
        let is_within =
            |call: &&Call| call.sent_us >= from_us && until_us.is_none_or(|until| call.sent_us < until);
        let tries = self
            .calls
            .iter()
            .filter(is_within)
            .flat_map(|call| self.rows_of(call))
            .flat_map(|row| &row.tries);
        tries.filter(|one| one.target.is_some_and(|target| targets.contains(&target))).count()
    }
}

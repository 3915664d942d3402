//! A provider's invoice beside what was metered: by day and model, which amounts differ, and by how much. Pure; amounts are
//! integers throughout. It must not read the store.

mod amount;
mod invoice;

pub(crate) use amount::{Amount, Form, Percent};
pub(crate) use invoice::{Columns, Invoice};

use gw_store::types::UpstreamUsage;
use std::collections::{BTreeMap, BTreeSet};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Input,
    Output,
    Cached,
    /// Nano-dollars.
    Cost,
}

impl Kind {
    /// All, in the order in which they are shown.
    pub(crate) const ALL: [Self; 4] = [Self::Input, Self::Output, Self::Cached, Self::Cost];

    /// The name of its column and member.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input_tokens",
            Self::Output => "output_tokens",
            Self::Cached => "cached_tokens",
            Self::Cost => "cost_usd",
        }
    }
}

/// Amounts of one day and model.
pub(crate) type Amounts = BTreeMap<Kind, Amount>;

/// A day since 1970 in UTC, and a model; empty where the invoice names none.
pub(crate) type Line = (i64, String);

/// How far amounts may be apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tolerance {
    /// Of the larger of both.
    pub(crate) percent: Percent,
    /// Nano-dollars, of costs.
    pub(crate) cost: Amount,
}

/// How a line of the invoice and what was metered stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Agrees,
    Differs,
    /// Only the invoice has it.
    OnlyInvoice,
    /// Only the gateway has it.
    OnlyGateway,
}

impl Verdict {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::OnlyInvoice => "only_invoice",
            Self::OnlyGateway => "only_gateway",
        }
    }
}

/// One line beside the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) line: Line,
    pub(crate) verdict: Verdict,
    /// Of each kind that the invoice has: its amount, and the gateway's.
    pub(crate) amounts: Vec<(Kind, Amount, Amount)>,
}

/// Compares both sides, by day and then by model.
pub(crate) fn compare(invoice: &Invoice, metered: &[UpstreamUsage], tolerance: Tolerance) -> Vec<Compared> {
    let ours = ours(metered, invoice.has_models);
    let lines: BTreeSet<&Line> = invoice.lines.keys().chain(ours.keys()).collect();
    let nothing = Amounts::new();
    let compared = lines.into_iter().map(|line| {
        let (theirs, own) = (invoice.lines.get(line), ours.get(line));
        let verdict = match (theirs, own) {
            (Some(_), None) => Some(Verdict::OnlyInvoice),
            (None, Some(_)) => Some(Verdict::OnlyGateway),
            _ => None,
        };
        beside(line, invoice, (theirs.unwrap_or(&nothing), own.unwrap_or(&nothing)), tolerance, verdict)
    });
    compared.collect()
}

/// All lines as one.
pub(crate) fn total(invoice: &Invoice, lines: &[Compared], tolerance: Tolerance) -> Compared {
    let (mut theirs, mut own) = (Amounts::new(), Amounts::new());
    for (kind, of_invoice, of_gateway) in lines.iter().flat_map(|line| &line.amounts) {
        *theirs.entry(*kind).or_default() += of_invoice;
        *own.entry(*kind).or_default() += of_gateway;
    }
    beside(&(0, String::new()), invoice, (&theirs, &own), tolerance, None)
}

fn beside(
    line: &Line,
    invoice: &Invoice,
    (theirs, own): (&Amounts, &Amounts),
    tolerance: Tolerance,
    verdict: Option<Verdict>,
) -> Compared {
    let of = |amounts: &Amounts, kind: Kind| amounts.get(&kind).copied().unwrap_or_default();
    let amounts: Vec<(Kind, Amount, Amount)> =
        invoice.kinds.iter().map(|kind| (*kind, of(theirs, *kind), of(own, *kind))).collect();
    let agrees = amounts.iter().all(|(kind, theirs, own)| is_near(*kind, *theirs, *own, tolerance));
    let verdict = match (agrees, verdict) {
        // What is not worth mentioning is not missing.
        (true, _) => Verdict::Agrees,
        (false, Some(verdict)) => verdict,
        (false, None) => Verdict::Differs,
    };
    Compared { line: line.clone(), verdict, amounts }
}

fn is_near(kind: Kind, theirs: Amount, own: Amount, tolerance: Tolerance) -> bool {
    let apart = (theirs - own).abs();
    let by_share = tolerance.percent.of(theirs.abs().max(own.abs()));
    let by_cost = if kind == Kind::Cost { tolerance.cost } else { 0 };
    apart <= by_share.max(by_cost)
}

/// What was metered, by the lines that the invoice has.
fn ours(metered: &[UpstreamUsage], has_models: bool) -> BTreeMap<Line, Amounts> {
    let mut ours: BTreeMap<Line, Amounts> = BTreeMap::new();
    for usage in metered {
        let model = if has_models { usage.model.clone() } else { String::new() };
        let amounts = ours.entry((usage.day, model)).or_default();
        let counted = [
            (Kind::Input, usage.input_tokens),
            (Kind::Output, usage.output_tokens),
            (Kind::Cached, usage.cached_tokens),
            (Kind::Cost, usage.cost.0),
        ];
        for (kind, amount) in counted {
            *amounts.entry(kind).or_default() += Amount::from(amount);
        }
    }
    ours
}

#[cfg(test)]
mod tests;

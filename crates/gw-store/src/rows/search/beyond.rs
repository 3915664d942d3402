//! What a search asks of a row that no SQL tells, since it stands in what else is known of a call, packed: its region, metadata,
//! address, times. The databases pass over most rows by the texts that must stand there; here it is looked at exactly.

use crate::journal::rest_of;
use crate::types::{ClientFilter, LogFilter, LogRow, MetadataFilter, ParameterFilter, Span};
use gw_model::{Parameters, RecordDetails, Verdict};
use serde_json::Value;
use std::net::IpAddr;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beyond<'a>(Option<&'a LogFilter>);

impl<'a> Beyond<'a> {
    pub(crate) fn of(filter: &'a LogFilter) -> Self {
        Self((asks_of_details(filter) || asks_of_verdicts(filter)).then_some(filter))
    }

    /// Something is asked that SQL does not tell.
    pub(crate) const fn is_asked(self) -> bool {
        self.0.is_some()
    }

    /// Is a row wanted, by what else is known of it, as it is stored? Before the rest of it is read.
    pub(crate) fn takes(self, details: Option<&[u8]>) -> bool {
        let Some(filter) = self.0.filter(|filter| asks_of_details(filter)) else { return true };
        holds(filter, &details.map(rest_of).unwrap_or_default())
    }

    /// Is it, by what guardrails found?
    pub(crate) fn takes_row(self, row: &LogRow) -> bool {
        let Some(filter) = self.0.filter(|filter| asks_of_verdicts(filter)) else { return true };
        row.verdicts.iter().any(|verdict| is_found(filter, verdict))
    }
}

const fn asks_of_details(filter: &LogFilter) -> bool {
    filter.region.is_some()
        || filter.metadata.is_some()
        || filter.parameter.is_some()
        || filter.route_node.is_some()
        || filter.client.is_some()
        || filter.dropped_parameter.is_some()
        || !filter.waited_us.is_open()
        || !filter.connect_us.is_open()
        || !filter.guardrails_us.is_open()
        || !filter.answer_guardrails_us.is_open()
}

/// Of one finding several things are asked.
const fn asks_of_verdicts(filter: &LogFilter) -> bool {
    filter.guardrail_kind.is_some() || filter.guardrail_side.is_some()
}

fn is_found(filter: &LogFilter, verdict: &Verdict) -> bool {
    // As rows have them.
    let is = |wanted: &Option<String>, text: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted.replace('|', "_") == text)
    };
    is(&filter.guardrail, &verdict.guardrail)
        && is(&filter.guardrail_action, &verdict.action)
        && is(&filter.guardrail_kind, &verdict.kind)
        && is(&filter.guardrail_side, &verdict.side)
}

fn holds(filter: &LogFilter, details: &RecordDetails) -> bool {
    let within = |span: &Span, number: Option<u64>| span.is_open() || number.is_some_and(|us| span.has(us));
    let dropped = |name: &String| details.dropped.contains(name);
    let passed = |node: &String| details.route.iter().any(|way| way.split('/').any(|passed| passed == node));
    within(&filter.waited_us, Some(details.waited_us))
        && within(&filter.connect_us, details.connect_us)
        && within(&filter.guardrails_us, Some(details.guardrails_us))
        && within(&filter.answer_guardrails_us, Some(details.answer_guardrails_us))
        && filter.region.as_ref().is_none_or(|region| details.region.as_ref() == Some(region))
        && filter.dropped_parameter.as_ref().is_none_or(dropped)
        && filter.client.is_none_or(|client| details.client_ip.is_some_and(|ip| client.has(ip)))
        && filter.route_node.as_ref().is_none_or(passed)
        && filter.parameter.as_ref().is_none_or(|wanted| wanted.is_in(&details.parameters))
        && filter.metadata.as_ref().is_none_or(|wanted| wanted.is_in(details.metadata.as_deref()))
}

impl ClientFilter {
    fn has(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(of), IpAddr::V4(one)) => agree(of.octets(), one.octets(), self.bits),
            (IpAddr::V6(of), IpAddr::V6(one)) => agree(of.octets(), one.octets(), self.bits),
            _ => false,
        }
    }
}

/// Are so many first bits the same?
fn agree<const N: usize>(one: [u8; N], other: [u8; N], bits: u8) -> bool {
    let mut left = u32::from(bits);
    one.iter().zip(other).all(|(one, other)| {
        let here = left.min(8);
        left -= here;
        (one ^ other).checked_shr(8 - here).unwrap_or(0) == 0
    })
}

impl ParameterFilter {
    fn is_in(&self, asked: &Parameters) -> bool {
        let found = asked.get(self.parameter);
        found
            .is_some_and(|found| self.value.as_ref().is_none_or(|value| *value == self.parameter.text(found)))
    }
}

impl MetadataFilter {
    fn is_in(&self, metadata: Option<&str>) -> bool {
        let Some(Ok(Value::Object(members))) = metadata.map(serde_json::from_str) else { return false };
        let Some(found) = members.get(&self.name) else { return false };
        self.value.as_ref().is_none_or(|wanted| match found {
            Value::String(text) => text == wanted,
            other => {
                let written = other.to_string();
                written == *wanted
            }
        })
    }
}

#[cfg(test)]
mod tests;

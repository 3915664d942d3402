//! Which sums answer a query: whole days from those of days, the rest of it from those of hours and minutes, and callers
//! whatever they called from sums that do not tell more. Fewer rows are read so, of which the same sums come. Pure.

use super::query::{RollupQuery, Span};
use crate::rows::HOURS_A_DAY;

/// What a series tells apart. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Told {
    /// What was called and how it ended, for all callers together.
    Calls = 0,
    /// The same of each caller.
    Both = 1,
    /// Callers alone; by hours and days only.
    Callers = 2,
}

impl Told {
    /// All of it.
    pub(crate) const ALL: &'static [Self] = &[Self::Calls, Self::Both, Self::Callers];
}

impl Span {
    /// What rows of it are marked with.
    pub(crate) const fn kind_of(self, told: Told) -> i16 {
        let span = match self {
            Self::Minute => 0,
            Self::Hour => 2,
            Self::Day => 4,
        };
        match told {
            Told::Calls => span,
            Told::Both => span + 1,
            Told::Callers => span + 6,
        }
    }

    /// The next longer one, and how many of this it has.
    const fn longer(self) -> Option<(Self, i64)> {
        match self {
            Self::Minute => Some((Self::Hour, 60)),
            Self::Hour => Some((Self::Day, HOURS_A_DAY)),
            Self::Day => None,
        }
    }
}

/// Rows of one span, from the first up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) told: Told,
    pub(crate) span: Span,
    pub(crate) first: i64,
    pub(crate) end: i64,
}

impl RollupQuery {
    /// The rows that it reads; callers alone are summed up from this day since 1970 on.
    pub(crate) fn parts(&self, callers_since: i64) -> Vec<Part> {
        let (first, end) = self.starts();
        let told = if self.is_of_callers() { Told::Both } else { Told::Calls };
        let mut parts = Vec::new();
        split(Part { told, span: self.span, first, end }, self.by_time, &mut parts);
        if told == Told::Both && self.filter.is_of_callers_only() && self.tells_callers_only() {
            parts = parts.into_iter().flat_map(|part| part.of_callers(callers_since)).collect();
        }
        parts.retain(|part| part.first < part.end);
        parts
    }

    fn tells_callers_only(&self) -> bool {
        self.group_by.is_none_or(|by| by.level().is_some())
    }
}

impl Part {
    /// What is before the day from which on callers are summed up alone, and what is behind.
    fn of_callers(self, since: i64) -> [Self; 2] {
        let since = match self.span {
            Span::Minute => self.end,
            Span::Hour => since.saturating_mul(HOURS_A_DAY),
            Span::Day => since,
        };
        let at = since.clamp(self.first, self.end.max(self.first));
        [Self { end: at, ..self }, Self { told: Told::Callers, first: at, ..self }]
    }
}

/// Puts longer spans in the place of shorter ones, where times are not told apart.
fn split(part: Part, by_time: bool, parts: &mut Vec<Part>) {
    let Some((span, count)) = part.span.longer().filter(|_| !by_time) else {
        parts.push(part);
        return;
    };
    let first = part.first.saturating_add(count - 1).div_euclid(count);
    let end = part.end.div_euclid(count);
    if first >= end {
        parts.push(part);
        return;
    }
    parts.push(Part { end: first * count, ..part });
    split(Part { span, first, end, ..part }, by_time, parts);
    parts.push(Part { first: end * count, ..part });
}

#[cfg(test)]
mod tests;

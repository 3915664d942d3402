//! Which stretch of records a search looks at next: from the newest to the oldest, some thousand at a time, so that it can
//! stop when its time is up and say how far it came.

use crate::types::{LogPage, LogRow};
use gw_model::RequestId;
use std::time::{Duration, Instant};

/// Records of the first step, and at most.
const FIRST_ROWS: usize = 4_096;
const MOST_ROWS: usize = 65_536;
/// What a step may cost before the next is shorter, and below which it is longer.
const DEAR: Duration = Duration::from_millis(40);
const CHEAP: Duration = Duration::from_millis(10);

/// Until when a search looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) fn after(limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| now().checked_add(limit)))
    }

    pub(crate) fn is_over(self) -> bool {
        self.0.is_some_and(|end| now() >= end)
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Steps {
    /// Nothing below is looked at.
    floor: u128,
    /// Everything from there on was looked at.
    top: u128,
    rows: usize,
    began: Option<Instant>,
}

impl Steps {
    /// From `top`, not included, down to `floor`.
    pub(crate) const fn new(floor: u128, top: u128) -> Self {
        Self { floor, top, rows: FIRST_ROWS, began: None }
    }

    /// How many records the next step is to have, by what the one before cost; `None` when nothing is left above `bound`.
    pub(crate) fn begin(&mut self, bound: u128) -> Option<usize> {
        if self.top <= self.floor.max(bound) {
            return None;
        }
        if let Some(began) = self.began.replace(now()) {
            let took = began.elapsed();
            if took < CHEAP {
                self.rows = (self.rows * 2).min(MOST_ROWS);
            } else if took > DEAR {
                self.rows = (self.rows / 2).max(FIRST_ROWS / 4);
            }
        }
        Some(self.rows)
    }

    /// The stretch of the step: from, and up to but not including. `edge` is its oldest record, where there are as many.
    pub(crate) fn step(&mut self, bound: u128, edge: Option<u128>) -> (u128, u128) {
        let floor = self.floor.max(bound);
        let low = edge.unwrap_or(floor).clamp(floor, self.top.saturating_sub(1));
        let stretch = (low, self.top);
        self.top = low;
        stretch
    }

    /// A stretch was looked at otherwise, or need not be.
    pub(crate) fn skip_to(&mut self, top: u128) {
        self.top = self.top.min(top);
    }

    /// A stretch was looked at from its top down to there only.
    pub(crate) fn back_to(&mut self, top: u128) {
        self.top = self.top.max(top);
    }

    /// How far it is.
    pub(crate) const fn top(&self) -> u128 {
        self.top
    }

    /// Everything was looked at.
    pub(crate) const fn is_done(&self) -> bool {
        self.top <= self.floor
    }
}

/// What a search has found so far.
#[derive(Debug)]
pub(crate) struct Found {
    rows: Vec<LogRow>,
    page: usize,
    /// Bytes of bodies that came with the rows, and most of a page.
    bytes: usize,
    max_bytes: usize,
}

impl Found {
    /// For a page of so many rows, with so many bytes of bodies.
    pub(crate) fn new(page: usize, max_bytes: Option<usize>) -> Self {
        Self { rows: Vec::new(), page, bytes: 0, max_bytes: max_bytes.unwrap_or(usize::MAX) }
    }

    /// How many rows are still wanted: one more than the page, which tells whether there are others.
    pub(crate) fn wanted(&self) -> usize {
        (self.page + 1).saturating_sub(self.rows.len())
    }

    /// Adds one. The page ends before the one with which there are too many bytes; it has one row at least.
    pub(crate) fn add(&mut self, row: LogRow) {
        self.bytes += row.bodies.as_ref().map_or(0, Vec::len);
        self.rows.push(row);
        if self.bytes > self.max_bytes {
            self.page = self.page.min((self.rows.len() - 1).max(1));
        }
    }

    /// The page, when everything down to `top` was looked at; `is_done`: there is nothing below.
    pub(crate) fn page(mut self, top: u128, is_done: bool) -> LogPage {
        let is_full = self.rows.len() > self.page;
        self.rows.truncate(self.page);
        if is_full {
            let next = self.rows.last().map(|row| row.request_id);
            return LogPage { rows: self.rows, next, searched_to: None };
        }
        let next = (!is_done).then_some(RequestId(top));
        LogPage { rows: self.rows, next, searched_to: next }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a search may take; what it finds does not depend on it"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;

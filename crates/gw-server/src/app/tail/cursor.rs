//! Where a reader of the tail stands: the end of the last record that he was shown, and which it was. It is good at every node
//! and after a restart, since it says nothing of the process.

use gw_model::{Micros, RequestId};
use gw_store::types::LogRow;
use std::fmt;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// When the call ended.
    pub(crate) ended: Micros,
    /// Its id; zero where the reader has seen none yet.
    pub(crate) id: RequestId,
}

impl Cursor {
    /// Of a record.
    pub(crate) fn of(row: &LogRow) -> Self {
        Self { ended: end_of(row), id: row.request_id }
    }

    /// From a time on.
    pub(crate) const fn at(ended: Micros) -> Self {
        Self { ended, id: RequestId(0) }
    }

    /// As it was shown.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (ended, id) = text.split_once('-')?;
        let ended = ended.parse().ok().filter(|ended| *ended >= 0)?;
        Some(Self { ended, id: id.parse().ok()? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ended, self.id)
    }
}

/// When a call ended.
pub(super) fn end_of(row: &LogRow) -> Micros {
    row.time.saturating_add(i64::try_from(row.total_us).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::Cursor;
    use gw_model::RequestId;

    #[test]
    fn a_cursor_is_read_as_it_was_shown() {
        for cursor in [Cursor::at(1_700_000_000_000_000), Cursor { ended: 5, id: RequestId(7) }] {
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
        for wrong in ["", "5", "-5-1", "x-1", "5-x", "99999999999999999999-1"] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }
}

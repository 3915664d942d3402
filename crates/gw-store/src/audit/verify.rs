//! Walks the chain from its head through every entry and says which is the first that is not as it was written. Pure: it is
//! given what the store reads.

use super::chain::{self, AuditSeal, Head, Link, NO_HASH};
use super::entry::AuditEntry;
use super::hex;
use gw_model::{Micros, time};
use std::fmt;

/// What the store reads, in order: the head, then every entry by its number.
#[derive(Debug)]
pub enum AuditRow {
    /// The head with its seal; nothing where there is none.
    Head(Option<(Head, Vec<u8>)>),
    /// The head is not what a head is.
    BadHead,
    /// An entry.
    Entry(Box<(AuditEntry, Link)>),
    /// A row that is no entry: its number and time, as far as they can be read.
    BadEntry(i64, Option<Micros>),
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The entry is not as it was written.
    Altered,
    /// There is no such entry any more.
    Missing,
    /// There is an entry that was never written there.
    OutOfPlace,
    /// The gateway itself found no whole chain to go on from, and began another one with this entry.
    Broken,
    /// The row that says where the chain begins and ends was altered or removed.
    Head,
    /// The entry is not the one that was noted outside.
    Anchor,
}

impl FaultKind {
    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::OutOfPlace => "out_of_place",
            Self::Broken => "broken",
            Self::Head => "head",
            Self::Anchor => "anchor",
        }
    }
}

/// The first fault of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditFault {
    /// What is wrong.
    pub kind: FaultKind,
    /// With which entry.
    pub number: Option<i64>,
    /// Its time; of one that is missing, the time of the one before it, or else behind it.
    pub time: Option<Micros>,
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number.unwrap_or_default();
        let at = self.time.map_or_else(String::new, |at| format!(" ({})", time::format(at)));
        match self.kind {
            FaultKind::Altered => write!(f, "entry {number}{at} was altered, or sealed with another key"),
            FaultKind::Missing => write!(f, "entry {number} is missing; its neighbour is of{at}"),
            FaultKind::OutOfPlace => write!(f, "entry {number}{at} was never written there"),
            FaultKind::Broken => write!(
                f,
                "at entry {number}{at} the gateway found the end of the chain altered, and began another one"
            ),
            FaultKind::Head => {
                f.write_str("the row that says where the log begins and ends was altered or removed")
            }
            FaultKind::Anchor => write!(f, "entry {number}{at} is not the one that was noted"),
        }
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Entries that were seen.
    pub entries: u64,
    /// The first of them: number and time.
    pub first: Option<(i64, Micros)>,
    /// The last.
    pub last: Option<(i64, Micros)>,
    /// Its hash, as 64 hexadecimal digits.
    pub hash: String,
    /// The first fault.
    pub fault: Option<AuditFault>,
}

/// The hash of an entry that somebody noted outside of the database, as `NUMBER:HASH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Number of the entry.
    pub number: i64,
    /// Its hash in lower-case hexadecimal digits.
    pub hash: String,
}

impl Anchor {
    /// Reads `NUMBER:HASH`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, hash) = text.trim().split_once(':')?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        is_hash.then(|| Self { number, hash: hash.to_ascii_lowercase() })
    }
}

/// See the module.
#[derive(Debug)]
pub struct Verifier<'a> {
    seal: &'a AuditSeal,
    anchor: Option<&'a Anchor>,
    head: Option<Head>,
    /// Hash of the entry before; unknown before the first when the head is not to be trusted.
    previous: Option<[u8; 32]>,
    expected: Option<i64>,
    report: AuditReport,
    head_fault: bool,
}

impl<'a> Verifier<'a> {
    /// Before anything is read.
    #[must_use]
    pub fn new(seal: &'a AuditSeal, anchor: Option<&'a Anchor>) -> Self {
        Self {
            seal,
            anchor,
            head: None,
            previous: None,
            expected: None,
            report: AuditReport::default(),
            head_fault: false,
        }
    }

    /// Takes the next row; false when no more are wanted.
    pub fn take(&mut self, row: AuditRow) -> bool {
        match row {
            AuditRow::Head(None) => {}
            AuditRow::Head(Some((head, seal))) if self.seal.is_sealed_head(&head, &seal) => {
                self.previous = Some(head.base);
                self.expected = Some(head.first);
                self.head = Some(head);
            }
            AuditRow::Head(Some(_)) | AuditRow::BadHead => self.head_fault = true,
            AuditRow::BadEntry(number, time) => {
                if self.in_order(number, time) {
                    self.fault(FaultKind::Altered, Some(number), time);
                }
            }
            AuditRow::Entry(entry) => self.entry(&entry.0, &entry.1),
        }
        self.report.fault.is_none()
    }

    fn entry(&mut self, entry: &AuditEntry, link: &Link) {
        let (number, time) = (entry.number, Some(entry.time));
        if !self.in_order(number, time) {
            return;
        }
        let follows = |previous: &[u8; 32]| chain::hash(previous, entry) == link.hash;
        if !self.seal.is_sealed(link) {
            return self.fault(FaultKind::Altered, Some(number), time);
        }
        if !self.previous.as_ref().is_none_or(follows) {
            let anew = entry.action == super::growth::BREAK && follows(&NO_HASH);
            let kind = if anew { FaultKind::Broken } else { FaultKind::Altered };
            return self.fault(kind, Some(number), time);
        }
        self.report.entries += 1;
        self.report.first.get_or_insert((number, entry.time));
        self.report.last = Some((number, entry.time));
        self.report.hash = hex(&link.hash);
        self.previous = Some(link.hash);
        self.expected = Some(number.saturating_add(1));
        if self.anchor.is_some_and(|noted| noted.number == number && noted.hash != self.report.hash) {
            self.fault(FaultKind::Anchor, Some(number), time);
        }
    }

    /// Is this the number that comes next?
    fn in_order(&mut self, number: i64, time: Option<Micros>) -> bool {
        let expected = *self.expected.get_or_insert(number);
        if self.previous.is_none() && number == 1 {
            self.previous = Some(NO_HASH);
        }
        let is_behind = self.head.is_some_and(|head| expected > head.last);
        if number < expected || is_behind {
            self.fault(FaultKind::OutOfPlace, Some(number), time);
        } else if number > expected {
            let beside = self.report.last.map(|(_, time)| time).or(time);
            self.fault(FaultKind::Missing, Some(expected), beside);
        } else {
            return true;
        }
        false
    }

    fn fault(&mut self, kind: FaultKind, number: Option<i64>, time: Option<Micros>) {
        self.report.fault = Some(AuditFault { kind, number, time });
    }

    /// When all rows were taken.
    #[must_use]
    pub fn finish(mut self) -> AuditReport {
        if self.report.fault.is_some() {
            return self.report;
        }
        let (number, beside) = match self.report.last {
            Some((number, time)) => (number, Some(time)),
            None => (self.head.map_or(0, |head| head.first - 1), None),
        };
        match self.head {
            Some(head) if number < head.last => {
                self.fault(FaultKind::Missing, Some(number + 1), beside);
            }
            Some(head) if self.previous != Some(head.hash) => self.fault(FaultKind::Head, None, None),
            Some(_) => {}
            None if self.head_fault || self.report.entries > 0 => self.fault(FaultKind::Head, None, None),
            None => {}
        }
        if self.report.fault.is_none() && self.anchor.is_some_and(|noted| noted.number > number) {
            self.fault(FaultKind::Missing, Some(number + 1), beside);
        }
        self.report
    }
}

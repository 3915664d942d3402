//! Where bodies of a call stand in files: which file, from where, and how long. Its stored form is
//! `0 | segment u32 | hour u32 | start u32 | length u32`, big-endian; sealed bodies never begin with 0, so both fit in one column.

use super::FRAME_BYTES;
use gw_model::Micros;

const MARK: u8 = 0;
const BYTES: usize = 1 + 4 * 4;
const HOUR_US: Micros = 3_600_000_000;
const ENDING: &str = ".bodies";

/// A file of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SegmentName {
    /// Its number; none is given twice.
    pub(crate) number: u32,
    /// All that is in it may go from that hour on, counted from 1970.
    pub(crate) hour: u32,
}

impl SegmentName {
    /// The first hour in which nothing is left that is kept until then.
    pub(super) fn hour_of(expires: Micros) -> u32 {
        let hours = expires.max(0) / HOUR_US + Micros::from(expires.max(0) % HOUR_US > 0);
        u32::try_from(hours).unwrap_or(u32::MAX)
    }

    /// The hour that has begun.
    pub(crate) fn hour_at(now: Micros) -> u32 {
        u32::try_from(now.max(0) / HOUR_US).unwrap_or(u32::MAX)
    }

    /// When all that is in it may go.
    pub(crate) fn expires(self) -> Micros {
        Micros::from(self.hour).saturating_mul(HOUR_US)
    }

    /// The file's name, and the object's.
    pub(crate) fn file(self) -> String {
        format!("{:08x}-{:08x}{ENDING}", self.hour, self.number)
    }

    /// From a file's name.
    pub(crate) fn parse(file: &str) -> Option<Self> {
        let (hour, number) = file.strip_suffix(ENDING)?.split_once('-')?;
        let read = |text: &str| match text.len() {
            8 => u32::from_str_radix(text, 16).ok(),
            _ => None,
        };
        Some(Self { number: read(number)?, hour: read(hour)? })
    }

    /// What the stored form of all places in it begins with.
    pub(crate) fn prefix(self) -> [u8; 9] {
        let mut out = [MARK; 9];
        let numbers = self.number.to_be_bytes().into_iter().chain(self.hour.to_be_bytes());
        out.iter_mut().skip(1).zip(numbers).for_each(|(to, byte)| *to = byte);
        out
    }
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: SegmentName,
    /// Where the frame begins.
    pub(super) start: u32,
    /// Bytes of what is sealed.
    pub(super) length: u32,
}

impl Place {
    /// Its stored form.
    pub(crate) fn bytes(self) -> [u8; BYTES] {
        let mut out = [MARK; BYTES];
        let rest = self.start.to_be_bytes().into_iter().chain(self.length.to_be_bytes());
        let all = self.segment.prefix().into_iter().chain(rest);
        out.iter_mut().zip(all).for_each(|(to, byte)| *to = byte);
        out
    }

    /// Where its frame begins in the segment, and how many bytes that is.
    pub(crate) fn frame(self) -> (u64, usize) {
        (self.start.into(), FRAME_BYTES as usize + self.length as usize)
    }

    /// From its stored form; `None` for anything else.
    pub(crate) fn read(stored: &[u8]) -> Option<Self> {
        let (mark, rest) = stored.split_first()?;
        let mut numbers =
            rest.chunks_exact(4).filter_map(|four| four.try_into().ok().map(u32::from_be_bytes));
        let [number, hour, start, length] =
            [numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?];
        let is_one = *mark == MARK && stored.len() == BYTES;
        is_one.then_some(Self { segment: SegmentName { number, hour }, start, length })
    }
}

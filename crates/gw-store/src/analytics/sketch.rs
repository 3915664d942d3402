//! How long calls took, as counts in buckets that grow by a constant factor. Any two sketches can be put together, and
//! nothing is lost by it. Quantiles are at most 2 % off. Pure.

use smallvec::SmallVec;

/// Each bucket ends so many times higher than the one before.
const GROWTH: f64 = 1.04;
/// The last bucket ends at about twelve days.
const LAST: u16 = 703;
/// A count beyond is cut to it.
const MOST: u64 = (1 << 40) - 1;

/// Counts of durations.
///
/// Bucket `i` holds durations above `1.04^(i-1)` and up to `1.04^i` microseconds; what is told of it is the value that is
/// equally far from both ends, `2·1.04^i / 2.04`: off by at most 0.04 / 2.04 < 2 %.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// In the order of buckets; no count is 0.
    buckets: SmallVec<[(u16, u64); 2]>,
}

impl Sketch {
    /// Counts one duration.
    pub fn add(&mut self, us: u64) {
        self.add_count(bucket_of(us), 1);
    }

    /// Counts what another one holds.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            self.add_count(*bucket, *count);
        }
    }

    pub(crate) fn add_count(&mut self, bucket: u16, count: u64) {
        if count == 0 {
            return;
        }
        match self.buckets.binary_search_by_key(&bucket, |(known, _)| *known) {
            Ok(place) => {
                if let Some((_, known)) = self.buckets.get_mut(place) {
                    *known = known.saturating_add(count).min(MOST);
                }
            }
            Err(place) => self.buckets.insert(place, (bucket, count.min(MOST))),
        }
    }

    /// How many durations it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// The duration, in microseconds, that so many of a thousand do not exceed; `None` when it holds none.
    #[must_use]
    pub fn quantile_us(&self, per_mille: u16) -> Option<u64> {
        let count = u128::from(self.count());
        let rank = (count * u128::from(per_mille.min(1000))).div_ceil(1000).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().find(|(_, count)| {
            seen += u128::from(*count);
            seen >= rank
        });
        found.map(|(bucket, _)| middle_of(*bucket))
    }

    /// The longest of them, as far as it is known; in microseconds.
    #[must_use]
    pub fn max_us(&self) -> Option<u64> {
        self.buckets.last().map(|(bucket, _)| middle_of(*bucket))
    }

    /// For each bucket its distance from the one before and its count, in groups of seven bits.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.buckets.len() * 3);
        let mut before = 0;
        for (bucket, count) in &self.buckets {
            write_number(&mut bytes, u64::from(bucket - before));
            write_number(&mut bytes, *count);
            before = *bucket;
        }
        bytes
    }

    /// `None` when they are not bytes of a sketch.
    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut sketch = Self::default();
        let mut bucket = 0u16;
        while !bytes.is_empty() {
            bucket = bucket.checked_add(u16::try_from(read_number(&mut bytes)?).ok()?)?;
            sketch.add_count(bucket, read_number(&mut bytes)?);
        }
        Some(sketch)
    }

    /// For each bucket its number, forty bits up, and its count.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i64> {
        let number = |(bucket, count): &(u16, u64)| (i64::from(*bucket) << 40) | count.cast_signed();
        self.buckets.iter().map(number)
    }

    /// The same as a list in PostgreSQL's notation.
    pub(crate) fn to_array(&self) -> String {
        let numbers: Vec<String> = self.numbers().map(|number| number.to_string()).collect();
        format!("{{{}}}", numbers.join(","))
    }
}

fn bucket_of(us: u64) -> u16 {
    if us <= 1 {
        return 0;
    }
    #[expect(clippy::cast_precision_loss, reason = "the error is far below that of a bucket")]
    let place = ((us as f64).ln() / GROWTH.ln()).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is cut to the last bucket"
    )]
    let place = place.clamp(0.0, f64::from(LAST)) as u16;
    place
}

fn middle_of(bucket: u16) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "buckets end at 1.04^703")]
    let middle = (2.0 * GROWTH.powi(i32::from(bucket.min(LAST))) / (1.0 + GROWTH)).round() as u64;
    middle
}

fn write_number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).unwrap_or(0));
}

fn read_number(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests;

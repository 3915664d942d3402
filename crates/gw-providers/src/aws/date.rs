//! Points in time as AWS writes them. Serves signing and verification. It must not read a clock.

use gw_model::clock::Micros;
use gw_model::time;

const MICROS_PER_SECOND: Micros = 1_000_000;

/// `20150830T123600Z`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmzDate(String);

impl AmzDate {
    /// The second of `now`, in microseconds since the epoch.
    #[must_use]
    pub fn at(now: Micros) -> Self {
        let second = now - now.rem_euclid(MICROS_PER_SECOND);
        Self(time::format(second).chars().filter(|c| !matches!(c, '-' | ':')).collect())
    }

    /// The text of an `x-amz-date` header, when it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shape = b"00000000T000000Z";
        let fits = text.len() == shape.len()
            && text.bytes().zip(shape).all(|(found, wanted)| match wanted {
                b'0' => found.is_ascii_digit(),
                _ => found == *wanted,
            });
        let date = fits.then(|| Self(text.to_owned()))?;
        date.micros().map(|_| date)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The day, `20150830`.
    #[must_use]
    pub fn day(&self) -> &str {
        self.0.get(..8).unwrap_or_default()
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub fn micros(&self) -> Option<Micros> {
        let part = |from: usize, to: usize| self.0.get(from..to);
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        let (hour, minute, second) = (part(9, 11)?, part(11, 13)?, part(13, 15)?);
        time::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
    }
}

//! Checksums of numbers. Serves the recognisers. Each function takes letters and digits without what joins them.

/// Letters (as capitals) and digits of several atoms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compact {
    bytes: [u8; 40],
    length: usize,
}

impl Default for Compact {
    fn default() -> Self {
        Self { bytes: [0; 40], length: 0 }
    }
}

impl Compact {
    pub(crate) fn push(&mut self, atom: &[u8]) {
        for byte in atom {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte.to_ascii_uppercase();
            }
            // Beyond the room the length alone says that nothing fits.
            self.length += 1;
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The values of digits; others count as 0.
pub(super) fn digits(text: &[u8]) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + '_ {
    text.iter().map(|b| if b.is_ascii_digit() { u32::from(b - b'0') } else { 0 })
}

/// The number that a piece states.
pub(super) fn number(text: &[u8]) -> u64 {
    digits(text).take(18).fold(0, |sum, digit| sum * 10 + u64::from(digit))
}

/// The sum of digits, each times its weight.
pub(super) fn weighted(text: &[u8], weights: &[u32]) -> u32 {
    digits(text).zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// A digit at a place.
pub(super) fn digit(text: &[u8], at: usize) -> u32 {
    text.get(at).filter(|b| b.is_ascii_digit()).map_or(99, |b| u32::from(b - b'0'))
}

/// The formula of cards.
pub(super) fn luhn(text: &[u8]) -> bool {
    let sum: u32 = digits(text)
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// That of accounts: the head goes behind the rest, letters are two digits, and 1 remains of 97.
pub(super) fn iban(text: &[u8]) -> bool {
    let Some((head, rest)) = text.split_at_checked(4) else { return false };
    let mut remainder = 0u64;
    for byte in rest.iter().chain(head) {
        let (value, shift) = match byte {
            b'0'..=b'9' => (u64::from(byte - b'0'), 10),
            b'A'..=b'Z' => (u64::from(byte - b'A') + 10, 100),
            _ => return false,
        };
        remainder = (remainder * shift + value) % 97;
    }
    remainder == 1
}

/// Verhoeff's, which notices swapped digits.
pub(super) fn verhoeff(text: &[u8]) -> bool {
    const TIMES: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const TURNS: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let sum = digits(text)
        .rev()
        .enumerate()
        .fold(0u8, |sum, (at, digit)| TIMES[usize::from(sum)][usize::from(TURNS[at % 8][digit as usize])]);
    sum == 0
}

/// ISO 7064 MOD 11,10.
pub(super) fn mod_11_10(text: &[u8]) -> bool {
    let Some((last, rest)) = text.split_last() else { return false };
    let mut product = 10;
    for digit in digits(rest) {
        let sum = (digit + product) % 10;
        product = (if sum == 0 { 10 } else { sum } * 2) % 11;
    }
    (11 - product) % 10 == u32::from(last.wrapping_sub(b'0'))
}

/// A day of a month.
pub(super) const fn is_day(day: u64, month: u64) -> bool {
    let most = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        _ => 0,
    };
    day >= 1 && day <= most
}

//! Inputs: samples changed at random places, pieces of samples joined, and plain noise.

/// Inputs are no longer than this.
const LONGEST: usize = 16 << 10;

/// What parsers of JSON, event streams and HTTP trip over.
const WORDS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00",
    b"\\ud83d\\ude00",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"-0",
    b"1e999",
    b"-1",
    b"18446744073709551616",
    b"0.1e-7",
    b"01",
    b"\0",
    b"\x7f",
    b"\xff",
    b"\xc3\x28",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b": ping\n\n",
    b"data:",
    b"data: [DONE]\n\n",
    b"event: error\n",
    b"event: message_delta\n",
    b"\"usage\":",
    b"\"usage\":null",
    b"\"choices\":[]",
    b"\"model\":\"x\"",
    b"\"stream\":true",
    b"\"n\":0",
    b"\"content\":",
    b"\"type\":\"tool_use\"",
    b"\"messages\":[",
    b"[[[[[[[[",
    b"{\"a\":{\"a\":",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"ffffffffffffffff\r\n",
    b"0\r\n",
    b"5;x=\"y\"\r\n",
    b"HTTP/1.1 200 OK\r\n",
];

/// A source of inputs; the same seed and samples give the same ones.
pub(super) struct Mutator<'a> {
    state: u64,
    samples: &'a [Vec<u8>],
}

impl<'a> Mutator<'a> {
    /// Starts from `seed`.
    pub(super) const fn new(seed: u64, samples: &'a [Vec<u8>]) -> Self {
        Self { state: seed.wrapping_add(0x9E37_79B9_7F4A_7C15), samples }
    }

    /// The next input.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let mut input = match self.below(16) {
            0 => self.noise(),
            1 => (0..self.below(24)).flat_map(|_| self.word().to_vec()).collect(),
            _ => self.sample(),
        };
        for _ in 0..self.below(6) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    /// One change at a random place.
    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(32)).min(input.len());
        match self.below(8) {
            0 => drop(input.drain(at..end)),
            1 => drop(input.splice(at..at, self.word().to_vec())),
            2 => drop(input.splice(at..end, self.word().to_vec())),
            3 => {
                let copy = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                drop(input.splice(to..to, copy));
            }
            4 => {
                let other = self.sample();
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            5 => input.truncate(at),
            _ => {
                let bit = self.below(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
        }
    }

    fn noise(&mut self) -> Vec<u8> {
        (0..self.below(64)).map(|_| self.random().to_le_bytes()[0]).collect()
    }

    fn word(&mut self) -> &'static [u8] {
        WORDS[self.below(WORDS.len())]
    }

    fn sample(&mut self) -> Vec<u8> {
        if self.samples.is_empty() {
            return self.noise();
        }
        let sample = &self.samples[self.below(self.samples.len())];
        // Of a long sample a part is enough, and quicker.
        if sample.len() <= 2048 {
            return sample.clone();
        }
        let start = if self.below(2) == 0 { 0 } else { self.below(sample.len()) };
        sample[start..(start + 2048).min(sample.len())].to_vec()
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from(self.random() % limit).unwrap_or(0)
    }

    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
    const fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

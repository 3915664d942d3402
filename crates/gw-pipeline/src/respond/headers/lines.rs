//! Several headers whose texts share one buffer: an answer states a dozen, and a buffer for each would cost more than
//! writing them. It must not know what they mean.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;
use std::ops::Range;

/// Bytes that the lines of most answers take.
const USUAL_BYTES: usize = 192;

/// See the module.
pub(super) struct Lines {
    text: Vec<u8>,
    lines: SmallVec<[(HeaderName, Range<usize>); 12]>,
}

impl Default for Lines {
    fn default() -> Self {
        Self { text: Vec::with_capacity(USUAL_BYTES), lines: SmallVec::new() }
    }
}

impl Lines {
    /// A text. One that cannot stand in a header (a model name with a line break, say) is left out in the end.
    pub(super) fn add(&mut self, name: HeaderName, text: &str) {
        self.line(name, |out| out.extend_from_slice(text.as_bytes()));
    }

    pub(super) fn add_number(&mut self, name: HeaderName, number: u64) {
        self.line(name, |out| write_number(out, number));
    }

    /// Microseconds as `1.2s`, rounded up to a tenth.
    pub(super) fn add_seconds(&mut self, name: HeaderName, us: u64) {
        let tenths = us.div_ceil(100_000);
        self.line(name, |out| {
            write_number(out, tenths / 10);
            out.push(b'.');
            write_number(out, tenths % 10);
            out.push(b's');
        });
    }

    fn line(&mut self, name: HeaderName, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len();
        write(&mut self.text);
        self.lines.push((name, start..self.text.len()));
    }

    /// Sets them all, in place of what stands there.
    pub(super) fn put(self, headers: &mut HeaderMap) {
        headers.reserve(self.lines.len());
        let text = Bytes::from(self.text);
        for (name, place) in self.lines {
            if let Ok(value) = HeaderValue::from_maybe_shared(text.slice(place)) {
                headers.insert(name, value);
            }
        }
    }
}

fn write_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

//! Raw profiles, as a program that was built with `-Cprofile-generate` leaves them, and the text that any `llvm-profdata` takes.
//! The raw format is read by an `llvm-profdata` of the compiler's own LLVM alone, which distributions do not have; the text has
//! been the same for ten years.
//!
//! Source of both formats: LLVM, `llvm/include/llvm/ProfileData/InstrProfData.inc` and `docs/CommandGuide/llvm-profdata.rst`.

use md5::{Digest, Md5};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// `\xfflprofr\x81`, as a number: 64 bits, and this machine's order of bytes.
const MAGIC: u64 = 0xff6c_7072_6f66_7281;
/// Of LLVM 19 and later.
const VERSION: u64 = 10;
/// The version's number is in the lower bytes, what kind of profile it is in the upper ones.
const VERSION_MASK: u64 = 0x00ff_ffff_ffff_ffff;
/// Bytes of the head, and of what is said of a function.
const HEAD: usize = 16 * 8;
const FUNCTION: usize = 64;

/// How often each place of each function was passed, in all programs together.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// By the sum of the function's name and the sum of its shape.
    functions: BTreeMap<(u64, u64), Vec<u64>>,
    names: HashMap<u64, String>,
}

impl Profile {
    /// Adds what one program counted. Errors: it is no raw profile of the version that is known here, or is cut off.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.take(&Raw(bytes))
    }

    /// How many functions there are, and how many of them were called.
    pub(super) fn len(&self) -> (usize, usize) {
        let called = self.functions.values().filter(|counts| counts.iter().any(|count| *count > 0));
        (self.functions.len(), called.count())
    }

    /// As text for `llvm-profdata merge`.
    pub(super) fn text(&self) -> String {
        let mut text = ":ir\n".to_owned();
        for ((name, shape), counts) in &self.functions {
            let Some(name) = self.names.get(name) else { continue };
            let _ = write!(text, "{name}\n{shape}\n{}\n", counts.len());
            for count in counts {
                let _ = writeln!(text, "{count}");
            }
            text.push('\n');
        }
        text
    }

    fn take(&mut self, raw: &Raw<'_>) -> Result<(), String> {
        let head = |field: usize| raw.word(field * 8);
        let size = |field: usize| raw.size(field * 8);
        if head(0)? != MAGIC {
            return Err("it is no raw profile of LLVM".to_owned());
        }
        let version = head(1)? & VERSION_MASK;
        if version & 0xffff_ffff != VERSION {
            return Err(format!("it has version {version:#x}; version {VERSION} is known here"));
        }
        let (functions, counters) = (size(3)?, size(5)?);
        let first = HEAD + size(2)?;
        let counts = first + functions * FUNCTION + size(4)?;
        let names = counts + counters * 8 + size(6)? + size(7)? + size(8)?;
        let delta = head(10)?;
        for at in 0..functions {
            let place = first + at * FUNCTION;
            let (name, shape, own) = (raw.word(place)?, raw.word(place + 8)?, raw.word(place + 16)?);
            let number = raw.half(place + 48)?;
            // Where its counters are is said from where the function is said: each is one further away.
            let from = own.wrapping_sub(delta.wrapping_sub((at * FUNCTION) as u64));
            let from = usize::try_from(from).ok().filter(|from| from + number * 8 <= counters * 8);
            let from =
                from.ok_or_else(|| format!("function {at} of {functions} has its counters elsewhere"))?;
            let read =
                (0..number).map(|n| raw.word(counts + from + n * 8)).collect::<Result<Vec<u64>, _>>()?;
            self.count(name, shape, read);
        }
        self.name(raw.slice(names, size(9)?)?)
    }

    fn count(&mut self, name: u64, shape: u64, counts: Vec<u64>) {
        match self.functions.get_mut(&(name, shape)) {
            Some(sums) if sums.len() == counts.len() => {
                for (sum, count) in sums.iter_mut().zip(counts) {
                    *sum = sum.saturating_add(count);
                }
            }
            // The same function from elsewhere, optimised otherwise: the first stays.
            Some(_) => {}
            None => drop(self.functions.insert((name, shape), counts)),
        }
    }

    /// Takes up the names: parts, each with its length, that it is not compressed, and names with a 1 between them.
    fn name(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        loop {
            // Zeros between the parts of several crates.
            while let Some((0, rest)) = bytes.split_first() {
                bytes = rest;
            }
            if bytes.is_empty() {
                return Ok(());
            }
            let length = leb128(&mut bytes)?;
            if leb128(&mut bytes)? != 0 {
                return Err("its names are compressed: build with -enable-name-compression=false".to_owned());
            }
            let part = bytes.get(..length).ok_or_else(cut)?;
            for name in part.split(|byte| *byte == 1).filter(|name| !name.is_empty()) {
                let name = std::str::from_utf8(name).map_err(|e| format!("a function's name: {e}"))?;
                let sum = Md5::digest(name.as_bytes());
                self.names.insert(Raw(&sum).word(0)?, name.to_owned());
            }
            bytes = bytes.get(length..).unwrap_or_default();
        }
    }
}

/// Numbers at places of a file.
struct Raw<'a>(&'a [u8]);

impl Raw<'_> {
    fn slice(&self, at: usize, length: usize) -> Result<&[u8], String> {
        at.checked_add(length).and_then(|end| self.0.get(at..end)).ok_or_else(cut)
    }

    fn word(&self, at: usize) -> Result<u64, String> {
        let bytes = self.slice(at, 8)?.try_into().map_err(|_| cut())?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn half(&self, at: usize) -> Result<usize, String> {
        let bytes = self.slice(at, 4)?.try_into().map_err(|_| cut())?;
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    /// A number of bytes or things, of which the file cannot have more than it is long.
    fn size(&self, at: usize) -> Result<usize, String> {
        usize::try_from(self.word(at)?).ok().filter(|size| *size <= self.0.len()).ok_or_else(cut)
    }
}

fn cut() -> String {
    "it is cut off".to_owned()
}

/// A number in groups of seven bits, the lowest first.
fn leb128(bytes: &mut &[u8]) -> Result<usize, String> {
    let mut number = 0;
    for shift in (0..28).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or_else(cut)?;
        *bytes = rest;
        number |= usize::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(cut())
}

#[cfg(test)]
mod tests;

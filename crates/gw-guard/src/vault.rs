//! What was masked in a request, and by which placeholders: the same value has the same one throughout. Serves masking
//! and restoring. It lives as long as its call; it must not be printed or stored.

use crate::notes::Side;
use crate::placeholders::Placeholders;
use ahash::{AHashMap, AHashSet};

/// Most values that one call masks; what is beyond is blanked.
pub(crate) const MAX_VALUES: usize = 10_000;

/// See the module.
#[derive(Default)]
pub struct Vault {
    places: AHashMap<(&'static str, String), usize>,
    entries: Vec<Entry>,
    counts: AHashMap<&'static str, usize>,
    /// What is masked now stands in the answer, not in the request.
    in_answer: bool,
    /// Texts in the form of placeholders that stand in the request as it came.
    taken: AHashSet<String>,
    /// Which request those were looked for in: its place in memory and its length.
    taken_from: (usize, usize),
}

struct Entry {
    placeholder: String,
    value: String,
    /// The caller sent the value.
    is_sent: bool,
}

/// Longest text that is taken for a placeholder.
const MAX_PLACEHOLDER_BYTES: usize = 64;

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("values", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Vault {
    /// Nothing was masked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The placeholder of a value: one that stands nowhere in `avoid`, the request as it came. `None` when there are
    /// too many.
    pub(crate) fn mask(&mut self, kind: &'static str, value: &str, avoid: &[u8]) -> Option<&str> {
        let key = (kind, value.to_owned());
        if let Some(place) = self.places.get(&key) {
            return self.entries.get(*place).map(|entry| entry.placeholder.as_str());
        }
        if self.entries.len() >= MAX_VALUES {
            return None;
        }
        self.look_for_taken(avoid);
        let name = kind.to_ascii_uppercase();
        let count = self.counts.entry(kind).or_default();
        let placeholder = loop {
            *count += 1;
            let made = format!("[{name}_{count}]");
            if !self.taken.contains(&made) {
                break made;
            }
        };
        self.places.insert(key, self.entries.len());
        let is_sent = !self.in_answer;
        self.entries.push(Entry { placeholder, value: value.to_owned(), is_sent });
        self.entries.last().map(|entry| entry.placeholder.as_str())
    }

    /// Notes what stands in the request in the form of a placeholder: once, however many values are masked.
    fn look_for_taken(&mut self, avoid: &[u8]) {
        let from = (avoid.as_ptr().addr(), avoid.len());
        if std::mem::replace(&mut self.taken_from, from) == from {
            return;
        }
        for open in memchr::memchr_iter(b'[', avoid) {
            let rest = avoid.get(open..).unwrap_or_default();
            let rest = rest.get(..MAX_PLACEHOLDER_BYTES).unwrap_or(rest);
            let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            let length = rest.iter().skip(1).take_while(inside).count();
            if rest.get(length + 1) == Some(&b']') {
                let text = String::from_utf8_lossy(rest.get(..length + 2).unwrap_or_default());
                self.taken.insert(text.to_ascii_uppercase());
            }
        }
    }

    /// What is masked from now on stands in the answer, or in the request.
    pub(crate) fn turn_to(&mut self, side: Side) {
        self.in_answer = side == Side::Response;
    }

    /// Did the caller send this value, so that it was masked for the provider?
    pub(crate) fn knows(&self, kind: &'static str, value: &str) -> bool {
        let place = self.places.get(&(kind, value.to_owned()));
        place.and_then(|place| self.entries.get(*place)).is_some_and(|entry| entry.is_sent)
    }

    /// The placeholders, to look for in a text; `None` when there are none.
    #[must_use]
    pub fn finder(&self) -> Option<Placeholders> {
        Placeholders::new(self.entries.iter().map(|entry| entry.placeholder.as_str()))
    }

    /// Did the caller send the value behind a placeholder? What was masked in the answer is not restored.
    pub(crate) fn is_sent(&self, place: usize) -> bool {
        self.entries.get(place).is_some_and(|entry| entry.is_sent)
    }

    /// The value behind a placeholder, by its place in [`Self::finder`].
    pub(crate) fn value(&self, place: usize) -> &str {
        self.entries.get(place).map_or("", |entry| entry.value.as_str())
    }
}

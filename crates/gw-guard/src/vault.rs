//! What was masked in a request, and by which placeholders: the same value has the same one throughout. Serves masking
//! and restoring. It lives as long as its call; it must not be printed or stored.

use crate::terms::Terms;
use ahash::AHashMap;

/// Most values that one call masks; what is beyond is blanked.
pub(crate) const MAX_VALUES: usize = 10_000;

/// See the module.
#[derive(Default)]
pub struct Vault {
    places: AHashMap<(&'static str, String), usize>,
    entries: Vec<Entry>,
    counts: AHashMap<&'static str, usize>,
}

struct Entry {
    placeholder: String,
    value: String,
}

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
        let name = kind.to_ascii_uppercase();
        let count = self.counts.entry(kind).or_default();
        let placeholder = loop {
            *count += 1;
            let made = format!("[{name}_{count}]");
            if memchr::memmem::find(avoid, made.as_bytes()).is_none() {
                break made;
            }
        };
        self.places.insert(key, self.entries.len());
        self.entries.push(Entry { placeholder, value: value.to_owned() });
        self.entries.last().map(|entry| entry.placeholder.as_str())
    }

    /// Was this value masked?
    pub(crate) fn knows(&self, kind: &'static str, value: &str) -> bool {
        self.places.contains_key(&(kind, value.to_owned()))
    }

    /// The placeholders, to look for in an answer; `None` when there are none.
    #[must_use]
    pub fn finder(&self) -> Option<Terms> {
        if self.entries.is_empty() {
            return None;
        }
        let placeholders: Vec<&str> = self.entries.iter().map(|entry| entry.placeholder.as_str()).collect();
        Terms::new(&placeholders, false, false).ok()
    }

    /// The value behind a placeholder, by its place in [`Self::finder`].
    pub(crate) fn value(&self, place: usize) -> &str {
        self.entries.get(place).map_or("", |entry| entry.value.as_str())
    }
}

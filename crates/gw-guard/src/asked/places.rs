//! From characters, as services count them, to bytes. Serves the codecs.

/// Places of characters of one text.
pub(super) struct Places {
    /// Where each character begins, and where the text ends; `None` when characters are bytes.
    starts: Option<Vec<usize>>,
    length: usize,
}

impl Places {
    pub(super) fn new(text: &str) -> Self {
        let starts = || text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { starts: (!text.is_ascii()).then(starts), length: text.len() }
    }

    /// The bytes of a range of characters; `None` when there is none such.
    pub(super) fn bytes(&self, start: u64, end: u64) -> Option<(usize, usize)> {
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        let byte = |at: usize| match &self.starts {
            Some(starts) => starts.get(at).copied(),
            None => (at <= self.length).then_some(at),
        };
        let (start, end) = (byte(start)?, byte(end)?);
        (start < end).then_some((start, end))
    }
}

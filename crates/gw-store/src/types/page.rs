//! How much is read at once of what has large rows. Plain data.

/// A page ends when it has that many rows, or when those that it has are that large; it has a row as long as there is one.
/// Whoever reads on asks until a page is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize {
    /// Most rows.
    pub rows: usize,
    /// Bytes of their large columns, as they are stored; the last row may go beyond.
    pub bytes: usize,
}

impl PageSize {
    /// So many rows, however large they are.
    #[must_use]
    pub const fn rows(rows: usize) -> Self {
        Self { rows, bytes: usize::MAX }
    }
}

/// Takes rows until the page is full.
pub(crate) fn fill<T, E>(
    page: PageSize,
    mut next: impl FnMut() -> Result<Option<T>, E>,
    bytes_of: impl Fn(&T) -> usize,
) -> Result<Vec<T>, E> {
    let (mut rows, mut bytes) = (Vec::new(), 0_usize);
    while rows.len() < page.rows && bytes < page.bytes {
        let Some(row) = next()? else { break };
        bytes = bytes.saturating_add(bytes_of(&row));
        rows.push(row);
    }
    Ok(rows)
}

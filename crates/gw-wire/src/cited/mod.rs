//! What several formats need to say where in an answer a citation stands: lengths of texts, in characters and in
//! bytes. Serves the readers and writers of answers. It must not hold the texts themselves; how a citation is
//! written stands in each format's own folder.

mod extents;
mod ruler;

pub(crate) use extents::Extents;
pub(crate) use ruler::Ruler;

/// Largest number of citations that are held for one answer; those beyond are left out.
pub(crate) const MAX_HELD: usize = 4096;

/// A position as the vocabulary has it; texts beyond four billion characters end there.
pub(crate) fn position(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;

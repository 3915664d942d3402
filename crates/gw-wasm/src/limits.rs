//! The memory that one question may take. Serves the engine. What asks for more is stopped, and that is remembered.

use wasmtime::{Error, ResourceLimiter};

/// Most entries of one table.
const MAX_TABLE: usize = 10_000;

/// See the module.
pub(crate) struct Limits {
    max_bytes: usize,
    bytes: usize,
    pub(crate) is_denied: bool,
}

impl Limits {
    pub(crate) const fn new(max_bytes: usize) -> Self {
        Self { max_bytes, bytes: 0, is_denied: false }
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, Error> {
        // All memories of the plugin together.
        let wanted = self.bytes.saturating_add(desired.saturating_sub(current));
        if wanted > self.max_bytes {
            self.is_denied = true;
            return Err(Error::msg("more memory than allowed"));
        }
        self.bytes = wanted;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, Error> {
        self.is_denied |= desired > MAX_TABLE;
        if desired > MAX_TABLE { Err(Error::msg("a larger table than allowed")) } else { Ok(true) }
    }
}

//! Where a value stands in the file. Every setting keeps its place, so that an error found late still
//! says the line. Serves load and compile.

/// Line and column, both from 1; columns count characters. Zero when the value stands in no file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// Not from a file: a default, or made from the environment.
    pub const NONE: Self = Self { line: 0, column: 0 };

    /// True when the value stands in a file.
    #[must_use]
    pub const fn is_known(self) -> bool {
        self.line > 0
    }
}

/// A value and its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands; for a default, where the block stands that does not set it.
    pub place: Place,
}

impl<T> At<T> {
    /// A value that stands in no file.
    pub const fn nowhere(value: T) -> Self {
        Self { value, place: Place::NONE }
    }
}

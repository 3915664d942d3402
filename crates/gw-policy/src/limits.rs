//! Every limit of this crate, with its reason. Holds nothing else.

/// Longest condition, in bytes.
pub const MAX_SOURCE_BYTES: usize = 2048;
/// Deepest nesting of brackets: the parser recurses once for each.
pub const MAX_NESTING: usize = 40;
/// Highest tree: what walks a tree recurses once for each level. Chains of `&&`, `||` and elements of lists are one
/// level, however long.
pub const MAX_HEIGHT: usize = 80;
/// Steps of one evaluation: a step is a node of the tree that is visited, or about 64 bytes that are looked at.
pub const MAX_STEPS: u32 = 10_000;
/// Memory that one evaluation may take for texts, lists and maps that it makes.
pub const MAX_BYTES: u32 = 64 << 10;
/// Memory of one compiled regular expression.
pub const MAX_REGEX_BYTES: usize = 256 << 10;
/// Regular expressions of one condition.
pub(crate) const MAX_REGEXES: usize = 8;
/// Deepest lists and maps that are compared: the caller's metadata may be nested in any way.
pub(crate) const MAX_COMPARED_DEPTH: u32 = 64;

//! The arithmetic: matrix products and the functions between them, on the widest vectors that the processor has
//! (chosen when the program runs, by `pulp`, which keeps that free of `unsafe` here). Rows are tokens. It must
//! not know what the numbers mean.

mod attention;
mod dense;
mod function;
mod quantised;

pub(crate) use attention::{Heads, attend};
pub(crate) use dense::Dense;
pub(crate) use function::{add_and_norm, add_rows, gelu, normalise, sigmoid, softmax};
pub(crate) use quantised::{Quantised, Table};

/// Rows that one pass over a panel of weights serves: with two vectors of columns each, they fill the registers.
const ROWS: usize = 6;

#[cfg(test)]
mod tests;

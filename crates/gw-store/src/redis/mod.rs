//! Redis as the place where gateways meet: what one learns of a deployment is told to the others, and kept for as long as
//! it holds, for those that start later. Best effort: nothing here is waited for by a request, and every command has a
//! time limit. It must not know a provider or decide what a notice means; and since others write there too, it must not
//! trust what it reads.

mod error;
mod link;
mod notice;
pub mod strict;

pub use error::RedisError;
pub use link::{Heard, Link, Meeting};
pub use notice::{News, Notice};

#[cfg(test)]
mod tests;

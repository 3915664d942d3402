//! Who asks the admin API, and what he may do there: the one authorizer, which everything that reads or changes something for
//! a caller asks. What roles may stands in [`table`]. It must not know HTTP.

mod caller;
mod identify;
mod scopes;
mod standing;
pub(crate) mod table;

pub(crate) use caller::{Authority, Caller, Denied};
pub(crate) use identify::{Unidentified, holder_of, identify};
pub(crate) use scopes::Scopes;
pub(crate) use standing::Standing;
pub(crate) use table::{Permission, Reach, Resource};

#[cfg(test)]
mod tests;

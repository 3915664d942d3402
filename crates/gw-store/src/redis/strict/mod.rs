//! Limits and budgets that hold for all gateways on one Redis together. A call asks in one round trip before it goes out,
//! and what it used is told afterwards without being waited for. Serves reserve and settle. It must not decide what holds
//! while Redis cannot be asked; nor does it trust a node's clock for the windows of limits.
//!
//! Everything there is kept so that a gateway can say it again: what it has itself spent in a window only grows, and what
//! its calls hold is one amount per account. So whoever lost the connection, or finds a Redis that knows nothing, says
//! both anew, and nothing is counted twice or lost.

mod books;
mod clerk;
mod desk;
mod exchange;
mod grant;
mod hall;
mod lease;
mod wire;

pub use books::Books;
pub use clerk::{Clerk, ClerkSettings, Watch};
pub use desk::{Denied, Desk, Granted, Phase};
pub use grant::Grant;
pub use lease::{Leases, Lending, Takes};
pub use wire::Told;

/// For how long Redis is waited for. What counts in windows is Redis' own time.
#[expect(clippy::disallowed_methods, reason = "patience is measured by the machine's clock, as timers are")]
fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

#[cfg(test)]
mod tests;

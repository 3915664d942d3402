//! How the deployments behind all models fare: requests in flight, times to first byte, what their providers asked for,
//! and who is taken for down. Serves route, which looks, and attempt, which reports. It must not choose a target.

mod board;
mod breaker;
mod check;
mod collector;
mod deployment;
mod fingerprint;
mod history;
mod latency;
mod outlier;
mod outliers;
mod probe;
mod tail;
mod traffic;
mod visit;

pub use board::{Board, Change, DeploymentView, HealthChange};
pub(crate) use breaker::Breaker;
pub use check::{Check, Checked};
pub(crate) use collector::BoardCollector;
pub(crate) use deployment::{Deployment, Standing};
pub use fingerprint::Fingerprint;
pub(crate) use outliers::Outliers;
pub use probe::{Probe, Probed};
pub use traffic::Said;
pub(crate) use visit::{Entry, NotNow, Slot, Visit};

#[cfg(test)]
mod tests;

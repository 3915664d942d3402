//! `gatewright serve`: puts the process together, keeps its configuration current, and ends it in order.

mod alerts;
pub(crate) mod boot;
mod checks;
pub(crate) mod configuration;
pub(crate) mod demo;
mod follow;
mod newcomers;
mod probes;
mod records;
pub(crate) mod reload;
mod shared_limits;
mod sharing;
pub(crate) mod shutdown;

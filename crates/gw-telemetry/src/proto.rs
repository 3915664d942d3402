//! Messages of the OpenTelemetry protocol, as far as they are sent: numbers and types of fields are those of its version 1. What
//! is not sent is left out.

pub mod collector;
pub mod logs;
pub mod metrics;
pub mod trace;
pub mod values;

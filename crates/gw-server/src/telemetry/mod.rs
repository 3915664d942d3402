//! What the process tells of itself: logs to stderr (`logging`), and spans, metrics and events to a collector of OpenTelemetry: `exporter` is
//! the thread that takes ended requests from the outbox and what was logged from `lines`, `lane` gathers and sends one kind of
//! telemetry, `send` is one request to the collector, in HTTP or gRPC. Nothing of this is ever waited for by a call. Prompts and answers
//! never come here.

mod content;
pub(crate) mod exporter;
mod grpc;
mod lane;
mod lines;
mod logging;
mod send;

pub(crate) use logging::{LogFormat, start};

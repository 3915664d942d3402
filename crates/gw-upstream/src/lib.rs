//! Sockets towards providers: serves the attempt stage with one lean HTTP client per worker thread.
//!
//! An [`Upstream`] belongs to one thread and is driven by the task that calls it: there is no task and no
//! channel between a caller and its HTTP/1.1 connection, so everything that one read of the socket brings is
//! handed over together. HTTP/2 (by ALPN or prior knowledge) runs one local task per connection.
//!
//! It must not know tenants, keys, prices or wire formats, and it never decides about retries, save for one:
//! a pooled connection that turns out dead before any byte of an answer is replaced once by a fresh one.
#![forbid(unsafe_code)]

mod address;
mod body;
mod client;
mod codec;
mod config;
mod deadline;
mod destination;
mod dial;
mod error;
pub mod fuzzing;
mod h1;
mod h2;
mod line;
mod message;
mod pool;
mod proxy;
mod resolve;
mod shared;
mod socket;
mod timer;
mod tls;
mod transport;

pub use body::{Pieces, UpstreamBody};
pub use client::Upstream;
pub use config::{MAX_HEAD_BYTES, MAX_HEADERS, PIECE_BYTES, PhaseTimeouts, UpstreamConfig};
pub use destination::{Destination, DestinationError};
pub use error::{BodyError, ProtocolError, SendError, SendErrorKind};
pub use line::Line;
pub use message::{Timing, UpstreamRequest, UpstreamResponse};
pub use proxy::{ProxyEnv, ProxyError};
pub use resolve::{Resolve, ResolveFuture};
pub use shared::Stats;
pub use socket::UpstreamSocket;
pub use timer::Timer;
pub use tls::TlsError;

//! The emulator on a socket: accepts connections, serves HTTP/1.1 and HTTP/2 (prior knowledge) on the
//! same port, notices clients that leave. It must not look into requests beyond their size.

mod connection;
mod io;
mod running;
mod serve;

pub(crate) use connection::ConnectionTag;
pub use running::Running;

//! Sockets of clients: one acceptor hands each new connection to the worker with the fewest, each worker
//! serves its own on a current-thread runtime. Knows HTTP framing, TLS and limits; it must not know paths
//! or wire formats.

pub mod acceptor;
mod activity;
pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod cors;
mod explain;
mod linger;
pub mod nofile;
mod pace;
mod protocol;
pub mod tls;
pub mod worker;

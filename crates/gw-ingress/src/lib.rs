//! From a client's socket to the stage that serves its request: `listen` has the connections, `dispatch` finds by the path who
//! answers, and the other modules put together what the request path wants to know. The control plane stands behind a trait
//! ([`ControlPlane`]). Thin: it must not look into a body or decide anything about a call.
//!
//! This crate is compiled for speed, the binary's for size. What is generic is compiled in the crate that uses it: in
//! this one hyper's connections, and the order of the stages. So nothing here that requests pass may be generic and public.
#![forbid(unsafe_code)]

mod broken;
mod caching;
mod client;
pub mod context;
mod control;
pub mod credential;
mod data;
mod dispatch;
mod feedback;
pub mod listed;
pub mod listen;
mod models;
mod paths;
mod raw;
mod realtime;
mod site;
mod stored;
mod trace;

pub use control::{ControlPlane, Join, Joined, Local};
pub use site::{SiteParts, json_reply};

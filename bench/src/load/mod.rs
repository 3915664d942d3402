//! The load generator: a closed loop over keep-alive connections that checks every answer. One
//! thread, one epoll. It knows nothing of the system it drives except its port and headers.

mod answer;
mod check;
mod engine;
mod kept;
mod once;
mod request;
#[cfg(test)]
mod tests;

pub(crate) use check::Expect;
pub(crate) use engine::{Load, run};
pub(crate) use kept::Kept;
pub(crate) use once::{call, get, open_stream, post};
pub(crate) use request::{Prompt, RequestSpec, Template};

//! Calls that wait for a place at a deployment that is full: in which order they get one, how many may wait, and how they
//! are woken. Serves attempt. The order is pure (`hall`, `line`, `crowd`); `room` shares it between workers. It must not
//! know what a call is about, and costs nothing while nobody waits.

mod crowd;
mod hall;
mod line;
mod room;

pub(crate) use room::{Ask, Shed, ShedReason, Turn, Waiting, WaitingRoom};

/// One that waits; counts up in the order of arrival.
type Id = u64;

#[cfg(test)]
mod tests;

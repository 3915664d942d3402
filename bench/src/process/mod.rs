//! Child processes and what they use: started pinned, ended for certain, CPU time and memory read
//! from `/proc` over the whole process tree.

mod awake;
mod child;
mod machine;
mod tree;

pub(crate) use awake::keep_awake;
pub(crate) use child::{Child, Pin};
pub(crate) use machine::{Facts, facts, pin_self, raise_handles};
pub(crate) use tree::{own_cpu_us, reset_peak, usage};

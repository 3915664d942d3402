//! Keeps cores from falling asleep. A virtual core that has nothing to do is given back to the host, and to get it again
//! takes tens of microseconds: with one request at a time that is most of what a caller would see, and says nothing of
//! the system that is measured. It must not take time from anything: what it runs has the idle policy, which gives way
//! to whatever else wants the core.

use super::child::{Child, Pin};
use crate::error::BenchError;
use std::path::Path;

/// Keeps cores awake until it is dropped.
#[derive(Debug)]
pub(crate) struct Awake {
    _spinners: Vec<Child>,
}

/// Keeps the core of the systems awake, and our own. Errors: `setpriv` (util-linux) cannot be started.
pub(crate) fn keep_awake(systems: Pin) -> Result<Awake, BenchError> {
    let args = ["--idle", "0", "sh", "-c", "while :; do :; done"].map(str::to_owned);
    // A child that is pinned nowhere inherits our own core.
    let pins = if systems == Pin::Anywhere { vec![systems] } else { vec![systems, Pin::Anywhere] };
    let spin =
        |pin: &Pin| Child::start(Path::new("chrt"), &args, &[], Path::new("/"), Path::new("/dev/null"), *pin);
    Ok(Awake { _spinners: pins.iter().map(spin).collect::<Result<_, _>>()? })
}

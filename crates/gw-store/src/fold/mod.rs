//! Folds the journal into the store: a thread of its own reads what workers append and moves it over, in
//! one transaction per round. Serves the record stage, afterwards. The journal is the queue: there is no
//! channel, and a store that is down only makes the journal longer. It must not lose or double an entry,
//! whenever the process ends.

mod chain;
mod open_calls;
mod remove;
mod replay;
mod round;
mod settings;
mod thread;

pub use replay::{ReplayReport, replay};
pub use settings::{FoldSettings, FoldStats};
pub use thread::Folder;

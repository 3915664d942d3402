//! Alerts: rules and channels as they are written and checked, what a rule finds in figures, whether somebody is to be told of
//! it now, and in which words. Pure: whoever reads figures, keeps what is known and sends has the sockets, the store and
//! the clock. It must not hold texts of prompts.
#![forbid(unsafe_code)]

pub mod channel;
pub mod decide;
pub mod notice;
pub mod observe;
pub mod render;
pub mod rule;
pub mod silence;
pub mod smtp;
mod wrong;

pub use channel::{Channel, ChannelDraft, ChannelSecrets, Way};
pub use notice::{Notice, NoticeKind, Subject};
pub use observe::Observation;
pub use rule::{Condition, Dimension, Rule, RuleDraft, Severity};
pub use silence::{Silence, SilenceDraft};
pub use wrong::Wrong;

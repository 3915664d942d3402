//! How a limit or budget holds where several gateways meet, as settings. Alone a gateway counts for itself, whatever
//! stands here.

use serde::{Deserialize, Serialize};

/// For whom a limit or budget counts, and what holds when that cannot be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sharing {
    /// For whom.
    #[serde(default)]
    pub mode: Mode,
    /// What holds when it cannot be asked.
    #[serde(default)]
    pub on_unavailable: OnUnavailable,
}

impl Sharing {
    /// For all gateways together; by itself, each has its share.
    pub const DEFAULT: Self = Self { mode: Mode::Strict, on_unavailable: OnUnavailable::Local };

    /// True when it counts for all gateways together.
    #[must_use]
    pub fn is_shared(self) -> bool {
        self.mode != Mode::Local
    }
}

/// For whom it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// For all gateways together, exactly: a call asks before it goes out.
    #[default]
    Strict,
    /// For all gateways together; each takes some of what is left for itself, so that most calls ask nobody.
    Leased,
    /// For each gateway by itself.
    Local,
}

impl Mode {
    /// The name in configuration and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Leased => "leased",
            Self::Local => "local",
        }
    }
}

/// What holds while nobody can say how much is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnavailable {
    /// Each gateway has its share: the bound divided by the gateways seen last, at least 1.
    #[default]
    Local,
    /// Nothing goes out.
    Closed,
    /// Each gateway lets through what its own count allows.
    Open,
}

impl OnUnavailable {
    /// The name in configuration and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }
}

//! How much is written down of a call.

use serde::{Deserialize, Serialize};

/// How much, the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Logging {
    /// Only what money, limits and reports need: nothing that the caller says of itself.
    Off,
    /// What is known of a call, without its texts.
    #[default]
    Metadata,
    /// And its bodies, with personal data and credentials masked.
    Redacted,
    /// And its bodies.
    Full,
}

impl Logging {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Off, Self::Metadata, Self::Redacted, Self::Full];

    /// The name in configurations and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Metadata => "metadata",
            Self::Redacted => "redacted",
            Self::Full => "full",
        }
    }

    /// The way of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }
}

/// What the configuration says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggingRules {
    /// What holds where nobody whom a call counts for says anything.
    pub usual: Logging,
    /// The most that any of them may ask for.
    pub max: Logging,
    /// Largest body that is kept whole, in bytes.
    pub max_body_bytes: usize,
    /// How long bodies are kept, in days.
    pub body_retention_days: u32,
}

impl Default for LoggingRules {
    fn default() -> Self {
        Self {
            usual: Logging::Metadata,
            max: Logging::Metadata,
            max_body_bytes: 65_536,
            body_retention_days: 30,
        }
    }
}

//! Why a drill could not be run. That an objective was missed is no error: the report says so.

use gw_config::ConfigErrors;
use std::error::Error;
use std::fmt;

/// See the module.
#[derive(Debug)]
pub enum DrillError {
    /// The scenario's file is wrong.
    Scenario(ConfigErrors),
    /// What was asked for cannot be done.
    Usage(String),
    /// The gateway did not start; its own words.
    Start(String),
    /// A program that the scenario needs is not installed.
    Missing(&'static str),
    /// Asked to stop before the end.
    Stopped,
    /// A part of the set-up failed.
    Setup {
        /// What was being done.
        doing: String,
        /// Why it failed.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl DrillError {
    /// For `map_err`: what was being done when it failed.
    pub(crate) fn during<E: Into<Box<dyn Error + Send + Sync>>>(
        doing: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |source| Self::Setup { doing, source: source.into() }
    }

    /// 2 for what the user must change, 1 for what failed.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Scenario(_) | Self::Usage(_) => 2,
            Self::Start(_) | Self::Missing(_) | Self::Stopped | Self::Setup { .. } => 1,
        }
    }
}

impl fmt::Display for DrillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(errors) => write!(f, "{errors}"),
            Self::Usage(what) => f.write_str(what),
            Self::Start(words) => write!(f, "the gateway under drill did not start: {words}"),
            Self::Missing(program) => write!(f, "{program} is not installed"),
            Self::Stopped => f.write_str("stopped before the end"),
            Self::Setup { doing, .. } => write!(f, "cannot {doing}"),
        }
    }
}

impl Error for DrillError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Setup { source, .. } => Some(&**source),
            Self::Scenario(_) | Self::Usage(_) | Self::Start(_) | Self::Missing(_) | Self::Stopped => None,
        }
    }
}

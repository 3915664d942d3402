//! Why an encryption key is not replaced. Text for people names the way out.

use super::Counted;
use crate::error::StoreError;
use std::fmt;
use std::path::PathBuf;

/// See the module.
#[derive(Debug)]
pub enum RotationError {
    /// The environment gives one key only.
    OneKey,
    /// The database is in PostgreSQL, and it is not said where.
    NoAddress {
        /// How its address begins.
        scheme: &'static str,
    },
    /// The data directory belongs to another database: its key is that one's.
    OtherDatabase {
        /// What was named.
        given: PathBuf,
        /// The one of the directory.
        known: PathBuf,
    },
    /// Gateways use the database.
    Connected {
        /// How many connections there are.
        connections: i64,
    },
    /// No key opens some of it; nothing was changed.
    Unreadable {
        /// Of what, and how much.
        counted: Vec<Counted>,
    },
    /// Something was sealed with the old key meanwhile.
    Unfinished {
        /// How much.
        left: u64,
    },
    /// The store.
    Store(StoreError),
}

impl From<StoreError> for RotationError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl RotationError {
    /// True when whoever starts the program must change what it is given.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        match self {
            Self::OneKey | Self::NoAddress { .. } | Self::OtherDatabase { .. } => true,
            Self::Store(error) => error.is_configuration(),
            _ => false,
        }
    }
}

impl fmt::Display for RotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneKey => f.write_str(
                "there is one encryption key only: set GATEWRIGHT_ENCRYPTION_KEY to the new one, and \
                 GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS to the present one",
            ),
            Self::NoAddress { scheme } => write!(
                f,
                "the database of this data directory is in PostgreSQL; give its address with --database-url {scheme}..., or \
                 GATEWRIGHT_DATABASE_URL"
            ),
            Self::OtherDatabase { given, known } => write!(
                f,
                "{} is not the database of this data directory, which is {}, as its gateway says: its key would be lost; name that \
                 one, or leave --database-url and GATEWRIGHT_DATABASE_URL away; run this where that path is valid",
                given.display(),
                known.display()
            ),
            Self::Connected { connections } => write!(
                f,
                "gateways use the database ({connections} connections): stop them first; or start each of them with both keys, \
                 GATEWRIGHT_ENCRYPTION_KEY (the new one) and GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS, and say --online"
            ),
            Self::Unreadable { counted } => {
                f.write_str("none of the keys opens ")?;
                let parts = counted.iter().filter(|part| part.unreadable > 0);
                let parts: Vec<String> =
                    parts.map(|part| format!("{} ({})", part.part.as_str(), part.unreadable)).collect();
                write!(
                    f,
                    "{}; nothing was changed. Is the earlier key the right one? What is lost anyway stays as it is with \
                     --leave-unreadable",
                    parts.join(", ")
                )
            }
            Self::Unfinished { left } => write!(
                f,
                "{left} were sealed with the old key meanwhile: a gateway does not know the new one yet; start it with both \
                 keys, and run this again"
            ),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for RotationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}

//! What can go wrong on the way to PostgreSQL, and what of it means that the server cannot be used at present.

use crate::error::StoreError;
use std::io;
use tokio_postgres::error::SqlState;

/// See the module.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The driver or the server.
    Postgres(tokio_postgres::Error),
    /// No answer in time.
    Timeout,
    /// Every connection is in use.
    Crowded,
    /// The last try failed a moment ago.
    Resting(String),
    /// The system refuses a resource.
    System(io::Error),
    /// The installation works with another encryption key than this process.
    OtherKey,
    /// There is nothing to change: what was begun is undone.
    Undone,
    /// What is asked for cannot be done.
    Store(StoreError),
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// Is the connection of no more use?
    pub(super) fn ends_connection(&self) -> bool {
        match self {
            Self::Postgres(error) => error.is_closed() || error.code().is_none_or(is_end),
            Self::Timeout => true,
            _ => false,
        }
    }

    /// Can the server not be used at present, whatever is asked?
    pub(super) fn is_unavailable(&self) -> bool {
        match self {
            Self::Postgres(error) => self.ends_connection() || error.code().is_some_and(is_out_of_order),
            Self::Timeout | Self::Crowded | Self::Resting(_) | Self::System(_) | Self::OtherKey => true,
            Self::Undone | Self::Store(_) => false,
        }
    }

    /// Does it say something of the server, and not only of what was asked: a lock that somebody else holds, a report
    /// that takes too long?
    pub(super) fn is_of_server(&self) -> bool {
        let is_of_question = match self {
            Self::Postgres(error) => error.code().is_some_and(|code| {
                *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::QUERY_CANCELED
            }),
            Self::Crowded | Self::Resting(_) => true,
            _ => false,
        };
        self.is_unavailable() && !is_of_question
    }

    /// Was this transaction in another's way, so that it may well come through if it is tried again?
    pub(super) fn is_collision(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        error.code().is_some_and(|code| {
            *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE
        })
    }

    /// Does a row of that kind stand there already?
    pub(super) fn is_taken(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        error.code() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// What went wrong, for a log. Holds nothing of the address.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Postgres(error) => match (error.as_db_error(), std::error::Error::source(error)) {
                (Some(said), _) => format!("PostgreSQL says: {}", said.message()),
                (None, Some(source)) => source.to_string(),
                (None, None) => error.to_string(),
            },
            Self::Timeout => "PostgreSQL does not answer in time".to_owned(),
            Self::Crowded => "every connection to PostgreSQL is in use".to_owned(),
            Self::Resting(reason) => reason.clone(),
            Self::System(error) => error.to_string(),
            Self::OtherKey => StoreError::OtherEncryptionKey.to_string(),
            Self::Undone => "there is nothing to change".to_owned(),
            Self::Store(error) => error.to_string(),
        }
    }

    /// The error for whoever asked for `operation`.
    pub(super) fn into_error(self, operation: &'static str) -> StoreError {
        if self.is_unavailable() {
            return StoreError::Unavailable { operation, reason: self.reason() };
        }
        match self {
            Self::Store(error) => error,
            Self::Postgres(source) => StoreError::Postgres { operation, source },
            other => StoreError::Unavailable { operation, reason: other.reason() },
        }
    }
}

/// The server ends the connection with it.
fn is_end(code: &SqlState) -> bool {
    [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW].contains(code)
        || code.code().starts_with("08")
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        // A server that writes nothing was demoted: another one may be the right one now.
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

/// Connections, memory, disk are used up; it waited too long for a lock or was told to stop; a password that was right
/// before is not now.
fn is_out_of_order(code: &SqlState) -> bool {
    ["53", "57", "58", "28"].iter().any(|class| code.code().starts_with(class))
        || *code == SqlState::LOCK_NOT_AVAILABLE
}

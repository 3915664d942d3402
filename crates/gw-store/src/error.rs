//! What can go wrong with the store. Text for people names the path and the way out.

use crate::journal::JournalError;
use gw_model::AccountId;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A store operation that failed.
#[derive(Debug)]
pub enum StoreError {
    /// A file or directory could not be made, read or written.
    Io {
        /// What was tried, as in "create".
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process uses the data directory.
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A key file does not hold a key.
    BadKeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The database could not be opened.
    Open {
        /// Its file.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The database was written by a later version.
    TooNew {
        /// Its file.
        path: PathBuf,
        /// Version of its tables.
        found: i64,
        /// Latest version that this program knows.
        known: i64,
    },
    /// A statement failed.
    Query {
        /// What was tried, as in "write usage".
        operation: &'static str,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The database can not be used at present: it is away, busy or out of order.
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// Why not.
        reason: String,
    },
    /// A statement failed in PostgreSQL.
    Postgres {
        /// What was tried.
        operation: &'static str,
        /// Why not.
        source: tokio_postgres::Error,
    },
    /// The address of the database can not be used.
    Address {
        /// What is wrong with it; nothing of the address itself.
        reason: String,
    },
    /// The tables in PostgreSQL were made by a later version, which says that this one can not use them.
    TablesTooNew {
        /// Version of the tables.
        found: i64,
        /// Latest version that this program knows.
        known: i64,
    },
    /// Nodes that share a database need an encryption key that is given to each of them.
    NoEncryptionKey,
    /// The database belongs to an installation with another encryption key.
    OtherEncryptionKey,
    /// More than one encryption key is needed: what is sealed was not yet sealed again with the newest.
    KeysPending,
    /// The data directory's database is in PostgreSQL, which is saved with its own programs.
    InPostgres {
        /// The directory.
        path: PathBuf,
    },
    /// The data directory's database is in the memory of its gateway, out of reach of others.
    InMemory {
        /// The directory.
        path: PathBuf,
    },
    /// The journal has calls of a database that another one is to take the place of, and that would not come into it.
    JournalOfAnother {
        /// The directory.
        path: PathBuf,
    },
    /// The database that is to be filled holds something, and force was not asked for.
    DatabaseNotEmpty,
    /// A stored value is not what it should be.
    Damaged {
        /// Which value.
        what: &'static str,
    },
    /// Another key has that name.
    NameTaken {
        /// The name.
        name: String,
    },
    /// The row was changed by someone else since it was read.
    Changed {
        /// Its revision now.
        revision: i64,
    },
    /// What was to be changed is not there any more.
    Gone,
    /// What it refers to is not there any more.
    Missing {
        /// Which account.
        id: AccountId,
    },
    /// Something that refers to it was made meanwhile.
    Referred,
    /// The same write was made already, and is not made again.
    Repeated,
    /// Of many changes that are made together, one could not be made; none was.
    OneOfMany {
        /// Its place among them, from 0.
        at: usize,
        /// Why not.
        source: Box<StoreError>,
    },
    /// The entry of the audit log could not be written, so nothing was changed.
    NotAudited(Box<Self>),
    /// The journal failed.
    Journal(JournalError),
    /// So much waits for the object storage that bodies of calls may not wait too.
    SpoolFull,
    /// The operating system gave no randomness.
    Random(getrandom::Error),
    /// The target of a backup or restore is not empty, and force was not asked for.
    NotEmpty {
        /// The target.
        path: PathBuf,
    },
    /// A backup is not whole.
    BadBackup {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }

    pub(crate) const fn query(operation: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Query { operation, source }
    }

    /// True when the disk, or the quota on it, is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        let full =
            |e: &io::Error| matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        match self {
            Self::Io { source, .. } => full(source),
            Self::Open { source, .. } | Self::Query { source, .. } => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
            }
            Self::NotAudited(source) => source.is_disk_full(),
            Self::Journal(JournalError::Full { .. }) => true,
            Self::Journal(JournalError::Io { source, .. }) => full(source),
            _ => false,
        }
    }

    /// True when whoever starts the program must change what it is given.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::Address { .. } | Self::NoEncryptionKey | Self::OtherEncryptionKey | Self::KeysPending
        )
    }

    /// True when the database can not be used at present, and the same may well succeed later.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// True when another process kept the database locked for as long as is waited for it.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        let Self::Query { source, .. } = self else { return false };
        matches!(source.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
    }
}

impl From<JournalError> for StoreError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl StoreError {
    /// What concerns a database server, for [`fmt::Display`].
    fn fmt_server(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { operation, reason } => write!(f, "can not {operation}: {reason}"),
            Self::Postgres { operation, source } => {
                let said = source.as_db_error().map_or_else(|| source.to_string(), ToString::to_string);
                write!(f, "can not {operation}: {said}")
            }
            Self::Address { reason } => write!(f, "the address of the database can not be used: {reason}"),
            Self::TablesTooNew { found, known } => write!(
                f,
                "the database has tables of version {found}, which programs that know up to {known} can not use; run \
                 the newer program"
            ),
            Self::NoEncryptionKey => f.write_str(
                "GATEWRIGHT_ENCRYPTION_KEY is not set, and PostgreSQL needs it: every node must have the same one; \
                 for a new installation take 32 random characters or more",
            ),
            Self::OtherEncryptionKey => f.write_str(
                "the database belongs to an installation with another encryption key; set GATEWRIGHT_ENCRYPTION_KEY \
                 to that one; if it was about to be replaced, GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS must be the one before. A key \
                 that was replaced comes back with `gatewright keys rotate-encryption`",
            ),
            Self::KeysPending => f.write_str(
                "more than one encryption key is known here: complete the change of the key first, with `gatewright keys \
                 rotate-encryption`; if it is complete, take GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS away",
            ),
            Self::InPostgres { path } => write!(
                f,
                "the database of {} is in PostgreSQL; save it with pg_dump --schema=gatewright, and keep \
                 GATEWRIGHT_ENCRYPTION_KEY with it",
                path.display()
            ),
            Self::InMemory { path } => write!(
                f,
                "the database of {} is in the memory of its gateway (database_url: memory:) and goes with it; name a file or \
                 PostgreSQL there to keep it",
                path.display()
            ),
            Self::JournalOfAnother { path } => write!(
                f,
                "{} has calls that are not in its database yet, and would be lost with database_url: memory:; start the gateway \
                 with the database that it had, and stop it, or give memory: a data_dir of its own",
                path.display()
            ),
            Self::DatabaseNotEmpty => {
                f.write_str("the database holds an installation; name another, or replace it with --force")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { operation, path, source } => {
                write!(f, "can not {operation} {}: {source}", path.display())?;
                if source.kind() == io::ErrorKind::PermissionDenied {
                    f.write_str("; give this user the right to write there, or name another data directory")?;
                }
                Ok(())
            }
            Self::InUse { path } => write!(
                f,
                "the data directory {} is in use by another gatewright process; stop that one, or name another \
                 directory (--data-dir)",
                path.display()
            ),
            Self::BadKeyFile { path, reason } => write!(
                f,
                "{} does not hold a key: {reason}; put the right file back, or delete it to have a new one made",
                path.display()
            ),
            Self::Open { path, source } => {
                write!(f, "can not open the database {}: {source}", path.display())
            }
            Self::TooNew { path, found, known } => write!(
                f,
                "the database {} has tables of version {found}, and this program knows up to {known}; run the \
                 newer program, or restore a backup made before the upgrade",
                path.display()
            ),
            Self::Query { operation, source } => write!(f, "can not {operation}: {source}"),
            Self::Damaged { what } => write!(f, "the database is damaged: {what} can not be read"),
            Self::NameTaken { name } => write!(f, "another key is named '{name}'; choose another name"),
            Self::Changed { revision } => {
                write!(f, "it was changed meanwhile and is now at revision {revision}; read it again")
            }
            Self::Gone => f.write_str("it was removed meanwhile"),
            Self::Missing { id } => write!(f, "it refers to {id}, which was removed meanwhile"),
            Self::SpoolFull => f.write_str("too many bytes of bodies wait for the object storage"),
            Self::Repeated => f.write_str("the same write was made already"),
            Self::Referred => f.write_str("something that refers to it was made meanwhile"),
            Self::OneOfMany { at, source } => write!(f, "change {} could not be made: {source}", at + 1),
            Self::NotAudited(source) => {
                write!(f, "nothing was changed, since the audit log can not be written: {source}")
            }
            Self::Journal(source) => source.fmt(f),
            Self::Random(source) => write!(f, "the operating system gives no randomness: {source}"),
            Self::NotEmpty { path } => {
                write!(f, "{} is not empty; name another place, or use --force", path.display())
            }
            Self::BadBackup { path, reason } => {
                write!(f, "{} is not a whole backup: {reason}", path.display())
            }
            other => other.fmt_server(f),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Open { source, .. } | Self::Query { source, .. } => Some(source),
            Self::Postgres { source, .. } => Some(source),
            Self::OneOfMany { source, .. } => Some(&**source),
            Self::NotAudited(source) => Some(source),
            Self::Journal(source) => Some(source),
            Self::Random(source) => Some(source),
            _ => None,
        }
    }
}

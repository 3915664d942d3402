//! Reads and compiles the configuration, from a file or from the environment.

use gw_config::listed::Stored;
use gw_config::settings::otlp::OtelEnv;
use gw_config::{Compiled, ConfigErrors, Env, ProcessEnv, Settings, Source, TermsFile};
use gw_model::Secret;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest configuration file, in bytes, as [`gw_config::load`] has it. A hundred thousand keys take 14 MiB.
const MAX_BYTES: u64 = 64 << 20;

/// Why there is no configuration.
#[derive(Debug)]
pub(crate) enum ConfigurationError {
    /// The file cannot be read.
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is too large.
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// It has faults.
    Faults(ConfigErrors),
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "{}: cannot be read: {source}", path.display()),
            Self::TooLarge { path } => write!(f, "{}: is larger than {MAX_BYTES} bytes", path.display()),
            Self::Faults(faults) => write!(f, "{faults}"),
        }
    }
}

impl std::error::Error for ConfigurationError {}

/// Where a configuration comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The file; `None` for the environment.
    pub(crate) file: Option<PathBuf>,
    /// Add the emulator as provider `demo`.
    pub(crate) demo: bool,
    /// What the command line says in place of the file's `listen`.
    pub(crate) listen: Option<SocketAddr>,
}

/// Reads the file, or the environment when there is none, and compiles it.
pub(crate) fn read(origin: &Origin, revision: u64) -> Result<Compiled, ConfigurationError> {
    read_with(origin, revision, &[])
}

/// The same, with settings of the API in the place of defaults.
pub(crate) fn read_with(
    origin: &Origin,
    revision: u64,
    stored: &[Stored],
) -> Result<Compiled, ConfigurationError> {
    let catalog = Arc::new(gw_providers::catalog());
    let settings = match origin.file.as_deref() {
        None => Settings::from_environment(&ProcessEnv, gw_providers::catalog())
            .with_stored(stored)
            .map_err(ConfigurationError::Faults)?,
        Some(path) => {
            let text = text(path)?;
            let name = path.display().to_string();
            gw_config::load_with(Source { name: &name, text: &text }, &ProcessEnv, stored)
                .map_err(ConfigurationError::Faults)?
        }
    };
    let redis = ProcessEnv.filled("GATEWRIGHT_REDIS_URL").map(|url| Secret::new(url.trim().to_owned()));
    let database = ProcessEnv.filled("GATEWRIGHT_DATABASE_URL").map(Secret::new);
    let settings = settings.with_database(database).with_redis(redis).with_otel(OtelEnv::read(&ProcessEnv));
    let settings = settings.with_demo(origin.demo).with_listen(origin.listen);
    let files = settings.named_files().into_iter().map(|name| {
        let file = terms(Path::new(&name));
        (name, file)
    });
    let files = files.collect();
    let settings = settings.with_files(files);
    gw_config::compile(&settings, catalog, revision).map_err(ConfigurationError::Faults)
}

fn text(path: &Path) -> Result<String, ConfigurationError> {
    let failed = |source| ConfigurationError::Read { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_BYTES {
        return Err(ConfigurationError::TooLarge { path: path.to_owned() });
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// A file of terms. The limit is that of a configuration.
fn terms(path: &Path) -> TermsFile {
    let read = || -> Result<Vec<u8>, String> {
        let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        if size > MAX_BYTES {
            return Err(format!("it is larger than {MAX_BYTES} bytes"));
        }
        std::fs::read(path).map_err(|error| error.to_string())
    };
    match read() {
        Ok(bytes) => TermsFile::Read(String::from_utf8_lossy(&bytes).into()),
        Err(why) => TermsFile::Unread(why),
    }
}

//! Where keys, usage and records are kept: a file, a PostgreSQL server, or memory, checked before anything connects. Messages
//! never hold the address, since a password may stand in it.

use crate::errors::Faults;
use crate::settings::FileSettings;
use gw_model::Secret;
use std::path::PathBuf;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DatabaseSettings {
    /// `gatewright.db` in the data directory.
    #[default]
    DataDirectory,
    /// An SQLite file elsewhere.
    File(PathBuf),
    /// Nowhere but in the process: all of it is gone with it.
    Memory,
    /// A PostgreSQL server, by its address.
    Postgres(Secret),
}

pub(super) fn database(file: &FileSettings, faults: &mut Faults) -> DatabaseSettings {
    let Some(url) = &file.database_url else { return DatabaseSettings::DataDirectory };
    match read(&url.value) {
        Ok(database) => database,
        Err(why) => {
            faults.add(url.place, format!("'database_url' {why}"));
            DatabaseSettings::DataDirectory
        }
    }
}

impl DatabaseSettings {
    /// What an address names that stands outside of a configuration.
    ///
    /// # Errors
    /// What is wrong with it; nothing of the address itself.
    pub fn of(url: &Secret) -> Result<Self, &'static str> {
        read(url)
    }
}

fn read(url: &Secret) -> Result<DatabaseSettings, &'static str> {
    const SHAPE: &str = "must be postgres://USER:PASSWORD@HOST[:PORT]/DATABASE[?sslmode=...], the path of an SQLite file, or \
                         memory:";
    let text = url.expose().trim();
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        check_server(text)?;
        return Ok(DatabaseSettings::Postgres(Secret::new(text.to_owned())));
    }
    // As SQLite calls it, too: a file of that name is what nobody means.
    if matches!(text, "memory:" | ":memory:" | "sqlite::memory:" | "sqlite://:memory:") {
        return Ok(DatabaseSettings::Memory);
    }
    let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
    if path.is_empty() || path.contains("://") || path.ends_with('/') {
        return Err(SHAPE);
    }
    Ok(DatabaseSettings::File(PathBuf::from(path)))
}

/// What can be said of an address without a connection. The rest is said when it is connected to.
fn check_server(text: &str) -> Result<(), &'static str> {
    const MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];
    let (_, rest) = text.split_once("://").unwrap_or_default();
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if text.contains('#') {
        return Err("may not hold '#': write a password with percent-encoding");
    }
    // The last one: an unencoded '@' of a password must not become a host.
    let (user, place) = place.rsplit_once('@').map_or(("", place), |(user, place)| (user, place));
    if user.contains(['@', '/']) {
        return Err("holds '@' or '/' in its password: write %40 or %2F");
    }
    let mut options = query.split('&').filter_map(|option| option.split_once('='));
    let host = place.split('/').next().unwrap_or_default();
    if host.is_empty() && !options.clone().any(|(name, _)| name == "host" || name == "hostaddr") {
        return Err("names no host: write postgres://USER:PASSWORD@HOST[:PORT]/DATABASE");
    }
    match options.find(|(name, _)| *name == "sslmode") {
        Some((_, mode)) if !MODES.contains(&mode) => {
            Err("has an 'sslmode' that is none: write disable, prefer, require, verify-ca or verify-full")
        }
        _ => Ok(()),
    }
}

//! `gatewright keys rotate-encryption`: puts another encryption key in place. It works on the database itself: a running
//! gateway knows the keys that it was started with.

use crate::app::storage::ANSWERS_FILE;
use crate::cli::client::Remote;
use crate::cli::{EXIT_USAGE, output, table};
use clap::Args;
use gw_config::compile::DatabaseSettings;
use gw_model::{Clock, Secret};
use gw_pipeline::SystemClock;
use gw_store::StoreError;
use gw_store::keys::{given_encryption_keys, present_encryption_keys};
use gw_store::rotation::{self, Counted, Rotation, RotationError};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Arguments of `keys rotate-encryption`.
#[derive(Debug, Args)]
pub(super) struct RotateArguments {
    /// Where the database is, if not in the data directory: `postgres://...`, or the path of an SQLite file.
    #[arg(long, env = "GATEWRIGHT_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Only count what would be sealed again.
    #[arg(long)]
    dry_run: bool,
    /// With PostgreSQL: gateways may run. Each of them was started with both keys.
    #[arg(long)]
    online: bool,
    /// Go on also where something is opened by none of the keys: it stays as it is, and is lost.
    #[arg(long)]
    leave_unreadable: bool,
}

/// Runs the command.
pub(super) fn run(remote: &Remote, arguments: &RotateArguments) -> ExitCode {
    let dir = remote.data_dir();
    let given = arguments.database_url.as_deref().filter(|url| !url.is_empty());
    let database = given.map(|url| DatabaseSettings::of(&Secret::new(url.to_owned()))).transpose();
    let database = match database {
        Ok(database) => database.unwrap_or_default(),
        Err(why) => {
            output::note(format!("gatewright: --database-url {why}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    if arguments.online && !matches!(database, DatabaseSettings::Postgres(_)) {
        output::note("gatewright: --online is for PostgreSQL: the gateway of an SQLite file must be stopped");
        return ExitCode::from(EXIT_USAGE);
    }
    match rotate(dir, &database, arguments) {
        Ok(counted) => {
            if !arguments.dry_run && !matches!(database, DatabaseSettings::Postgres(_)) {
                forget_answers(dir);
            }
            told(&counted, arguments.dry_run, remote.json);
            ExitCode::SUCCESS
        }
        Err(error) => {
            if let RotationError::Unreadable { counted } = &error {
                show(counted);
            }
            output::fail(&error, if error.is_configuration() { EXIT_USAGE } else { 1 })
        }
    }
}

fn rotate(
    dir: &Path,
    database: &DatabaseSettings,
    arguments: &RotateArguments,
) -> Result<Vec<Counted>, RotationError> {
    let keys = given_encryption_keys();
    let in_file = match database {
        DatabaseSettings::Postgres(_) => Vec::new(),
        _ if keys.is_some() => Vec::new(),
        // What is wrong with them is told of next.
        _ => present_encryption_keys(dir).unwrap_or_default(),
    };
    if in_file.len() > 1 {
        output::note(
            "encryption.key holds more than one key: everything is sealed with the first of them, and no new one is made",
        );
    }
    let how = Rotation {
        dry_run: arguments.dry_run,
        leave_unreadable: arguments.leave_unreadable,
        online: arguments.online,
        now: SystemClock::new().now(),
    };
    match database {
        DatabaseSettings::DataDirectory => rotation::in_data_dir(dir, None, keys, how),
        DatabaseSettings::File(path) => rotation::in_data_dir(dir, Some(path), keys, how),
        DatabaseSettings::Postgres(url) => rotation::in_postgres(url, dir, keys, how),
        DatabaseSettings::Memory => Err(StoreError::InMemory { path: dir.to_owned() }.into()),
    }
}

/// What the cache keeps on disk is sealed with the old key, and as good as not there: it is made again.
fn forget_answers(dir: &Path) {
    for ending in ["", "-wal", "-shm"] {
        // It may not be there.
        let _ = std::fs::remove_file(dir.join(format!("{ANSWERS_FILE}{ending}")));
    }
}

fn shown(part: &Counted) -> Value {
    json!({
        "part": part.part.as_str(),
        "older_key": part.older,
        "newest_key": part.current,
        "unreadable": part.unreadable,
    })
}

fn show(counted: &[Counted]) {
    let rows: Vec<Value> = counted.iter().map(shown).collect();
    table::print(&["part", "older_key", "newest_key", "unreadable"], &rows);
}

fn told(counted: &[Counted], dry_run: bool, as_json: bool) {
    let sum = |of: fn(&Counted) -> u64| counted.iter().map(of).sum::<u64>();
    let (older, unreadable) = (sum(|part| part.older), sum(|part| part.unreadable));
    if as_json {
        let parts: Vec<Value> = counted.iter().map(shown).collect();
        output::line(json!({
            "dry_run": dry_run, "sealed_again": if dry_run { 0 } else { older }, "to_seal_again": older,
            "unreadable": unreadable, "parts": parts,
        }));
        return;
    }
    show(counted);
    match dry_run {
        true => output::line(format!("{older} would be sealed again; nothing was changed")),
        false if older == 0 => {
            output::line("everything was sealed with the newest key already, and nothing with an earlier one")
        }
        false => {
            output::line(format!("{older} were sealed again; the earlier encryption key is needed no more"))
        }
    }
    if unreadable > 0 {
        output::note(format!("{unreadable} are opened by none of the keys"));
    }
}

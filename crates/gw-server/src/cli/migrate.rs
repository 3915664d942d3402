//! `gatewright migrate`: moves an installation from its SQLite file to PostgreSQL.

use super::output;
use clap::Args;
use gw_model::Secret;
use gw_store::transfer;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArguments {
    /// Where to: `postgres://USER:PASSWORD@HOST[:PORT]/DATABASE[?sslmode=...]`.
    #[arg(long, env = "GATEWRIGHT_DATABASE_URL", hide_env_values = true)]
    to: String,
    /// Data directory to move. No gateway may have it in use; it stays as it is.
    #[arg(long, env = "GATEWRIGHT_DATA_DIR", default_value = "./gatewright-data")]
    data_dir: PathBuf,
    /// Replace all that the database holds.
    #[arg(long)]
    force: bool,
}

/// Moves everything, or nothing.
pub(crate) fn run(arguments: MigrateArguments) -> ExitCode {
    let given = gw_store::keys::given_encryption_keys();
    let has_key = given.is_some();
    let url = Secret::new(arguments.to.trim().to_owned());
    let dir = &arguments.data_dir;
    match transfer::to_postgres(dir, &url, given, arguments.force) {
        Ok(moved) => {
            for (table, rows) in moved.rows.iter().filter(|(_, rows)| *rows > 0) {
                output::line(format!("{rows:>12}  {table}"));
            }
            output::line(format!("moved; {} is as it was", dir.display()));
            if !has_key {
                let file = dir.join("encryption.key");
                output::line(format!(
                    "every node needs GATEWRIGHT_ENCRYPTION_KEY: the first line of {}",
                    file.display()
                ));
            }
            if moved.journal_segments > 0 {
                output::line(format!(
                    "its journal holds calls that are not written yet: start the first node with this data directory ({} files)",
                    moved.journal_segments
                ));
            }
            ExitCode::SUCCESS
        }
        Err(error) if error.is_configuration() => output::fail(&error, super::EXIT_USAGE),
        Err(error) => output::fail(&error, 1),
    }
}

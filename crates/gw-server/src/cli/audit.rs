//! `gatewright audit`: who changed what, and whether the log is whole. `verify` needs no running gateway.

use super::client::{Remote, encoded};
use super::{keys, output, table};
use crate::app::audit;
use clap::{Args, Subcommand};
use gw_config::compile::DatabaseSettings;
use gw_model::Secret;
use gw_store::audit::{Anchor, AuditSeal, Verifier};
use gw_store::data_dir::database_of;
use gw_store::postgres::walk_audit_server;
use gw_store::sqlite::walk_audit_file;
use gw_store::{StoreError, keys as stored_keys};
use http::Method;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Rows that an export asks for at once.
const EXPORT_ROWS: u32 = 1_000;
const USUAL_URL: &str = "http://127.0.0.1:4000";

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// URL of the gateway. `verify` reads the database itself where none is given.
    #[arg(long, env = "GATEWRIGHT_URL", global = true)]
    url: Option<String>,
    /// Master key; also read from `DATA_DIR/master.key`.
    #[arg(long, env = "GATEWRIGHT_MASTER_KEY", hide_env_values = true, global = true)]
    key: Option<String>,
    /// Data directory.
    #[arg(long, env = "GATEWRIGHT_DATA_DIR", default_value = "./gatewright-data", global = true)]
    data_dir: PathBuf,
    /// Print JSON, for machines.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// List entries, newest first.
    List {
        #[command(flatten)]
        filter: Filter,
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Print all entries as JSON, one to a line, newest first.
    Export {
        #[command(flatten)]
        filter: Filter,
    },
    /// Check that every entry is there, and as it was written. Exit code 1 when not.
    Verify {
        /// Where the database is, if not in the data directory: `postgres://...`, or the path of an SQLite file. It is read
        /// itself then, whatever `--url` says.
        #[arg(long)]
        database_url: Option<String>,
        /// What an earlier check printed as its anchor: `NUMBER:HASH`. The log must still have that entry.
        #[arg(long)]
        anchor: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Filter {
    /// Only what this one did: `master`, `system`, `unknown` or `key:ID`.
    #[arg(long)]
    actor: Option<String>,
    /// Only this action, as `key.create`.
    #[arg(long)]
    action: Option<String>,
    /// Only this kind of thing, as `key`.
    #[arg(long)]
    kind: Option<String>,
    /// Only this thing.
    #[arg(long)]
    id: Option<String>,
    /// From when on.
    #[arg(long)]
    from: Option<String>,
    /// Until when.
    #[arg(long)]
    to: Option<String>,
}

impl Filter {
    fn path(&self, limit: u32) -> String {
        let mut path = format!("/api/v1/audit?limit={limit}");
        let given = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("kind", &self.kind),
            ("id", &self.id),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={}", encoded(value)));
            }
        }
        path
    }
}

/// Runs the command.
pub(crate) fn run(arguments: AuditArguments) -> ExitCode {
    let AuditArguments { url, key, data_dir, json, command } = arguments;
    let remote = |url: Option<String>| {
        Remote::new(url.unwrap_or_else(|| USUAL_URL.to_owned()), key.clone(), data_dir.clone(), json)
    };
    match command {
        AuditCommand::List { filter, limit } => {
            let columns = ["number", "time", "actor", "action", "name", "id", "outcome", "address"];
            remote(url).ask_and_print(Method::GET, &filter.path(limit), None, |list| {
                table::print(&columns, &keys::rows(list));
            })
        }
        AuditCommand::Export { filter } => export(&remote(url), &filter),
        AuditCommand::Verify { database_url, anchor } => match (database_url, url) {
            (None, Some(url)) => verify_remote(&remote(Some(url)), anchor.as_deref(), json),
            (database, _) => verify_here(&data_dir, database, anchor.as_deref(), json),
        },
    }
}

fn export(remote: &Remote, filter: &Filter) -> ExitCode {
    let mut cursor: Option<String> = None;
    loop {
        let mut path = filter.path(EXPORT_ROWS);
        if let Some(cursor) = &cursor {
            path.push_str(&format!("&cursor={}", encoded(cursor)));
        }
        let page = match remote.ask(Method::GET, &path, None) {
            Ok(page) => page,
            Err(error) => return output::fail(&error, 1),
        };
        for row in page["data"].as_array().into_iter().flatten() {
            output::line(row);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return ExitCode::SUCCESS,
        }
    }
}

fn verify_remote(remote: &Remote, anchor: Option<&str>, json: bool) -> ExitCode {
    let query = anchor.map(|anchor| format!("?anchor={}", encoded(anchor))).unwrap_or_default();
    match remote.ask(Method::GET, &format!("/api/v1/audit/verify{query}"), None) {
        Ok(report) => told(&report, json),
        Err(error) => output::fail(&error, 1),
    }
}

/// Reads the database itself, which gateways may have in use. Nothing is written.
fn verify_here(data_dir: &Path, database: Option<String>, anchor: Option<&str>, json: bool) -> ExitCode {
    let anchor = match anchor.map(|text| Anchor::parse(text).ok_or(text)).transpose() {
        Ok(anchor) => anchor,
        Err(text) => {
            output::note(format!("gatewright: '{text}' is no anchor; it must be NUMBER:HASH"));
            return ExitCode::from(super::EXIT_USAGE);
        }
    };
    let database = match database.map(|url| DatabaseSettings::of(&Secret::new(url))).transpose() {
        Ok(Some(DatabaseSettings::Memory)) => {
            output::note("gatewright: what is kept in memory only the gateway itself can check: add --url");
            return ExitCode::from(super::EXIT_USAGE);
        }
        Ok(database) => database.unwrap_or_default(),
        Err(why) => {
            output::note(format!("gatewright: --database-url {why}"));
            return ExitCode::from(super::EXIT_USAGE);
        }
    };
    let report = seal(data_dir).and_then(|seal| {
        let mut verifier = Verifier::new(&seal, anchor.as_ref());
        let mut take = |row| verifier.take(row);
        match &database {
            DatabaseSettings::Postgres(url) => walk_audit_server(url, &mut take)?,
            DatabaseSettings::File(path) => walk_audit_file(path, &mut take)?,
            _ => walk_audit_file(&database_of(data_dir)?, &mut take)?,
        }
        Ok(verifier.finish())
    });
    match report {
        Ok(report) => told(&audit::shown(&report), json),
        Err(error) => output::fail(&error, 1),
    }
}

/// The encryption key as `serve` finds it; none is made.
fn seal(data_dir: &Path) -> Result<AuditSeal, StoreError> {
    let keys = match stored_keys::given_encryption_keys() {
        Some(given) => given,
        None => stored_keys::present_encryption_keys(data_dir)?,
    };
    Ok(AuditSeal::new(&keys))
}

fn told(report: &Value, json: bool) -> ExitCode {
    let is_valid = report["valid"].as_bool().unwrap_or(false);
    if json {
        output::line(report);
    } else if is_valid {
        let text = |name: &str| report[name].as_str().unwrap_or("-").to_owned();
        output::line(format!(
            "the audit log is whole: {} entries, {} to {}",
            report["entries"],
            text("first_time"),
            text("last_time")
        ));
        output::line(format!("anchor: {}", text("anchor")));
    } else {
        output::note(format!(
            "gatewright: {}",
            report["fault"]["message"].as_str().unwrap_or("it is not whole")
        ));
    }
    if is_valid { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

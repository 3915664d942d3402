//! `gatewright budgets`: where budgets stand, of keys, accounts and what is called.

use super::find::{ids, is_id, one, pages};
use super::{End, done, print_list};
use crate::cli::client::{Remote, encoded};
use crate::cli::output;
use clap::{Args, Subcommand};
use serde_json::Value;
use std::process::ExitCode;

const PATH: &str = "/api/v1/budgets";

const COLUMNS: [&str; 9] =
    ["level", "id", "name", "period", "limit_now_usd", "spent_usd", "reserved_usd", "resets_at", "plan_id"];

/// Arguments of `budgets`.
#[derive(Debug, Args)]
pub(crate) struct BudgetsArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: BudgetsCommand,
}

#[derive(Debug, Subcommand)]
enum BudgetsCommand {
    /// List budgets, and where they stand.
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Show the budgets of one key, account, provider or model.
    Get {
        /// Its id, or its name.
        #[arg(value_name = "ID_OR_NAME")]
        id_or_name: String,
        #[command(flatten)]
        of: Of,
    },
}

#[derive(Debug, Args)]
struct Of {
    /// Only of those: key, customer, tag, user, project, team, organization, model, deployment or provider.
    #[arg(long)]
    level: Option<String>,
}

impl Of {
    fn query(&self) -> String {
        self.level.as_deref().map(|level| format!("&level={}", encoded(level))).unwrap_or_default()
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &BudgetsArguments) -> ExitCode {
    let remote = &arguments.remote;
    match &arguments.command {
        BudgetsCommand::List { of } => {
            print_list(remote, pages(remote, PATH, &of.query()), Value::clone, &COLUMNS)
        }
        BudgetsCommand::Get { id_or_name, of } => done(get(remote, id_or_name, of)),
    }
}

/// The budgets of whatever has that id, or else is the only one of that name.
fn get(remote: &Remote, id_or_name: &str, of: &Of) -> End {
    let failed = |error| output::fail(&error, 1);
    let query = format!("{}&id={}", of.query(), encoded(id_or_name));
    let mut rows = pages(remote, PATH, &query).map_err(failed)?;
    if rows.is_empty() && !is_id(id_or_name) {
        rows = pages(remote, PATH, &of.query()).map_err(failed)?;
        rows.retain(|row| row["name"] == id_or_name);
        let id = one("budget", id_or_name, ids(&rows))?;
        rows.retain(|row| row["id"] == id.as_str());
    }
    if rows.is_empty() {
        output::note(format!("gatewright: '{}' has no budget", output::printable(id_or_name)));
        return Err(ExitCode::FAILURE);
    }
    Ok(print_list(remote, Ok(rows), Value::clone, &COLUMNS))
}

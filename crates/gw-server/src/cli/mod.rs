//! The command line: one file per command. Exit codes: 0 done, 1 it failed, 2 the configuration or the
//! command line is wrong.

mod admin_tokens;
mod alerts;
mod apply;
mod audit;
mod backup;
mod cache;
#[cfg(feature = "embed")]
mod calibrate;
mod check;
mod client;
mod drill;
mod emulate;
mod eval;
mod export;
mod guard;
mod keys;
mod logs;
mod migrate;
mod models;
pub(crate) mod output;
mod prices;
mod report;
mod resources;
mod routes;
mod schema;
mod serve;
mod service_accounts;
mod settings;
mod table;
mod usage;
mod users;

use clap::{Parser, Subcommand};
use resources::ResourceArguments;
use std::process::ExitCode;

/// Exit code of a wrong configuration or command line.
pub(crate) const EXIT_USAGE: u8 = 2;

/// What the program says of itself.
const ABOUT: &str = "A self-hosted AI gateway: one endpoint in front of every LLM provider.";

/// All commands.
#[derive(Debug, Parser)]
#[command(name = "gatewright", version, about = ABOUT, long_about = None)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// `serve` alone. To describe all commands touches about a megabyte of code that stays with the process, and a gateway runs long.
#[derive(Debug, Parser)]
#[command(name = "gatewright", version, about = ABOUT, long_about = None)]
struct ServeOnly {
    #[command(subcommand)]
    command: ServeCommand,
}

#[derive(Debug, Subcommand)]
enum ServeCommand {
    /// Run the gateway.
    Serve(serve::ServeArguments),
}

impl Arguments {
    /// Reads the command line; ends the process where it is wrong, or asks for help.
    pub(crate) fn read() -> Self {
        if std::env::args_os().nth(1).is_none_or(|first| first != "serve") {
            return Self::parse();
        }
        let ServeCommand::Serve(arguments) = ServeOnly::parse().command;
        Self { command: Command::Serve(arguments) }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway.
    Serve(serve::ServeArguments),
    /// Check a configuration file.
    Check(check::CheckArguments),
    /// Print the JSON Schema of the configuration file.
    Schema,
    /// Print the OpenAPI document of the admin API.
    Openapi,
    /// Create, show, change, rotate and revoke virtual keys of a running gateway; seal what is stored with another encryption key.
    Keys(keys::KeysArguments),
    /// Create, list, rotate and revoke admin tokens of a running gateway.
    AdminTokens(admin_tokens::TokensArguments),
    /// Create, list, show, change, stop and delete users of a running gateway, and let them choose passwords.
    Users(users::UsersArguments),
    /// Create, list, disable and delete service accounts of a running gateway: identities of programs, for keys and admin tokens.
    ServiceAccounts(service_accounts::ServiceAccountsArguments),
    /// List, show, make, change and delete organizations: whoever pays.
    Organizations(ResourceArguments<resources::Organizations>),
    /// The same of teams: keys that share limits and budgets.
    Teams(ResourceArguments<resources::Teams>),
    /// The same of projects: parts of teams.
    Projects(ResourceArguments<resources::Projects>),
    /// The same of customers: end users of applications.
    Customers(ResourceArguments<resources::Customers>),
    /// The same of tags: names that calls give themselves.
    Tags(ResourceArguments<resources::Tags>),
    /// The same of plans: limits, budgets and restrictions in a bundle.
    Plans(ResourceArguments<resources::Plans>),
    /// The same of providers that the admin API manages.
    Providers(ResourceArguments<resources::Providers>),
    /// The same of keys of providers in the encrypted store.
    Credentials(ResourceArguments<resources::Credentials>),
    /// The same of datasets: calls that are worth keeping.
    Datasets(ResourceArguments<resources::Datasets>),
    /// The same of saved views: filters of records.
    Views(ResourceArguments<resources::Views>),
    /// The same of rules of alerts.
    AlertRules(ResourceArguments<resources::AlertRules>),
    /// The same of channels that alerts go to.
    AlertChannels(ResourceArguments<resources::AlertChannels>),
    /// The same of silences, in which nobody is told of alerts.
    AlertSilences(ResourceArguments<resources::AlertSilences>),
    /// Show budgets, and where they stand.
    Budgets(resources::budgets::BudgetsArguments),
    /// Make organizations, teams, keys and what else there is as documents say.
    Apply(apply::ApplyArguments),
    /// Write organizations, teams, keys and what else there is as a document.
    Export(export::ExportArguments),
    /// Show what was used and what it cost.
    Usage(usage::UsageArguments),
    /// Report what was used and what it cost, for whoever pays.
    Report(report::ReportArguments),
    /// Show what models cost from when on, and have past calls cost something else.
    Prices(prices::PricesArguments),
    /// Show the records of requests.
    Logs(logs::LogsArguments),
    /// Show which models can be called; make, change and delete aliases.
    Models(models::ModelsArguments),
    /// Show alerts, and test who is told of them.
    Alerts(alerts::AlertsArguments),
    /// Show what a running gateway is set to and why, and change what counts at once.
    Settings(settings::SettingsArguments),
    /// Show how full the cache is, and throw answers away.
    Cache(cache::CacheArguments),
    /// Show, publish and explain dynamic routes.
    Routes(routes::RoutesArguments),
    /// Put datasets to models, and compare how those fare.
    Eval(eval::EvalArguments),
    /// Measure guardrails on examples.
    Guard(guard::GuardArguments),
    /// Show who changed what, and check that the log of it is whole.
    Audit(audit::AuditArguments),
    /// Run the provider emulator alone.
    Emulate(emulate::EmulateArguments),
    /// Play failures of providers and report what callers would have seen.
    Drill(drill::DrillArguments),
    /// Save a data directory, also of a running gateway.
    Backup(backup::BackupArguments),
    /// Put a backup in place of a data directory.
    Restore(backup::RestoreArguments),
    /// Move an installation from its data directory to PostgreSQL.
    Migrate(migrate::MigrateArguments),
}

/// Runs a command.
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    match arguments.command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Schema => schema::config(),
        Command::Openapi => schema::openapi(),
        Command::Keys(arguments) => keys::run(arguments),
        Command::AdminTokens(arguments) => admin_tokens::run(arguments),
        Command::Users(arguments) => users::run(arguments),
        Command::ServiceAccounts(arguments) => service_accounts::run(arguments),
        Command::Organizations(arguments) => resources::run(&arguments),
        Command::Teams(arguments) => resources::run(&arguments),
        Command::Projects(arguments) => resources::run(&arguments),
        Command::Customers(arguments) => resources::run(&arguments),
        Command::Tags(arguments) => resources::run(&arguments),
        Command::Plans(arguments) => resources::run(&arguments),
        Command::Providers(arguments) => resources::run(&arguments),
        Command::Credentials(arguments) => resources::run(&arguments),
        Command::Datasets(arguments) => resources::run(&arguments),
        Command::Views(arguments) => resources::run(&arguments),
        Command::AlertRules(arguments) => resources::run(&arguments),
        Command::AlertChannels(arguments) => resources::run(&arguments),
        Command::AlertSilences(arguments) => resources::run(&arguments),
        Command::Budgets(arguments) => resources::budgets::run(&arguments),
        Command::Apply(arguments) => apply::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Usage(arguments) => usage::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Prices(arguments) => prices::run(&arguments),
        Command::Logs(arguments) => logs::run(&arguments),
        Command::Models(arguments) => models::run(&arguments),
        Command::Settings(arguments) => settings::run(&arguments),
        Command::Cache(arguments) => cache::run(&arguments),
        Command::Alerts(arguments) => alerts::run(&arguments),
        Command::Routes(arguments) => routes::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Guard(arguments) => guard::run(&arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Emulate(arguments) => emulate::run(&arguments),
        Command::Drill(arguments) => drill::run(&arguments),
        Command::Backup(arguments) => backup::backup(&arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::Migrate(arguments) => migrate::run(arguments),
    }
}

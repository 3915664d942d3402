//! `gatewright organizations`, `teams`, `providers` and others: what the admin API keeps under a path of its own, with one set of
//! commands for all of it. It must not know what the members of a body mean: the gateway checks them.

pub(super) mod budgets;
mod find;
mod input;
mod kinds;

pub(crate) use kinds::{
    AlertChannels, AlertRules, AlertSilences, Credentials, Customers, Datasets, Models, Organizations, Plans,
    Projects, Providers, Tags, Teams, Users, Views,
};

use super::client::{ClientError, Remote, encoded};
use super::{EXIT_USAGE, keys, output, table};
use clap::{Args, Subcommand};
pub(crate) use find::Which;
use find::pages;
use http::Method;
pub(crate) use input::MembersArguments;
use input::{Changes, There};
pub(crate) use kinds::Kind;
use kinds::{Making, Removing};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Both ways are ends: errors are printed by whoever meets them.
pub(super) type End = Result<ExitCode, ExitCode>;

/// What there is of a kind, and how it looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resource {
    /// One of them, in words.
    noun: &'static str,
    /// Its path in the admin API.
    path: &'static str,
    /// How one is found by its name.
    found: Found,
    /// Columns of the list.
    columns: &'static [&'static str],
    /// Members that a change takes in parts; of the others it takes the whole.
    in_parts: &'static [&'static str],
    /// The member of what is shown that has what a change takes; none where they stand beside the others.
    document: Option<&'static str>,
}

/// How something is found by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Its name is its id.
    IsId,
    /// The list takes names.
    ByQuery,
    /// The list takes names and addresses of mail.
    ByQueryOrAddress,
    /// The list is read.
    InList,
}

/// Arguments of the commands for one kind.
#[derive(Debug, Args)]
pub(crate) struct ResourceArguments<K: Kind> {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: ResourceCommand<K>,
}

#[derive(Debug, Subcommand)]
enum ResourceCommand<K: Kind> {
    /// List all there are.
    List(ListArguments),
    /// Show all that is known of one.
    Get(Which),
    /// Make one.
    Create(Box<CreateArguments<K>>),
    /// Change one. What is not given stays.
    Update(Box<UpdateArguments<K>>),
    /// Delete one.
    Delete(DeleteArguments<K>),
}

#[derive(Debug, Args)]
struct ListArguments {
    /// Only those of which that is so, as the API filters its list; as often as wanted: `--filter name=acme`.
    #[arg(long = "filter", value_name = "NAME=VALUE")]
    filters: Vec<String>,
}

/// Arguments of `create`.
#[derive(Debug, Args)]
pub(super) struct CreateArguments<K: Kind> {
    /// Name.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    own: K::Making,
    #[command(flatten)]
    members: MembersArguments,
}

/// Arguments of `update`.
#[derive(Debug, Args)]
pub(super) struct UpdateArguments<K: Kind> {
    #[command(flatten)]
    which: Which,
    /// Another name.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    own: K::Changing,
    #[command(flatten)]
    members: MembersArguments,
    /// Take a member away, as `plan_id` or `limits.rpm`; as often as wanted.
    #[arg(long, value_name = "MEMBER")]
    unset: Vec<String>,
    /// Change it also if somebody else changes it meanwhile.
    #[arg(long)]
    force: bool,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub(super) struct DeleteArguments<K: Kind> {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: K::Removing,
}

/// Runs a command of a kind.
pub(crate) fn run<K: Kind>(arguments: &ResourceArguments<K>) -> ExitCode {
    let remote = &arguments.remote;
    done(match &arguments.command {
        ResourceCommand::List(asked) => list(remote, &K::RESOURCE, &asked.filters),
        ResourceCommand::Get(which) => get(remote, &K::RESOURCE, which),
        ResourceCommand::Create(asked) => create(remote, asked),
        ResourceCommand::Update(asked) => update(remote, asked),
        ResourceCommand::Delete(asked) => delete(remote, asked),
    })
}

/// Both ways are ends.
pub(super) fn done(end: End) -> ExitCode {
    end.unwrap_or_else(|code| code)
}

fn list(remote: &Remote, resource: &Resource, filters: &[String]) -> End {
    let mut query = String::new();
    for filter in filters {
        match filter.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                query.push_str(&format!("&{}={}", encoded(name), encoded(value)));
            }
            _ => return Err(usage("--filter: write NAME=VALUE, such as name=acme")),
        }
    }
    Ok(print_list(remote, pages(remote, resource.path, &query), keys::flattened, resource.columns))
}

/// Prints rows as the lists of the API are printed; `readable` makes them fit for the table.
fn print_list(
    remote: &Remote,
    rows: Result<Vec<Value>, ClientError>,
    readable: fn(&Value) -> Value,
    columns: &[&str],
) -> ExitCode {
    let list = rows.map(|rows| json!({ "data": rows, "next_cursor": null }));
    remote.print(list, |list| {
        let rows: Vec<Value> = keys::rows(list).iter().map(readable).collect();
        table::print(columns, &rows);
    })
}

/// Shows one.
pub(super) fn get(remote: &Remote, resource: &Resource, which: &Which) -> End {
    let path = which.path(remote, resource)?;
    Ok(remote.ask_and_print(Method::GET, &path, None, keys::show))
}

/// Makes one.
pub(super) fn create<K: Kind>(remote: &Remote, asked: &CreateArguments<K>) -> End {
    let own = asked.own.members(remote)?;
    let changes = Changes::read(asked.name.as_deref(), own, &asked.members, &[]).map_err(|e| usage(&e))?;
    let body = changes.body(&There::nothing()).map_err(|e| usage(&e))?;
    Ok(remote.ask_and_print(Method::POST, K::RESOURCE.path, Some(&body.into()), show_id))
}

/// Says which one was made.
pub(super) fn show_id(made: &Value) {
    output::line(format!("id: {}", output::printable(made["id"].as_str().unwrap_or("-"))));
}

/// Changes one: of the revision that is there now, unless that is all the same.
pub(super) fn update<K: Kind>(remote: &Remote, asked: &UpdateArguments<K>) -> End {
    let resource = K::RESOURCE;
    let own = asked.own.members(remote)?;
    let changes = Changes::read(asked.name.as_deref(), own, &asked.members, &asked.unset);
    let changes = changes.map_err(|e| usage(&e))?;
    if changes.is_empty() {
        return Err(usage("nothing to change: give what is to be another, as --set limits.rpm=60"));
    }
    let path = asked.which.path(remote, &resource)?;
    let shown = match asked.force && !changes.is_within(resource.in_parts) {
        true => Value::Null,
        false => remote.ask(Method::GET, &path, None).map_err(|error| output::fail(&error, 1))?,
    };
    let body = changes.body(&There::of(&resource, &shown)).map_err(|e| usage(&e))?;
    let revision = shown["revision"].as_i64().filter(|_| !asked.force);
    let answer = remote.ask_of(Method::PATCH, &path, Some(&body.into()), revision);
    Ok(remote.print(answer, keys::show))
}

/// Stops one, or lets it go on.
pub(super) fn set_disabled(remote: &Remote, resource: &Resource, which: &Which, disabled: bool) -> End {
    let path = which.path(remote, resource)?;
    Ok(remote.ask_and_print(Method::PATCH, &path, Some(&json!({ "disabled": disabled })), |_| {
        output::line(if disabled { "disabled" } else { "enabled" });
    }))
}

/// Deletes one.
pub(super) fn delete<K: Kind>(remote: &Remote, asked: &DeleteArguments<K>) -> End {
    let id = asked.which.id(remote, &K::RESOURCE)?;
    let path = format!("{}/{}{}", K::RESOURCE.path, encoded(&id), asked.how.query());
    Ok(remote.ask_and_print(Method::DELETE, &path, None, |_| {
        output::line(format!("deleted {}", output::printable(&id)));
    }))
}

/// Says what is wrong with the command line.
fn usage(message: &str) -> ExitCode {
    output::note(format!("gatewright: {message}"));
    ExitCode::from(EXIT_USAGE)
}

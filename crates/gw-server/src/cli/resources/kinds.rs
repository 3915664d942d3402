//! The table of what there is: where the admin API has it, how it is listed, and the options that it alone has.

use super::find::Which;
use super::{Found, Resource, usage};
use crate::cli::client::Remote;
use clap::Args;
use gw_model::Secret;
use serde_json::{Map, Value};
use std::fmt::Debug;
use std::io::Read;
use std::process::ExitCode;

/// Most bytes of a provider's key that are read.
const MAX_KEY_BYTES: u64 = 64 << 10;

/// What can be listed, made, changed and removed.
pub(crate) trait Kind: Debug + Send + Sync + 'static {
    /// Where it stands and how it looks.
    const RESOURCE: Resource;
    /// Options of its own, for making one.
    type Making: Making;
    /// The same for changing one.
    type Changing: Making;
    /// The same for removing one.
    type Removing: Removing;
}

/// Options that give members of a body.
pub(crate) trait Making: Args + Debug + Send + Sync {
    /// The members. Errors: the command is over, with that exit code.
    fn members(&self, remote: &Remote) -> Result<Map<String, Value>, ExitCode>;
}

/// Options that say how to remove.
pub(crate) trait Removing: Args + Debug + Send + Sync {
    /// As it stands in the address.
    fn query(&self) -> &'static str;
}

/// No options.
#[derive(Debug, Args)]
pub(crate) struct Nothing {}

impl Making for Nothing {
    fn members(&self, _remote: &Remote) -> Result<Map<String, Value>, ExitCode> {
        Ok(Map::new())
    }
}

impl Removing for Nothing {
    fn query(&self) -> &'static str {
        ""
    }
}

/// What a team belongs to.
#[derive(Debug, Args)]
pub(crate) struct InOrganization {
    /// Organization that it belongs to, by id or name.
    #[arg(long)]
    organization: Option<String>,
}

impl Making for InOrganization {
    fn members(&self, remote: &Remote) -> Result<Map<String, Value>, ExitCode> {
        above(remote, &[("organization_id", &Organizations::RESOURCE, self.organization.as_ref())])
    }
}

/// What a project belongs to.
#[derive(Debug, Args)]
pub(crate) struct InTeam {
    /// Team that it belongs to, by id or name.
    #[arg(long)]
    team: Option<String>,
}

impl Making for InTeam {
    fn members(&self, remote: &Remote) -> Result<Map<String, Value>, ExitCode> {
        above(remote, &[("team_id", &Teams::RESOURCE, self.team.as_ref())])
    }
}

/// What a customer belongs to.
#[derive(Debug, Args)]
pub(crate) struct InEither {
    /// Organization that it belongs to, by id or name.
    #[arg(long, conflicts_with = "team")]
    organization: Option<String>,
    /// Team that it belongs to, by id or name.
    #[arg(long)]
    team: Option<String>,
}

impl Making for InEither {
    fn members(&self, remote: &Remote) -> Result<Map<String, Value>, ExitCode> {
        let organization = ("organization_id", &Organizations::RESOURCE, self.organization.as_ref());
        above(remote, &[organization, ("team_id", &Teams::RESOURCE, self.team.as_ref())])
    }
}

/// The ids of what stands above.
fn above(
    remote: &Remote,
    given: &[(&str, &Resource, Option<&String>)],
) -> Result<Map<String, Value>, ExitCode> {
    let mut members = Map::new();
    for (member, resource, name) in given {
        if let Some(name) = name {
            let id = Which::of((*name).clone()).id(remote, resource)?;
            members.insert((*member).to_owned(), id.into());
        }
    }
    Ok(members)
}

/// For whose people it is.
#[derive(Debug, Args)]
pub(crate) struct OfAccount {
    /// For the people of that organization, team or project, by id.
    #[arg(long)]
    account_id: Option<String>,
}

impl Making for OfAccount {
    fn members(&self, _remote: &Remote) -> Result<Map<String, Value>, ExitCode> {
        let id = self.account_id.iter().map(|id| ("account_id".to_owned(), id.as_str().into()));
        Ok(id.collect())
    }
}

/// The key of a provider, from where it is not written down by shells and lists of processes.
#[derive(Debug, Args)]
pub(crate) struct ApiKey {
    /// Environment variable that has the provider's key.
    #[arg(long, value_name = "NAME")]
    api_key_env: Option<String>,
    /// Read the provider's key from standard input.
    #[arg(long, conflicts_with = "api_key_env")]
    api_key_stdin: bool,
}

impl Making for ApiKey {
    fn members(&self, _remote: &Remote) -> Result<Map<String, Value>, ExitCode> {
        let key = match &self.api_key_env {
            Some(name) => Some(variable(name).map_err(|error| usage(&error))?),
            None if self.api_key_stdin => Some(from_stdin().map_err(|error| usage(&error))?),
            None => None,
        };
        Ok(key.map(|key| ("api_key".to_owned(), key.expose().into())).into_iter().collect())
    }
}

/// The value of an environment variable. Errors: it is not set, in words.
pub(super) fn variable(name: &str) -> Result<Secret, String> {
    let value = std::env::var(name).ok().map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    let value = value.filter(|text| !text.is_empty());
    value.map(Secret::new).ok_or_else(|| format!("the environment variable '{name}' is not set"))
}

fn from_stdin() -> Result<Secret, String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MAX_KEY_BYTES).read_to_string(&mut text);
    read.map_err(|error| format!("standard input cannot be read: {error}"))?;
    let key = Secret::new(text.trim_end_matches(['\r', '\n']).to_owned());
    match key.expose().is_empty() {
        true => Err("give the provider's key on standard input, as in --api-key-stdin < FILE".to_owned()),
        false => Ok(key),
    }
}

/// What becomes of what belongs to it.
#[derive(Debug, Args)]
pub(crate) struct Cascade {
    /// Also delete what belongs to it, and revoke its keys.
    #[arg(long)]
    cascade: bool,
}

impl Removing for Cascade {
    fn query(&self) -> &'static str {
        if self.cascade { "?cascade=true" } else { "" }
    }
}

/// Accounts: their limits and their only budget are changed in parts.
const fn account(
    noun: &'static str,
    path: &'static str,
    found: Found,
    columns: &'static [&'static str],
) -> Resource {
    Resource { noun, path, found, columns, in_parts: &["limits", "budget"], document: None }
}

/// What has nothing that is changed in parts.
const fn plain(
    noun: &'static str,
    path: &'static str,
    found: Found,
    columns: &'static [&'static str],
) -> Resource {
    Resource { noun, path, found, columns, in_parts: &[], document: None }
}

/// Blocks of the configuration: what a change takes stands in `settings`.
const fn block(noun: &'static str, path: &'static str, columns: &'static [&'static str]) -> Resource {
    Resource { noun, path, found: Found::IsId, columns, in_parts: &[], document: Some("settings") }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $resource:expr, $making:ty, $changing:ty, $removing:ty;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl Kind for $name {
            const RESOURCE: Resource = $resource;
            type Making = $making;
            type Changing = $changing;
            type Removing = $removing;
        }
    )+};
}

kinds! {
    /// Whoever pays.
    Organizations: account("organization", "/api/v1/organizations", Found::ByQuery,
        &["id", "name", "rpm", "tpm", "budget_usd", "spent_usd", "period", "plan_id", "disabled", "created_at"]),
        Nothing, Nothing, Cascade;
    /// Keys that share limits and budgets.
    Teams: account("team", "/api/v1/teams", Found::ByQuery,
        &["id", "name", "organization_id", "rpm", "tpm", "budget_usd", "spent_usd", "period", "plan_id", "disabled"]),
        InOrganization, Nothing, Cascade;
    /// Parts of teams.
    Projects: account("project", "/api/v1/projects", Found::ByQuery,
        &["id", "name", "team_id", "rpm", "tpm", "budget_usd", "spent_usd", "period", "plan_id", "disabled"]),
        InTeam, Nothing, Cascade;
    /// People and programs.
    Users: account("user", "/api/v1/users", Found::ByQueryOrAddress,
        &["id", "name", "email", "gateway_role", "disabled", "created_at"]),
        Nothing, Nothing, Cascade;
    /// End users of applications.
    Customers: account("customer", "/api/v1/customers", Found::ByQuery,
        &["id", "name", "organization_id", "team_id", "rpm", "tpm", "budget_usd", "spent_usd", "period", "disabled"]),
        InEither, Nothing, Cascade;
    /// Names that calls give themselves.
    Tags: account("tag", "/api/v1/tags", Found::ByQuery,
        &["id", "name", "rpm", "tpm", "budget_usd", "spent_usd", "period", "plan_id", "disabled"]),
        Nothing, Nothing, Cascade;
    /// Limits, budgets and restrictions in a bundle.
    Plans: account("plan", "/api/v1/plans", Found::ByQuery,
        &["id", "name", "models", "rpm", "tpm", "max_parallel", "budget_usd", "period", "created_at"]),
        Nothing, Nothing, Cascade;
    /// Where calls go.
    Providers: block("provider", "/api/v1/providers",
        &["id", "kind", "base_url", "region", "state", "has_credential", "managed_by", "problem"]),
        ApiKey, ApiKey, Nothing;
    /// Aliases that the API manages.
    Models: block("model", "/api/v1/models", &["id", "owner", "source", "problem", "updated_at"]),
        Nothing, Nothing, Nothing;
    /// Keys of providers in the encrypted store.
    Credentials: plain("credential", "/api/v1/credentials", Found::IsId,
        &["id", "last4", "description", "used_by", "created_at", "updated_at"]),
        ApiKey, ApiKey, Nothing;
    /// Calls that are worth keeping.
    Datasets: plain("dataset", "/api/v1/datasets", Found::InList,
        &["id", "name", "owner", "account_id", "items", "updated_at", "description"]),
        OfAccount, OfAccount, Nothing;
    /// Filters of the explorer that somebody named.
    Views: plain("view", "/api/v1/views", Found::InList,
        &["id", "name", "owner", "account_id", "filters", "updated_at"]),
        OfAccount, OfAccount, Nothing;
    /// What somebody is told of.
    AlertRules: plain("rule", "/api/v1/alerts/rules", Found::ByQuery,
        &["id", "name", "kind", "enabled", "severity", "organization_id", "managed_by"]),
        InOrganization, Nothing, Nothing;
    /// How somebody is told.
    AlertChannels: plain("channel", "/api/v1/alerts/channels", Found::ByQuery,
        &["id", "name", "kind", "target", "default", "organization_id", "managed_by"]),
        InOrganization, Nothing, Nothing;
    /// When nobody is told.
    AlertSilences: plain("silence", "/api/v1/alerts/silences", Found::ByQuery,
        &["id", "name", "until", "is_active", "rule", "severity", "organization_id"]),
        InOrganization, Nothing, Nothing;
}

//! The members that an entry of a level may have. Plain data.

use crate::admin::account_input::UserKind;
use crate::admin::{account_input, key_input};
use gw_model::Level;

/// Lists of a document.
pub(super) const TOP: [&str; 9] =
    ["plans", "organizations", "teams", "projects", "users", "service_accounts", "customers", "tags", "keys"];

/// The list of service accounts, which are users that belong to something.
pub(super) const SERVICES: &str = "service_accounts";

/// What only people have, and what only service accounts have.
const OF_PEOPLE: [&str; 2] = ["email", "gateway_role"];
const OF_SERVICES: [&str; 3] = ["organization_id", "team_id", "project_id"];

/// What only documents have, beside `id`, and what they have in place of the API's members.
pub(super) struct Members {
    /// Read by the API's reader.
    pub(super) of_api: Vec<&'static str>,
    /// Lists of what belongs to it.
    pub(super) lists: &'static [&'static str],
    /// The rest.
    other: &'static [&'static str],
}

impl Members {
    pub(super) fn of_document(&self, name: &str) -> bool {
        name == "id" || self.lists.contains(&name) || self.other.contains(&name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'static str> + Clone {
        let own = self.lists.iter().chain(self.other).copied();
        self.of_api.clone().into_iter().chain(own).chain(["id"])
    }
}

/// The members of an entry of that level; `kind` is that of a user.
pub(super) fn members(level: Level, kind: UserKind) -> Members {
    let api = match level {
        Level::Key => key_input::MEMBERS.to_vec(),
        level => account_input::members(level),
    };
    let (lists, other): (&[&str], &[&str]) = match level {
        // What is called stands in the configuration.
        Level::Plan | Level::Model | Level::Deployment | Level::Provider => (&[], &[]),
        Level::Organization => (&["teams", "customers", SERVICES], &["plan", "plan_id"]),
        Level::Team => (
            &["projects", "customers", SERVICES, "keys"],
            &["plan", "plan_id", "organization", "organization_id"],
        ),
        Level::Project => (&[SERVICES, "keys"], &["plan", "plan_id", "team", "team_id"]),
        Level::User if kind == UserKind::Person => (&["keys"], &["plan", "plan_id", "memberships"]),
        Level::User => (
            &["keys"],
            &[
                "plan",
                "plan_id",
                "memberships",
                "organization",
                "organization_id",
                "team",
                "team_id",
                "project",
                "project_id",
            ],
        ),
        Level::Customer => (&[], &["plan", "plan_id", "organization", "organization_id", "team", "team_id"]),
        Level::Tag => (&[], &["plan", "plan_id"]),
        Level::Key => (
            &[],
            &[
                "key",
                "team",
                "team_id",
                "team_label",
                "project",
                "project_id",
                "project_label",
                "user",
                "user_id",
                "plan",
                "plan_id",
            ],
        ),
    };
    let mut of_api = api;
    of_api.retain(|name| !other.contains(name));
    if level == Level::User {
        // The list says what it is.
        let others: &[&str] = if kind == UserKind::Person { &OF_SERVICES } else { &OF_PEOPLE };
        of_api.retain(|name| *name != "kind" && !others.contains(name));
    }
    Members { of_api, lists, other }
}

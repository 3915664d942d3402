//! Who may do what: one table of resources, actions and roles. Pure. It must not know where a role holds, or who has it.

use gw_model::Role;
use std::fmt;

/// What the admin API is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    Organizations,
    Teams,
    Projects,
    Users,
    Customers,
    Tags,
    Plans,
    Keys,
    Budgets,
    AdminTokens,
    Logs,
    /// What callers sent and got.
    Bodies,
    /// What is said about calls afterwards.
    Feedback,
    /// Filters of records that somebody named.
    Views,
    /// Calls that are kept to be tried again.
    Datasets,
    Usage,
    Audit,
    Models,
    Providers,
    Credentials,
    Routes,
    Guardrails,
    /// Alerts, with their rules, channels and silences.
    Alerts,
    Cache,
    /// People and groups, for a directory.
    Scim,
    /// Everything of every tenant at once.
    Documents,
    /// Records in files, of every tenant at once.
    Exports,
    /// What past calls should have cost.
    Recostings,
    /// What the gateway as a whole is set to.
    Settings,
}

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    Read,
    Write,
}

/// To do something with something: the unit of which roles and scopes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Permission {
    pub(crate) resource: Resource,
    pub(crate) action: Action,
}

/// With how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Nothing.
    Nothing,
    /// What is the person's own.
    Own,
    /// All that is below where the role holds.
    All,
}

/// A resource, its name, and who reads and writes it: a letter for each of [`Role::ALL`] (owner, admin, billing, auditor,
/// member, viewer). `x` all, `o` own, `-` nothing. What a role does not even read is hidden from it.
const TABLE: &[(Resource, &str, &str, &str)] = &[
    (Resource::Organizations, "organizations", "xxxxxx", "xx----"),
    (Resource::Teams, "teams", "xxxxxx", "xx----"),
    (Resource::Projects, "projects", "xxxxxx", "xx----"),
    (Resource::Users, "users", "xxoxoo", "xx----"),
    (Resource::Customers, "customers", "xxxx-x", "xx----"),
    (Resource::Tags, "tags", "xxxx-x", "xx----"),
    (Resource::Plans, "plans", "xxxxxx", "xx----"),
    (Resource::Keys, "keys", "xxxxox", "xx--o-"),
    (Resource::Budgets, "budgets", "xxxxox", "xxx---"),
    (Resource::AdminTokens, "admin_tokens", "xxoxoo", "xxoooo"),
    (Resource::Logs, "logs", "xx-xo-", "------"),
    // Whoever sees that there was a call need not see what was said.
    (Resource::Bodies, "bodies", "xx--o-", "------"),
    (Resource::Feedback, "feedback", "xx-xo-", "xx--o-"),
    (Resource::Views, "views", "xx-xx-", "xx-oo-"),
    // They hold what callers sent and got.
    (Resource::Datasets, "datasets", "xx--o-", "xx--o-"),
    (Resource::Usage, "usage", "xxxxox", "------"),
    (Resource::Audit, "audit", "xx-x--", "------"),
    (Resource::Models, "models", "xxxxxx", "xx----"),
    (Resource::Providers, "providers", "xx-x-x", "xx----"),
    (Resource::Credentials, "credentials", "xx-x--", "xx----"),
    (Resource::Routes, "routes", "xx-x-x", "xx----"),
    (Resource::Guardrails, "guardrails", "xxxxxx", "xx----"),
    (Resource::Alerts, "alerts", "xxxx-x", "xx----"),
    (Resource::Cache, "cache", "xx-x-x", "xx----"),
    // What a directory may do in an organization, whatever else its token is good for.
    (Resource::Scim, "scim", "xx----", "xx----"),
    // Whoever applies one gives roles as he likes.
    (Resource::Documents, "documents", "xx-x--", "x-----"),
    (Resource::Exports, "exports", "xx-x--", "xx----"),
    (Resource::Recostings, "recostings", "xxxx--", "xx----"),
    (Resource::Settings, "settings", "xx-x--", "xx----"),
];

impl Resource {
    fn row(self) -> (&'static str, &'static str, &'static str) {
        let row = TABLE.iter().find(|(resource, ..)| *resource == self);
        row.map_or(("", "", ""), |(_, name, read, write)| (name, read, write))
    }

    /// The name in scopes and messages.
    pub(crate) fn as_str(self) -> &'static str {
        self.row().0
    }

    /// To see it.
    pub(crate) const fn read(self) -> Permission {
        Permission { resource: self, action: Action::Read }
    }

    /// To make, change and remove it.
    pub(crate) const fn write(self) -> Permission {
        Permission { resource: self, action: Action::Write }
    }
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Permission {
    /// Every permission that there is.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().flat_map(|(resource, ..)| [resource.read(), resource.write()])
    }

    /// How much of it a role has.
    pub(crate) fn of_role(self, role: Role) -> Reach {
        let (_, read, write) = self.resource.row();
        let cells = match self.action {
            Action::Read => read,
            Action::Write => write,
        };
        let place = Role::ALL.iter().position(|known| *known == role);
        match place.and_then(|place| cells.as_bytes().get(place)) {
            Some(b'x') => Reach::All,
            Some(b'o') => Reach::Own,
            _ => Reach::Nothing,
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource.as_str(), self.action.as_str())
    }
}

#[cfg(test)]
mod tests;

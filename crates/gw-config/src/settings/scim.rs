//! People and groups that a directory provisions over SCIM.

use crate::place::At;
use crate::shape::{Text, choices, settings};

settings! {
    /// What people get whom a directory provisions over SCIM (docs/guides/scim.md). Who may provision is said by admin tokens with the scope `scim`.
    pub struct ScimBlock {
        /// The role at the organization of everybody who is provisioned, and at a team of everybody in a group that is called as the team.
        default("member") default_role: RoleName,
        /// What groups give. A group that stands here nowhere, and is called as a team of the organization, makes its members members of that team.
        section groups: Vec<At<ScimGroupBlock>>,
    }
}

settings! {
    /// What everybody in a group gets.
    pub struct ScimGroupBlock {
        /// The group's `displayName`.
        required group: Text,
        /// For that organization's directory only: its id or name.
        optional organization: Text,
        /// The team where the role holds: its id or name. With `project`, where that is. Without either it holds at the organization.
        optional team: Text,
        /// The project where the role holds: its id, or a name that no other project there has.
        optional project: Text,
        /// The role. Without one it is `default_role`.
        optional role: RoleName,
    }
}

choices! {
    /// What a person is to an organization or a team (docs/guides/roles.md).
    pub enum RoleName {
        /// May do everything, and give it to others.
        Owner = "owner",
        /// May do everything but change owners.
        Admin = "admin",
        /// Sees and sets budgets.
        Billing = "billing",
        /// Sees everything, changes nothing.
        Auditor = "auditor",
        /// Makes keys of its own.
        Member = "member",
        /// Sees what there is.
        Viewer = "viewer",
    }
}

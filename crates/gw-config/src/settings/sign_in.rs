//! How people sign in to the control plane, and how long they stay signed in.

use crate::shape::{Named, Text, Texts, Whole, choices, settings};
use gw_model::{Role, Secret};

settings! {
    /// How people sign in with a password or a key.
    pub struct SignInBlock {
        /// Users may have passwords. Without, they sign in at an identity provider, or with a key.
        default(true) passwords: bool,
        /// Fewest characters of a password that is chosen.
        default(12) min_password_length: Whole<8, 128>,
        /// Failures in a row that an account may have. Beyond, it has to wait: as many come back in `window_seconds`, one by one.
        default(10) failures_per_account: Whole<1, 10_000>,
        /// The same of an address (of IPv6, of a /64 network).
        default(50) failures_per_address: Whole<1, 1_000_000>,
        /// In which time as many failures are forgiven.
        default(900) window_seconds: Whole<1, 86_400>,
        /// Most accounts and addresses with failures that are remembered, at each gateway.
        default(100_000) max_tracked: Whole<100, 10_000_000>,
        /// How long a link to choose a password is good.
        default(259_200) link_seconds: Whole<60, 2_592_000>,
    }
}

settings! {
    /// How long people stay signed in.
    pub struct SessionBlock {
        /// A session that was not used for so long ends.
        default(43_200) idle_seconds: Whole<60, 31_536_000>,
        /// A session ends after so long whatever is done.
        default(604_800) max_seconds: Whole<60, 31_536_000>,
        /// Most sessions of a person, or of a key. One more ends the oldest.
        default(20) per_person: Whole<1, 1_000>,
    }
}

settings! {
    /// One identity provider at which people sign in (OpenID Connect).
    pub struct OidcBlock {
        /// Its name in addresses: letters, digits, `-` and `_`.
        required name: Text,
        /// What people read on the button. The name when not given.
        optional label: Text,
        /// Who it is, letter by letter: its discovery document stands at `/.well-known/openid-configuration` below.
        required issuer: Text,
        /// Where the discovery document stands, when not there.
        optional discovery_url: Text,
        /// PEM file with further certificate authorities, for its certificate.
        optional ca_file: Text,
        /// As what this gateway is registered there, with `/api/v1/auth/oidc/NAME/callback` below `public_url` as redirect address.
        required client_id: Text,
        /// The secret of that. Without one the gateway is a public client there.
        optional client_secret: Secret,
        /// How the secret is shown: `basic` (a header) or `post` (in the body).
        default("basic") client_auth: ClientAuth,
        /// What is asked for. `openid profile email` when not given.
        optional scopes: Texts,
        /// In which claims things stand.
        section claims: OidcClaimBlock,
        /// What groups of people are here: the group's name, then a role and where it holds. `*` is everybody. Renewed at each sign-in.
        section groups: Named<GroupBlock>,
        /// People whom nobody made are made when they first sign in.
        default(false) create_users: bool,
        /// Only people with addresses of these domains sign in.
        optional allowed_email_domains: Texts,
        /// Addresses count only where the provider says that they are verified.
        default(true) require_verified_email: bool,
        /// Signing out here leads there, to sign out too, where it knows how.
        default(true) sign_out: bool,
        /// How far clocks may be apart.
        default(60) leeway_seconds: Whole<0, 600>,
    }
}

settings! {
    /// In which claims things stand. Dots lead into objects, as in `realm_access.roles`.
    pub struct OidcClaimBlock {
        /// The address.
        default("email") email: Text,
        /// The name.
        default("name") name: Text,
        /// The groups.
        default("groups") groups: Text,
    }
}

settings! {
    /// What a group is here: a role at an organization, a team or a project, or at the gateway as a whole.
    pub struct GroupBlock {
        /// The role.
        required role: RoleName,
        /// Where it holds: an organization, by id or name. With `team`, where that is.
        optional organization: Text,
        /// Where it holds: a team, by id or name. With `project`, where that is.
        optional team: Text,
        /// Where it holds: a project, by id or name.
        optional project: Text,
    }
}

choices! {
    /// How a client shows its secret.
    pub enum ClientAuth {
        /// `Authorization: Basic`.
        Basic = "basic",
        /// Members of the body.
        Post = "post",
    }
}

choices! {
    /// A role.
    pub enum RoleName {
        /// May do everything there, and make others owners.
        Owner = "owner",
        /// The same, but for owners.
        Admin = "admin",
        /// Sees everything but calls, sets budgets.
        Billing = "billing",
        /// Sees everything, changes nothing.
        Auditor = "auditor",
        /// Makes keys for himself.
        Member = "member",
        /// Sees what there is, but no calls.
        Viewer = "viewer",
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Owner => Self::Owner,
            RoleName::Admin => Self::Admin,
            RoleName::Billing => Self::Billing,
            RoleName::Auditor => Self::Auditor,
            RoleName::Member => Self::Member,
            RoleName::Viewer => Self::Viewer,
        }
    }
}

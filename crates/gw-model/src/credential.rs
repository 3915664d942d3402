//! Credentials of a provider: what a request carries, and where that comes from when it is not written in the
//! configuration. Names and secrets only: obtaining a token is not done here.

use crate::catalog::AuthScheme;
use crate::secret::Secret;
use crate::snapshot::{AwsCredentials, Provider};
use std::sync::Arc;

/// The name of a provider's only credential.
pub const DEFAULT_CREDENTIAL: &str = "default";

/// One of a provider's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Unique within its provider.
    pub name: Arc<str>,
    /// Share of the requests; 0 takes none unless it is named, or all others fail.
    pub weight: u32,
    /// Where it comes from.
    pub source: CredentialSource,
}

/// Where a credential comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// It stands in the configuration.
    Fixed(CredentialValue),
    /// A file that holds the key; read again when it changes.
    KeyFile(Arc<str>),
    /// The encrypted store, by name.
    Stored(Arc<str>),
    /// Obtained in the background, and again before it expires.
    Token(TokenSource),
}

impl CredentialSource {
    /// A word for reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Fixed(_) => "configuration",
            Self::KeyFile(_) => "file",
            Self::Stored(_) => "store",
            Self::Token(source) => source.as_str(),
        }
    }
}

/// What a request is authenticated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialValue {
    /// A key; the provider says in which header it goes.
    Key(Secret),
    /// An access token, always `Authorization: Bearer`.
    Token(Secret),
    /// What requests are signed with.
    Aws(AwsCredentials),
}

/// Who gives out short-lived tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// A JSON file of Google Cloud: a service account's key, or a user's.
    GoogleFile {
        /// Its path.
        path: Arc<str>,
        /// Where tokens are obtained, in place of what the file says.
        endpoint: Option<Arc<str>>,
    },
    /// Google Cloud's metadata server.
    GoogleMetadata {
        /// Its root, when it is not at the usual place.
        endpoint: Option<Arc<str>>,
    },
    /// Microsoft Entra ID, as an application.
    Entra(EntraSource),
    /// The managed identity of the machine or app that we run on.
    AzureManaged {
        /// A user-assigned identity; else the system-assigned one.
        client_id: Option<Arc<str>>,
        /// The instance metadata service's root, when it is not at the usual place.
        endpoint: Option<Arc<str>>,
    },
    /// Temporary credentials of AWS.
    Aws(AwsSource),
}

impl TokenSource {
    /// A word for reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::GoogleFile { .. } => "google_file",
            Self::GoogleMetadata { .. } => "google_metadata",
            Self::Entra(_) => "entra_id",
            Self::AzureManaged { .. } => "azure_managed_identity",
            Self::Aws(source) => source.as_str(),
        }
    }
}

/// An application of Microsoft Entra ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntraSource {
    /// The directory; `None` asks the environment (`AZURE_TENANT_ID`).
    pub tenant_id: Option<Arc<str>>,
    /// The application; `None` asks the environment (`AZURE_CLIENT_ID`).
    pub client_id: Option<Arc<str>>,
    /// Its secret; `None` proves the identity by the token in `AZURE_FEDERATED_TOKEN_FILE`.
    pub client_secret: Option<Secret>,
    /// The authority's root, when it is not at the usual place.
    pub endpoint: Option<Arc<str>>,
}

/// Where credentials of AWS come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsSource {
    /// Known.
    Fixed(AwsCredentials),
    /// A profile of the shared configuration files.
    Profile {
        /// Its name; `None` asks the environment (`AWS_PROFILE`, else `default`).
        name: Option<Arc<str>>,
        /// Region, endpoint and session name for a role that the profile assumes.
        sts: AwsRole,
    },
    /// A role that is assumed with other credentials.
    Role {
        /// Whose credentials the request to STS is signed with.
        base: Box<Self>,
        /// The role.
        role: AwsRole,
    },
    /// A role that is assumed with a token of another issuer, which stands in a file.
    WebIdentity {
        /// The file; `None` asks the environment (`AWS_WEB_IDENTITY_TOKEN_FILE`).
        token_file: Option<Arc<str>>,
        /// The role; its ARN may be empty, which asks the environment (`AWS_ROLE_ARN`).
        role: AwsRole,
    },
    /// The container's own endpoint (ECS, EKS), which the environment names.
    Container {
        /// Its URL, when the environment's is not to be used.
        endpoint: Option<Arc<str>>,
    },
    /// The instance metadata service (EC2), version 2.
    Instance {
        /// Its root, when it is not at the usual place.
        endpoint: Option<Arc<str>>,
    },
}

impl AwsSource {
    /// A word for reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Fixed(_) => "aws_access_key",
            Self::Profile { .. } => "aws_profile",
            Self::Role { .. } => "aws_role",
            Self::WebIdentity { .. } => "aws_web_identity",
            Self::Container { .. } => "aws_container",
            Self::Instance { .. } => "aws_instance",
        }
    }
}

/// A role to assume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsRole {
    /// `arn:aws:iam::123456789012:role/name`.
    pub arn: Arc<str>,
    /// How the session is called; `None` for the gateway's own name.
    pub session_name: Option<Arc<str>>,
    /// What the role's owner asks for.
    pub external_id: Option<Arc<str>>,
    /// The region whose STS is asked.
    pub region: Arc<str>,
    /// STS, when it is not at the usual place.
    pub endpoint: Option<Arc<str>>,
}

impl Provider {
    /// The provider as it is when its requests carry `value`.
    #[must_use]
    pub fn carrying(&self, value: &CredentialValue) -> Self {
        let mut provider = Self { api_key: None, aws: None, ..self.clone() };
        match value {
            CredentialValue::Key(key) => provider.api_key = Some(key.clone()),
            CredentialValue::Token(token) => {
                provider.auth = AuthScheme::Bearer;
                provider.api_key = Some(token.clone());
            }
            CredentialValue::Aws(credentials) => provider.aws = Some(credentials.clone()),
        }
        provider
    }
}

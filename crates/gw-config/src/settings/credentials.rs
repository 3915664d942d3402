//! Credentials of providers: written out, in a file or the store, or where short-lived tokens come from. A provider
//! has these keys beside its others; with several credentials, each has them under its name.

use super::providers::ProviderSettings;
use crate::place::At;
use crate::shape::{Text, Whole, choices, settings};
use gw_model::Secret;

settings! {
    /// One of several credentials.
    pub struct CredentialSettings {
        /// Share of the requests. 0 takes none unless a target or a key names it, or all others fail.
        default(1) weight: Whole<0, 1_000_000>,
        /// The key, best as `${VARIABLE}`.
        optional api_key: Secret,
        /// A file that holds the key; it is read again when it changes.
        optional api_key_file: Text,
        /// A credential of the encrypted store (`/api/v1/credentials`), by its name.
        optional stored_credential: Text,
        /// Bedrock: the id of an AWS access key.
        optional aws_access_key_id: Text,
        /// Bedrock: the secret of that access key, best as `${VARIABLE}`.
        optional aws_secret_access_key: Secret,
        /// Bedrock: the session token that goes with a temporary access key.
        optional aws_session_token: Secret,
        /// Bedrock: a profile of AWS's shared configuration files.
        optional aws_profile: Text,
        /// Bedrock: the role to assume, with the other credentials given here.
        optional aws_role_arn: Text,
        /// Bedrock: what the role's owner asks for when it is assumed.
        optional aws_external_id: Text,
        /// Bedrock: how the role's session is called, `gatewright` when not given.
        optional aws_role_session_name: Text,
        /// Bedrock: a file with another issuer's token, which the role is assumed with.
        optional aws_web_identity_token_file: Text,
        /// Vertex AI: a credentials file of Google Cloud, of type `service_account` or `authorized_user`.
        optional credentials_file: Text,
        /// Azure: the directory (tenant) of an application of Entra ID.
        optional tenant_id: Text,
        /// Azure: the application's id, or that of a user-assigned managed identity.
        optional client_id: Text,
        /// Azure: the application's secret, best as `${VARIABLE}`.
        optional client_secret: Secret,
        /// Whose identity is used: `metadata` (Vertex AI), `managed` or `workload` (Azure), `container`, `instance`, `web` or `profile` (Bedrock).
        optional identity: Identity,
        /// Where tokens are obtained, when that is not the usual place: the root of the token service, authority, STS or metadata service.
        optional token_endpoint: Text,
    }
}

choices! {
    /// An identity that the gateway's surroundings give it.
    pub enum Identity {
        /// Google Cloud: the machine's service account, by the metadata server.
        Metadata = "metadata",
        /// Azure: the managed identity of the machine or app.
        Managed = "managed",
        /// Azure: the federated token that `AZURE_FEDERATED_TOKEN_FILE` names.
        Workload = "workload",
        /// AWS: the container's role (ECS, EKS).
        Container = "container",
        /// AWS: the instance's role (EC2, IMDSv2).
        Instance = "instance",
        /// AWS: the token that `AWS_WEB_IDENTITY_TOKEN_FILE` names.
        Web = "web",
        /// AWS: the profile that `AWS_PROFILE` names, else `default`.
        Profile = "profile",
    }
}

impl ProviderSettings {
    /// The credential keys that stand beside the provider's others.
    #[must_use]
    pub fn own_credential(&self) -> CredentialSettings {
        CredentialSettings {
            place: self.place,
            weight: At::nowhere(Whole::from(1)),
            api_key: self.api_key.clone(),
            api_key_file: self.api_key_file.clone(),
            stored_credential: self.stored_credential.clone(),
            aws_access_key_id: self.aws_access_key_id.clone(),
            aws_secret_access_key: self.aws_secret_access_key.clone(),
            aws_session_token: self.aws_session_token.clone(),
            aws_profile: self.aws_profile.clone(),
            aws_role_arn: self.aws_role_arn.clone(),
            aws_external_id: self.aws_external_id.clone(),
            aws_role_session_name: self.aws_role_session_name.clone(),
            aws_web_identity_token_file: self.aws_web_identity_token_file.clone(),
            credentials_file: self.credentials_file.clone(),
            tenant_id: self.tenant_id.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            identity: self.identity,
            token_endpoint: self.token_endpoint.clone(),
        }
    }
}

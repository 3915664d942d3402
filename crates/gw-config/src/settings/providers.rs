//! Providers: where requests go, and how they are reached.

use super::credentials::{CredentialSettings, Identity};
use super::health_check::HealthCheckSettings;
use super::limits::{BudgetSettings, LimitSettings};
use super::models::CapacitySettings;
use super::prices::ModelFacts;
use crate::document::{Kind, Node};
use crate::place::At;
use crate::shape::{Named, NamedEntry, Reader, Shape, Text, choices, settings};
use gw_model::{Secret, WireFormat};
use serde_json::{Value, json};

settings! {
    /// One provider.
    pub struct ProviderSettings {
        /// A name of the catalogue, `openai-compatible` or `azure-openai`. The provider's own name when not given.
        optional kind: Text,
        /// The credential, best as `${VARIABLE}`.
        optional api_key: Secret,
        /// A file that holds the key; it is read again when it changes.
        optional api_key_file: Text,
        /// A credential of the encrypted store (`/api/v1/credentials`), by its name.
        optional stored_credential: Text,
        /// Several credentials by name. One is drawn by weight for each request, unless the target or the caller's key names it; when the provider refuses one, the next is tried.
        section credentials: Named<CredentialSettings>,
        /// Vertex AI: the project's id. Not needed with `api_key`.
        optional project: Text,
        /// Vertex AI: the location, `global` when not given.
        optional location: Text,
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
        /// Base URL in the form of the provider's own SDK: ending in the version for OpenAI-shaped ones (`https://host/v1`), the host root for Anthropic, Gemini, Vertex AI, Cohere and Bedrock.
        optional base_url: Text,
        /// Azure: the resource's URL, `https://NAME.openai.azure.com`. Bedrock: an endpoint other than the region's own.
        optional endpoint: Text,
        /// Azure: the `api-version` to call: `v1` when not given, `preview`, or a date such as `2024-10-21`. Anthropic: the `anthropic-version` to send, whatever the caller speaks.
        optional api_version: Text,
        /// Region, for reports and residency rules. Bedrock: the AWS region that is called.
        optional region: Text,
        /// Bedrock: the id of the AWS access key that requests are signed with, in place of `api_key`.
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
        /// The format that conversations go out in, where a provider has more than one, or is an OpenAI-compatible server that speaks another.
        optional upstream_format: UpstreamFormat,
        /// What stands for the `{names}` in the base URL that the catalogue has, such as Cloudflare's `account_id` or Databricks' `workspace_host`; `docs/providers.md` lists them.
        section base_url_values: Named<Text>,
        /// Headers added to each request.
        section headers: Named<Secret>,
        /// Models that it serves, with prices; or a plain list of names.
        section models: ProviderModels,
        /// PEM file with further certificate authorities to trust.
        optional ca_file: Text,
        /// PEM file with the client certificate chain.
        optional client_cert_file: Text,
        /// PEM file with the client certificate's key.
        optional client_key_file: Text,
        /// `http://` or `https://` proxy to go through; `""` for none, also when the environment names one.
        optional proxy: Text,
        /// Allow link-local and cloud metadata addresses.
        default(false) allow_link_local: bool,
        /// Speak HTTP/2 on `http://` connections at once.
        default(false) http2_prior_knowledge: bool,
        /// Asks the provider by itself whether it is there. Off unless given.
        optional health_check: HealthCheckSettings,
        /// What each of its models can take, unless a target says otherwise.
        optional capacity: CapacitySettings,
        /// Hard limits of all its models and callers together. As `limits` of targets.
        optional limits: LimitSettings,
        /// Hard budget of all its models and callers together. As `budget` of targets.
        optional budget: BudgetSettings,
        /// Several budgets, in place of `budget`: all must have enough left.
        section budgets: Vec<At<BudgetSettings>>,
    }
}

choices! {
    /// The format of conversations with a provider.
    pub enum UpstreamFormat {
        /// OpenAI chat completions.
        Chat = "chat",
        /// OpenAI responses.
        Responses = "responses",
        /// Anthropic messages.
        Messages = "messages",
        /// Google's `generateContent`.
        GenerateContent = "generate_content",
        /// Bedrock's `converse`.
        Converse = "converse",
        /// Cohere's `/v2/chat`.
        CohereChat = "cohere_chat",
    }
}

impl UpstreamFormat {
    /// The wire format.
    #[must_use]
    pub const fn wire(self) -> WireFormat {
        match self {
            Self::Chat => WireFormat::OpenAiChat,
            Self::Responses => WireFormat::OpenAiResponses,
            Self::Messages => WireFormat::AnthropicMessages,
            Self::GenerateContent => WireFormat::GeminiGenerate,
            Self::Converse => WireFormat::BedrockConverse,
            Self::CohereChat => WireFormat::CohereChat,
        }
    }
}

/// Models of a provider: a block from names to facts, or a list of names.
#[derive(Clone, Debug, Default)]
pub struct ProviderModels(pub Vec<NamedEntry<ModelFacts>>);

impl Shape for ProviderModels {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            return Named::read(node, reader).map(|named| Self(named.0));
        };
        let mut models: Vec<NamedEntry<ModelFacts>> = Vec::with_capacity(items.len());
        for item in items {
            let Some(Text(name)) = Text::read(item, reader) else { continue };
            if name.is_empty() || models.iter().any(|m| m.name == name) {
                reader
                    .faults
                    .add(item.place, format!("model '{name}' stands twice, or has no name: remove it"));
                continue;
            }
            models.push(NamedEntry { name, place: item.place, value: ModelFacts::default() });
        }
        Some(Self(models))
    }

    fn schema() -> Value {
        json!({ "anyOf": [
            Named::<ModelFacts>::schema(),
            { "type": "array", "items": { "type": "string" } },
        ] })
    }
}

//! Tokens of Google Cloud and Microsoft Entra ID, as the configuration asks for them.

use super::credentials::{Owner, filled};
use super::url;
use crate::errors::Faults;
use crate::place::At;
use crate::settings::credentials::{CredentialSettings, Identity};
use crate::shape::Text;
use gw_model::catalog::ProviderKind;
use gw_model::credential::{EntraSource, TokenSource};
use std::sync::Arc;

/// The surroundings' own identity.
pub(super) fn source(
    given: &CredentialSettings,
    owner: &Owner<'_>,
    faults: &mut Faults,
) -> Option<TokenSource> {
    let identity = given.identity?;
    let endpoint = endpoint(given, faults);
    let text = |field: &Option<At<Text>>| field.as_ref().map(|at| at.value.as_str().into());
    match (owner.kind, identity.value) {
        (ProviderKind::Vertex, Identity::Metadata) => Some(TokenSource::GoogleMetadata { endpoint }),
        (ProviderKind::AzureOpenAi, Identity::Managed) => {
            Some(TokenSource::AzureManaged { client_id: text(&given.client_id), endpoint })
        }
        (ProviderKind::AzureOpenAi, Identity::Workload) => Some(TokenSource::Entra(EntraSource {
            tenant_id: text(&given.tenant_id),
            client_id: text(&given.client_id),
            client_secret: None,
            endpoint,
        })),
        (kind, _) => {
            let fitting = if kind == ProviderKind::Vertex { "metadata" } else { "managed or workload" };
            faults.add(identity.place, format!("'identity' must be {fitting} for this provider"));
            None
        }
    }
}

/// A credentials file of Google Cloud.
pub(super) fn google_file(given: &CredentialSettings, faults: &mut Faults) -> Option<TokenSource> {
    let path = filled("credentials_file", given.credentials_file.as_ref()?, faults)?;
    Some(TokenSource::GoogleFile { path, endpoint: endpoint(given, faults) })
}

/// An application of Entra ID with its secret.
pub(super) fn application(given: &CredentialSettings, faults: &mut Faults) -> Option<TokenSource> {
    let secret = given.client_secret.as_ref()?;
    let (Some(tenant), Some(client)) = (&given.tenant_id, &given.client_id) else {
        faults.add(secret.place, "'client_secret' needs 'tenant_id' and 'client_id' beside it: add them");
        return None;
    };
    if secret.value.expose().is_empty() {
        faults.add(secret.place, "'client_secret' is empty: fill it in, or remove the key");
        return None;
    }
    Some(TokenSource::Entra(EntraSource {
        tenant_id: Some(filled("tenant_id", tenant, faults)?),
        client_id: Some(filled("client_id", client, faults)?),
        client_secret: Some(secret.value.clone()),
        endpoint: endpoint(given, faults),
    }))
}

/// Where tokens are obtained, when it is given.
pub(super) fn endpoint(given: &CredentialSettings, faults: &mut Faults) -> Option<Arc<str>> {
    let at = given.token_endpoint.as_ref()?;
    match url::parse(at.value.as_str()) {
        Ok(url) => Some(url.text.into()),
        Err(why) => {
            faults.add(at.place, format!("'token_endpoint' {why}"));
            None
        }
    }
}

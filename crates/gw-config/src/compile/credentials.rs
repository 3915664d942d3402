//! Credentials of a provider: each is of one kind only, of one that its provider takes, and complete. Files are not
//! opened here, and nobody is asked for a token.

use super::address::is_region;
use super::{aws, identity};
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::credentials::CredentialSettings;
use crate::settings::providers::ProviderSettings;
use crate::shape::{NamedEntry, Text};
use gw_model::Secret;
use gw_model::catalog::{AuthScheme, ProviderKind, ProviderSpec};
use gw_model::credential::{Credential, CredentialSource, CredentialValue, DEFAULT_CREDENTIAL};
use gw_model::snapshot::{AwsCredentials, Provider};
use std::sync::Arc;

/// Most credentials of one provider.
const MAX_CREDENTIALS: usize = 100;

/// What a provider's requests are authenticated with.
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) api_key: Option<Secret>,
    pub(super) aws: Option<AwsCredentials>,
    pub(super) list: Vec<Credential>,
}

/// What a credential is checked against.
pub(super) struct Owner<'a> {
    pub(super) entry: &'a NamedEntry<ProviderSettings>,
    pub(super) kind: ProviderKind,
}

impl Owner<'_> {
    pub(super) fn region(&self) -> Arc<str> {
        let region = self.entry.value.region.as_ref();
        region.map_or_else(|| "".into(), |region| region.value.as_str().into())
    }
}

/// Does the provider have a credential of that name?
pub(super) fn has(provider: &Provider, name: &str) -> bool {
    match provider.credentials.is_empty() {
        true => name == DEFAULT_CREDENTIAL,
        false => provider.credentials.iter().any(|credential| *credential.name == *name),
    }
}

pub(super) fn compile(
    entry: &NamedEntry<ProviderSettings>,
    spec: &ProviderSpec,
    faults: &mut Faults,
) -> Credentials {
    let owner = Owner { entry, kind: spec.kind };
    let settings = &entry.value;
    let own = settings.own_credential();
    let own_source = source(&own, &owner, faults);
    check_there_is_one(&owner, spec, own_source.is_some() || has_any(&own), faults);
    let named = &settings.credentials.value.0;
    if named.len() > MAX_CREDENTIALS {
        faults.add(settings.credentials.place, format!("there are more than {MAX_CREDENTIALS} credentials"));
    }
    let mut list: Vec<Credential> = Vec::new();
    if named.is_empty() {
        match own_source {
            Some(CredentialSource::Fixed(CredentialValue::Key(key))) => {
                return Credentials { api_key: Some(key), ..Credentials::default() };
            }
            Some(CredentialSource::Fixed(CredentialValue::Aws(aws))) => {
                return Credentials { aws: Some(aws), ..Credentials::default() };
            }
            None => return Credentials::default(),
            Some(source) => list.push(Credential { name: DEFAULT_CREDENTIAL.into(), weight: 1, source }),
        }
        return Credentials { list, ..Credentials::default() };
    }
    list.extend(own_source.map(|source| Credential { name: DEFAULT_CREDENTIAL.into(), weight: 1, source }));
    for given in named {
        if list.iter().any(|known| *known.name == *given.name) {
            faults.add(given.place, format!("credential '{}' stands twice: rename one", given.name));
        }
        match source(&given.value, &owner, faults) {
            Some(source) => list.push(Credential {
                name: given.name.as_str().into(),
                weight: given.value.weight.value.small(),
                source,
            }),
            None if has_any(&given.value) => {}
            None => faults.add(
                given.place,
                format!("credential '{}' is empty: add api_key, or where it comes from", given.name),
            ),
        }
    }
    if list.len() > 1 && list.iter().all(|credential| credential.weight == 0) {
        faults.add(settings.credentials.place, "all weights of the credentials are 0: give one more");
    }
    Credentials { list, ..Credentials::default() }
}

/// A group of keys that make one credential.
struct Group {
    place: Option<Place>,
    name: &'static str,
}

fn groups(given: &CredentialSettings) -> [Group; 9] {
    fn at<T>(field: &Option<At<T>>) -> Option<Place> {
        field.as_ref().map(|at| at.place)
    }
    let group = |name, place| Group { place, name };
    [
        group("api_key", at(&given.api_key)),
        group("api_key_file", at(&given.api_key_file)),
        group("stored_credential", at(&given.stored_credential)),
        group(
            "aws_access_key_id",
            at(&given.aws_access_key_id)
                .or(at(&given.aws_secret_access_key))
                .or(at(&given.aws_session_token)),
        ),
        group("aws_profile", at(&given.aws_profile)),
        group("aws_web_identity_token_file", at(&given.aws_web_identity_token_file)),
        group("credentials_file", at(&given.credentials_file)),
        group("client_secret", at(&given.client_secret)),
        group("identity", at(&given.identity)),
    ]
}

fn has_any(given: &CredentialSettings) -> bool {
    groups(given).iter().any(|group| group.place.is_some())
}

/// Where the credential comes from; `None` when nothing is given, or a fault was found.
fn source(given: &CredentialSettings, owner: &Owner<'_>, faults: &mut Faults) -> Option<CredentialSource> {
    if !check_kinds(given, owner.kind, faults) {
        return None;
    }
    let mut present = groups(given).into_iter().filter_map(|group| Some((group.name, group.place?)));
    let first = present.next();
    if let Some((second, place)) = present.next() {
        let first = first.map_or("", |(name, _)| name);
        faults.add(place, match (first, second) {
            ("api_key", "aws_access_key_id") => {
                "'api_key' and an AWS access key are two credentials: remove one".to_owned()
            }
            _ => format!(
                "'{first}' and '{second}' are two credentials: remove one, or name both under 'credentials'"
            ),
        });
        return None;
    }
    if owner.kind == ProviderKind::Bedrock {
        return aws::source(given, owner, first, faults);
    }
    match first?.0 {
        "identity" => identity::source(given, owner, faults).map(CredentialSource::Token),
        "credentials_file" => identity::google_file(given, faults).map(CredentialSource::Token),
        "client_secret" => identity::application(given, faults).map(CredentialSource::Token),
        _ => key_source(given, owner, faults),
    }
}

/// A key: written out, in a file, or in the store.
pub(super) fn key_source(
    given: &CredentialSettings,
    owner: &Owner<'_>,
    faults: &mut Faults,
) -> Option<CredentialSource> {
    if let Some(key) = &given.api_key {
        if !super::providers::fits_header(key.value.expose()) {
            let name = &owner.entry.name;
            let message =
                format!("the key of provider '{name}' holds spaces, control or non-ASCII characters");
            faults.add(key.place, message);
        }
        return Some(CredentialSource::Fixed(CredentialValue::Key(key.value.clone())));
    }
    if let Some(file) = &given.api_key_file {
        return Some(CredentialSource::KeyFile(filled("api_key_file", file, faults)?));
    }
    let stored = given.stored_credential.as_ref()?;
    Some(CredentialSource::Stored(filled("stored_credential", stored, faults)?))
}

/// The text of a setting that must not be empty.
pub(super) fn filled(name: &str, at: &At<Text>, faults: &mut Faults) -> Option<Arc<str>> {
    let text = at.value.as_str().trim();
    if text.is_empty() {
        faults.add(at.place, format!("'{name}' is empty: fill it in, or remove the key"));
        return None;
    }
    Some(text.into())
}

/// Keys of credentials that the provider's kind does not take.
fn check_kinds(given: &CredentialSettings, kind: ProviderKind, faults: &mut Faults) -> bool {
    fn at<T>(field: &Option<At<T>>) -> Option<Place> {
        field.as_ref().map(|at| at.place)
    }
    let (bedrock, azure, vertex) = (ProviderKind::Bedrock, ProviderKind::AzureOpenAi, ProviderKind::Vertex);
    let keys: [(&str, Option<Place>, &[ProviderKind]); 14] = [
        ("aws_access_key_id", at(&given.aws_access_key_id), &[bedrock]),
        ("aws_secret_access_key", at(&given.aws_secret_access_key), &[bedrock]),
        ("aws_session_token", at(&given.aws_session_token), &[bedrock]),
        ("aws_profile", at(&given.aws_profile), &[bedrock]),
        ("aws_role_arn", at(&given.aws_role_arn), &[bedrock]),
        ("aws_external_id", at(&given.aws_external_id), &[bedrock]),
        ("aws_role_session_name", at(&given.aws_role_session_name), &[bedrock]),
        ("aws_web_identity_token_file", at(&given.aws_web_identity_token_file), &[bedrock]),
        ("credentials_file", at(&given.credentials_file), &[vertex]),
        ("tenant_id", at(&given.tenant_id), &[azure]),
        ("client_id", at(&given.client_id), &[azure]),
        ("client_secret", at(&given.client_secret), &[azure]),
        ("identity", at(&given.identity), &[bedrock, azure, vertex]),
        ("token_endpoint", at(&given.token_endpoint), &[bedrock, azure, vertex]),
    ];
    let mut fits = true;
    for (name, place, kinds) in keys {
        if let Some(place) = place.filter(|_| !kinds.contains(&kind)) {
            let takers: Vec<&str> = kinds.iter().map(|kind| word(*kind)).collect();
            faults.add(place, format!("'{name}' is for {} only: remove it", takers.join(", ")));
            fits = false;
        }
    }
    fits
}

const fn word(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Bedrock => "bedrock",
        ProviderKind::AzureOpenAi => "azure-openai",
        ProviderKind::Vertex => "vertex",
        _ => "others",
    }
}

/// A provider of the catalogue at its usual place without a credential can only answer 401.
fn check_there_is_one(owner: &Owner<'_>, spec: &ProviderSpec, has_own: bool, faults: &mut Faults) {
    let (entry, settings) = (owner.entry, &owner.entry.value);
    let has_one = has_own || !settings.credentials.value.0.is_empty();
    let has_headers = !settings.headers.value.0.is_empty();
    if owner.kind == ProviderKind::Bedrock {
        return aws::check(owner, has_one, faults);
    }
    let moved = settings.base_url.is_some() && spec.kind != ProviderKind::AzureOpenAi;
    // A server on this machine needs none.
    let is_remote =
        spec.base_url.as_deref().map_or(!spec.key_env.is_empty(), |url| url.starts_with("https://"));
    let needs = spec.auth != AuthScheme::None
        && (is_remote || matches!(spec.kind, ProviderKind::AzureOpenAi | ProviderKind::Vertex));
    if has_one || !needs || moved || has_headers {
        return;
    }
    let message = match spec.kind {
        ProviderKind::Vertex => format!(
            "provider '{}' needs a credential: add credentials_file: PATH, identity: metadata, or api_key",
            entry.name
        ),
        _ => {
            let usual = match spec.kind {
                ProviderKind::AzureOpenAi => "AZURE_OPENAI_API_KEY",
                _ => "VARIABLE",
            };
            let variable = spec.key_env.first().map_or(usual, AsRef::as_ref);
            format!("provider '{}' needs 'api_key': add api_key: ${{{variable}}}", entry.name)
        }
    };
    faults.add(entry.place, message);
}

/// Vertex AI's project and location, as the end of a base URL; nothing in express mode, which has neither.
pub(super) fn vertex_place(entry: &NamedEntry<ProviderSettings>, faults: &mut Faults) -> Option<VertexPlace> {
    let settings = &entry.value;
    let plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'_'))
    };
    let location = settings.location.as_ref().map_or("global", |at| at.value.as_str());
    if let Some(at) = settings.location.as_ref().filter(|at| !is_region(at.value.as_str())) {
        faults.add(at.place, "'location' must be a location of Vertex AI such as us-central1 or global");
        return None;
    }
    match &settings.project {
        Some(at) if plain(at.value.as_str()) => Some(VertexPlace {
            location: location.to_owned(),
            path: format!("/v1/projects/{}/locations/{location}", at.value.as_str()),
        }),
        Some(at) => {
            faults.add(at.place, "'project' must be the id of a Google Cloud project");
            None
        }
        None if settings.api_key.is_some()
            || settings.api_key_file.is_some()
            || settings.stored_credential.is_some() =>
        {
            Some(VertexPlace { location: location.to_owned(), path: "/v1".to_owned() })
        }
        None => {
            faults.add(entry.place, format!("provider '{}' needs 'project': add it", entry.name));
            None
        }
    }
}

/// Where on Vertex AI a provider is.
pub(super) struct VertexPlace {
    pub(super) location: String,
    pub(super) path: String,
}

impl VertexPlace {
    /// The usual host of the location.
    pub(super) fn host(&self) -> String {
        match self.location.as_str() {
            "global" => "https://aiplatform.googleapis.com".to_owned(),
            multi @ ("us" | "eu") => format!("https://aiplatform.{multi}.rep.googleapis.com"),
            location => format!("https://{location}-aiplatform.googleapis.com"),
        }
    }
}

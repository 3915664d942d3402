//! What requests to AWS are signed with, checked. A key that cannot be sent is a fault here, not at the first
//! call.

use super::address::is_region;
use super::credentials::{Owner, filled, key_source};
use super::identity;
use super::providers::fits_header;
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::credentials::{CredentialSettings, Identity};
use crate::shape::Text;
use gw_model::credential::{AwsRole, AwsSource, CredentialSource, CredentialValue, TokenSource};
use gw_model::snapshot::AwsCredentials;

/// Where the credential comes from; `first` is the group of keys that is given, with its place.
pub(super) fn source(
    given: &CredentialSettings,
    owner: &Owner<'_>,
    first: Option<(&'static str, Place)>,
    faults: &mut Faults,
) -> Option<CredentialSource> {
    let role_at = given.aws_role_arn.as_ref();
    let Some((group, place)) = first else {
        if let Some(role) = role_at {
            let message = "'aws_role_arn' needs credentials to assume the role with: add an access key, aws_profile, \
                           aws_web_identity_token_file or identity";
            faults.add(role.place, message);
        }
        return None;
    };
    let base = match (group, given.identity.map(|identity| identity.value)) {
        ("api_key" | "api_key_file" | "stored_credential", _) => {
            if let Some(role) = role_at {
                faults.add(role.place, "'aws_role_arn' does not go with a key: remove one");
            }
            return key_source(given, owner, faults);
        }
        ("aws_access_key_id", _) => AwsSource::Fixed(access_key(given, place, faults)?),
        ("aws_profile", _) => {
            let name = filled("aws_profile", given.aws_profile.as_ref()?, faults)?;
            AwsSource::Profile { name: Some(name), sts: sts(given, owner, faults) }
        }
        ("aws_web_identity_token_file", _) => {
            let file = given.aws_web_identity_token_file.as_ref()?;
            let token_file = Some(filled("aws_web_identity_token_file", file, faults)?);
            let source = AwsSource::WebIdentity { token_file, role: role(given, owner, faults) };
            return Some(CredentialSource::Token(TokenSource::Aws(source)));
        }
        (_, Some(Identity::Web)) => {
            let source = AwsSource::WebIdentity { token_file: None, role: role(given, owner, faults) };
            return Some(CredentialSource::Token(TokenSource::Aws(source)));
        }
        (_, Some(Identity::Profile)) => AwsSource::Profile { name: None, sts: sts(given, owner, faults) },
        (_, Some(Identity::Container)) => {
            AwsSource::Container { endpoint: identity::endpoint(given, faults).filter(|_| role_at.is_none()) }
        }
        (_, Some(Identity::Instance)) => {
            AwsSource::Instance { endpoint: identity::endpoint(given, faults).filter(|_| role_at.is_none()) }
        }
        _ => {
            faults.add(place, "'identity' must be container, instance, web or profile for this provider");
            return None;
        }
    };
    Some(match (role_at, base) {
        (Some(_), base) => {
            let role = role(given, owner, faults);
            CredentialSource::Token(TokenSource::Aws(AwsSource::Role { base: Box::new(base), role }))
        }
        (None, AwsSource::Fixed(credentials)) => CredentialSource::Fixed(CredentialValue::Aws(credentials)),
        // STS may have to be asked for a profile's role.
        (None, base) => CredentialSource::Token(TokenSource::Aws(base)),
    })
}

fn access_key(given: &CredentialSettings, place: Place, faults: &mut Faults) -> Option<AwsCredentials> {
    let (Some(id), Some(secret)) = (&given.aws_access_key_id, &given.aws_secret_access_key) else {
        faults.add(place, "'aws_access_key_id' and 'aws_secret_access_key' go together: add the other");
        return None;
    };
    let token = given.aws_session_token.as_ref();
    let id_text = id.value.as_str();
    // The id stands between slashes and commas in the signature's header.
    let fits_id = !id_text.is_empty() && fits_header(id_text) && !id_text.contains([',', '/']);
    for (name, place, fits) in [
        ("aws_access_key_id", id.place, fits_id),
        ("aws_secret_access_key", secret.place, !secret.value.expose().is_empty()),
        (
            "aws_session_token",
            token.map_or(id.place, |t| t.place),
            token.is_none_or(|t| fits_header(t.value.expose())),
        ),
    ] {
        if !fits {
            faults.add(
                place,
                format!("'{name}' is empty or holds characters that such a credential cannot have"),
            );
        }
    }
    Some(AwsCredentials {
        access_key_id: id_text.into(),
        secret_access_key: secret.value.clone(),
        session_token: token.map(|token| token.value.clone()),
    })
}

/// Where a profile's role is assumed.
fn sts(given: &CredentialSettings, owner: &Owner<'_>, faults: &mut Faults) -> AwsRole {
    AwsRole { arn: "".into(), external_id: None, ..role(given, owner, faults) }
}

/// The role to assume; without an ARN, the environment is asked for it.
fn role(given: &CredentialSettings, owner: &Owner<'_>, faults: &mut Faults) -> AwsRole {
    let text = |field: &Option<At<Text>>| field.as_ref().map(|at| at.value.as_str().into());
    if let Some(arn) = given.aws_role_arn.as_ref().filter(|arn| !arn.value.as_str().starts_with("arn:")) {
        faults.add(arn.place, "'aws_role_arn' must be an ARN such as arn:aws:iam::123456789012:role/NAME");
    }
    AwsRole {
        arn: text(&given.aws_role_arn).unwrap_or_default(),
        session_name: text(&given.aws_role_session_name),
        external_id: text(&given.aws_external_id),
        region: owner.region(),
        endpoint: identity::endpoint(given, faults),
    }
}

/// Is there a credential where one is needed, and a region?
pub(super) fn check(owner: &Owner<'_>, has_one: bool, faults: &mut Faults) {
    let (entry, settings) = (owner.entry, &owner.entry.value);
    let is_elsewhere = settings.base_url.is_some() || settings.endpoint.is_some();
    let is_key = |given: &CredentialSettings| {
        given.api_key.is_some() || given.api_key_file.is_some() || given.stored_credential.is_some()
    };
    let named = &settings.credentials.value.0;
    let is_signed = has_one
        && (!named.is_empty() && !named.iter().all(|given| is_key(&given.value))
            || named.is_empty() && !is_key(&settings.own_credential())
            || settings.aws_access_key_id.is_some());
    if is_signed || !is_elsewhere {
        check_region(owner, faults);
    }
    // A server of one's own, or headers, may need neither.
    if !has_one && !is_elsewhere && settings.headers.value.0.is_empty() {
        let message = format!(
            "provider '{}' needs a credential: add aws_access_key_id: ${{AWS_ACCESS_KEY_ID}} and \
             aws_secret_access_key: ${{AWS_SECRET_ACCESS_KEY}}, or api_key: ${{AWS_BEARER_TOKEN_BEDROCK}}",
            entry.name
        );
        faults.add(entry.place, message);
    }
}

/// Signatures are made for a region, and the usual endpoint is a region's.
fn check_region(owner: &Owner<'_>, faults: &mut Faults) {
    let entry = owner.entry;
    match &entry.value.region {
        Some(region) if is_region(region.value.as_str()) => {}
        Some(region) => {
            faults.add(region.place, "'region' must be the name of an AWS region such as us-east-1")
        }
        None => {
            let message = format!("provider '{}' needs 'region': add it, for example us-east-1", entry.name);
            faults.add(entry.place, message);
        }
    }
}

//! What requests to AWS are signed with, checked. A key that cannot be sent is a fault here, not at the first
//! call.

use super::address::is_region;
use super::providers::fits_header;
use crate::errors::Faults;
use crate::place::Place;
use crate::settings::providers::ProviderSettings;
use crate::shape::NamedEntry;
use gw_model::catalog::{ProviderKind, ProviderSpec};
use gw_model::snapshot::AwsCredentials;

/// The credentials; `None` when the provider is not signed for, or carries `api_key`.
pub(super) fn credentials(
    entry: &NamedEntry<ProviderSettings>,
    spec: &ProviderSpec,
    faults: &mut Faults,
) -> Option<AwsCredentials> {
    let settings = &entry.value;
    let places: [(&str, Option<Place>); 3] = [
        ("aws_access_key_id", settings.aws_access_key_id.as_ref().map(|at| at.place)),
        ("aws_secret_access_key", settings.aws_secret_access_key.as_ref().map(|at| at.place)),
        ("aws_session_token", settings.aws_session_token.as_ref().map(|at| at.place)),
    ];
    if spec.kind != ProviderKind::Bedrock {
        for (name, place) in places.iter().filter_map(|(name, place)| Some((name, (*place)?))) {
            faults.add(place, format!("'{name}' is for bedrock only: remove it"));
        }
        return None;
    }
    let any = places.iter().find_map(|(_, place)| *place);
    let is_elsewhere = settings.base_url.is_some() || settings.endpoint.is_some();
    if any.is_some() || !is_elsewhere {
        check_region(entry, faults);
    }
    match (&settings.api_key, any) {
        (Some(_), Some(place)) => {
            faults.add(place, "'api_key' and an AWS access key are two credentials: remove one");
            return None;
        }
        (Some(_), None) => return None,
        (None, None) => {
            // A server of one's own, or headers, may need neither.
            if !is_elsewhere && settings.headers.value.0.is_empty() {
                let message = format!(
                    "provider '{}' needs a credential: add aws_access_key_id: ${{AWS_ACCESS_KEY_ID}} and \
                     aws_secret_access_key: ${{AWS_SECRET_ACCESS_KEY}}, or api_key: ${{AWS_BEARER_TOKEN_BEDROCK}}",
                    entry.name
                );
                faults.add(entry.place, message);
            }
            return None;
        }
        (None, Some(_)) => {}
    }
    let (Some(id), Some(secret)) = (&settings.aws_access_key_id, &settings.aws_secret_access_key) else {
        let place = any.unwrap_or(entry.place);
        faults.add(place, "'aws_access_key_id' and 'aws_secret_access_key' go together: add the other");
        return None;
    };
    let token = settings.aws_session_token.as_ref();
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

/// Signatures are made for a region, and the usual endpoint is a region's.
fn check_region(entry: &NamedEntry<ProviderSettings>, faults: &mut Faults) {
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

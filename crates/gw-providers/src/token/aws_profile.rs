//! Profiles of AWS's shared configuration files. Serves Bedrock. It must not open the files: their texts are passed
//! in.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

use super::TokenError;
use gw_model::Secret;
use gw_model::credential::{AwsRole, AwsSource};
use gw_model::snapshot::AwsCredentials;
use std::collections::HashMap;

/// Most profiles that refer to each other by `source_profile`.
const MAX_CHAIN: usize = 8;

/// The shared files' texts; a missing file is empty.
#[derive(Clone, Copy, Default)]
pub struct Files<'a> {
    /// `~/.aws/config`.
    pub config: &'a str,
    /// `~/.aws/credentials`.
    pub credentials: &'a str,
}

impl std::fmt::Debug for Files<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

type Profile<'a> = HashMap<&'a str, &'a str>;

/// What a profile's credentials are made from. `role` gives region and endpoint of STS.
///
/// # Errors
/// There is no such profile, it has no credentials, or profiles refer to each other in a circle.
pub fn resolve(name: &str, files: Files<'_>, role: &AwsRole) -> Result<AwsSource, TokenError> {
    source(name, files, role, MAX_CHAIN)
}

fn source(name: &str, files: Files<'_>, sts: &AwsRole, left: usize) -> Result<AwsSource, TokenError> {
    let wrong = |text: &str| TokenError::malformed(format!("the AWS profile '{}' {text}", shown(name)));
    let profile = find(name, files);
    if profile.is_empty() {
        return Err(wrong("is in neither of the shared files"));
    }
    let text = |key: &str| profile.get(key).copied().filter(|value| !value.is_empty());
    let Some(arn) = text("role_arn") else {
        return keys(&profile).map(AwsSource::Fixed).ok_or_else(|| {
            if profile.contains_key("sso_session") || profile.contains_key("sso_start_url") {
                wrong("signs in through a browser (SSO), which a server cannot do")
            } else if profile.contains_key("credential_process") {
                wrong("runs a program for its credentials, which is not supported")
            } else {
                wrong("has no access key and no role")
            }
        });
    };
    let role = AwsRole {
        arn: arn.into(),
        session_name: text("role_session_name").map(Into::into).or_else(|| sts.session_name.clone()),
        external_id: text("external_id").map(Into::into),
        region: sts.region.clone(),
        endpoint: sts.endpoint.clone(),
    };
    if let Some(file) = text("web_identity_token_file") {
        return Ok(AwsSource::WebIdentity { token_file: Some(file.into()), role });
    }
    let base = match (text("source_profile"), text("credential_source")) {
        (Some(own), _) if own == name => {
            keys(&profile).map(AwsSource::Fixed).ok_or_else(|| wrong("names itself as its source"))?
        }
        (Some(other), _) => {
            let left = left.checked_sub(1).ok_or_else(|| wrong("refers to others in a circle"))?;
            source(other, files, sts, left)?
        }
        (None, Some("EcsContainer")) => AwsSource::Container { endpoint: None },
        (None, Some("Ec2InstanceMetadata")) => AwsSource::Instance { endpoint: None },
        _ => return Err(wrong("has a role, but no source_profile to assume it with")),
    };
    Ok(AwsSource::Role { base: Box::new(base), role })
}

fn keys(profile: &Profile<'_>) -> Option<AwsCredentials> {
    let text = |key: &str| profile.get(key).copied().filter(|value| !value.is_empty());
    Some(AwsCredentials {
        access_key_id: text("aws_access_key_id")?.into(),
        secret_access_key: Secret::new(text("aws_secret_access_key")?.to_owned()),
        session_token: text("aws_session_token").map(|token| Secret::new(token.to_owned())),
    })
}

/// A profile's settings from both files; the credentials file goes before.
fn find<'a>(name: &str, files: Files<'a>) -> Profile<'a> {
    let mut profile = Profile::new();
    collect(files.config, &mut profile, |section| match section.strip_prefix("profile") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim() == name,
        _ => name == "default" && section == "default",
    });
    collect(files.credentials, &mut profile, |section| section == name);
    profile
}

fn collect<'a>(text: &'a str, profile: &mut Profile<'a>, is_wanted: impl Fn(&str) -> bool) {
    let mut inside = false;
    for line in text.lines() {
        // What is indented belongs to a nested setting, none of which is of interest here.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            inside = rest.split(']').next().is_some_and(|section| is_wanted(section.trim()));
            continue;
        }
        if let (true, Some((key, value))) = (inside, line.split_once('=')) {
            // A comment ends a value only behind a blank.
            let end = value.find(" #").or_else(|| value.find(" ;")).unwrap_or(value.len());
            profile.insert(key.trim(), value.get(..end).unwrap_or(value).trim());
        }
    }
}

/// A name as it may stand in a message.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

//! Settings without a file: every provider of the catalogue whose usual key stands in the environment.

use super::credentials::Identity;
use super::otlp::OtelEnv;
use super::providers::ProviderSettings;
use super::{FileSettings, Files, Settings};
use crate::env::Env;
use crate::listed::AllGiven;
use crate::place::{At, Place};
use crate::shape::{Named, NamedEntry, Text};
use gw_model::Secret;
use gw_model::catalog::{Catalog, ProviderKind, ProviderSpec};

impl Settings {
    /// The settings when there is no file. A provider is on when one of its usual key variables is set
    /// and not blank; `NAME_BASE_URL` (for example `OPENAI_BASE_URL`) moves it, as it does for its SDK.
    /// Providers whose place the catalogue does not know need that variable too.
    #[must_use]
    pub fn from_environment(env: &dyn Env, catalog: &dyn Catalog) -> Self {
        let mut specs: Vec<&ProviderSpec> = catalog.providers().values().collect();
        specs.sort_by(|a, b| a.name.cmp(&b.name));
        let mut file = FileSettings::default();
        for spec in specs {
            if spec.kind == ProviderKind::Bedrock {
                file.providers.value.0.extend(bedrock(spec, env));
                continue;
            }
            if spec.kind == ProviderKind::Vertex {
                file.providers.value.0.extend(vertex(spec, env));
                continue;
            }
            let Some(key) = spec.key_env.iter().find_map(|name| env.filled(name)) else { continue };
            let base_url = env.filled(&base_url_variable(&spec.name));
            if spec.base_url.is_none() && base_url.is_none() {
                continue;
            }
            let values = match base_url {
                Some(_) => Named::default(),
                None => match placeholders(spec, env) {
                    Some(values) => values,
                    None => continue,
                },
            };
            let value = ProviderSettings {
                api_key: Some(At::nowhere(Secret::new(key.trim().to_owned()))),
                base_url_values: At::nowhere(values),
                base_url: base_url.map(|url| At::nowhere(Text(url.trim().to_owned()))),
                ..ProviderSettings::default()
            };
            let name = spec.name.to_string();
            file.providers.value.0.push(NamedEntry { name, place: Place::NONE, value });
        }
        Self {
            source: "environment".into(),
            file,
            demo: false,
            files: Files::new(),
            otel: OtelEnv::default(),
            given: AllGiven::default(),
        }
    }
}

/// Bedrock, with the variables that AWS SDKs read: on when there are a region and a credential. A bearer token goes
/// before an access key.
fn bedrock(spec: &ProviderSpec, env: &dyn Env) -> Option<NamedEntry<ProviderSettings>> {
    let filled = |name: &str| env.filled(name).map(|value| value.trim().to_owned());
    let secret = |value: String| At::nowhere(Secret::new(value));
    let text = |value: String| At::nowhere(Text(value));
    let region = filled("AWS_REGION").or_else(|| filled("AWS_DEFAULT_REGION"))?;
    let mut value = ProviderSettings {
        region: Some(text(region)),
        endpoint: filled("AWS_ENDPOINT_URL_BEDROCK_RUNTIME").map(text),
        ..ProviderSettings::default()
    };
    match spec.key_env.iter().find_map(|name| filled(name)) {
        Some(token) => value.api_key = Some(secret(token)),
        None if filled("AWS_ACCESS_KEY_ID").is_some() => {
            value.aws_access_key_id = filled("AWS_ACCESS_KEY_ID").map(text);
            value.aws_secret_access_key = Some(secret(filled("AWS_SECRET_ACCESS_KEY")?));
            value.aws_session_token = filled("AWS_SESSION_TOKEN").map(secret);
        }
        None => value.identity = Some(At::nowhere(aws_identity(env)?)),
    }
    Some(NamedEntry { name: spec.name.to_string(), place: Place::NONE, value })
}

/// What the base URL needs, from the environment; `None` when something of it is not there.
fn placeholders(spec: &ProviderSpec, env: &dyn Env) -> Option<Named<Text>> {
    if spec.base_url.as_deref().is_some_and(|url| url.contains("{region}")) {
        return None;
    }
    let values = spec.placeholders.iter().map(|placeholder| {
        let value = placeholder.env.iter().find_map(|name| env.filled(name))?;
        let value = Text(value.trim().to_owned());
        Some(NamedEntry { name: placeholder.name.to_string(), place: Place::NONE, value })
    });
    values.collect::<Option<Vec<_>>>().map(Named)
}

/// The identity that AWS's SDKs would use, when a variable says that there is one.
fn aws_identity(env: &dyn Env) -> Option<Identity> {
    let is_set = |name: &str| env.filled(name).is_some();
    if is_set("AWS_PROFILE") {
        Some(Identity::Profile)
    } else if is_set("AWS_WEB_IDENTITY_TOKEN_FILE") && is_set("AWS_ROLE_ARN") {
        Some(Identity::Web)
    } else if is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    {
        Some(Identity::Container)
    } else {
        None
    }
}

/// Vertex AI, with the variables that Google's SDKs read: on when there are a project and a credentials file.
fn vertex(spec: &ProviderSpec, env: &dyn Env) -> Option<NamedEntry<ProviderSettings>> {
    let text = |name: &str| env.filled(name).map(|value| At::nowhere(Text(value.trim().to_owned())));
    let value = ProviderSettings {
        project: Some(text("GOOGLE_CLOUD_PROJECT")?),
        location: text("GOOGLE_CLOUD_LOCATION"),
        credentials_file: Some(text("GOOGLE_APPLICATION_CREDENTIALS")?),
        ..ProviderSettings::default()
    };
    Some(NamedEntry { name: spec.name.to_string(), place: Place::NONE, value })
}

/// `OPENAI_BASE_URL` for `openai`.
fn base_url_variable(provider: &str) -> String {
    let mut name: String = provider
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    name.push_str("_BASE_URL");
    name
}

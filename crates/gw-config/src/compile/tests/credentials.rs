//! Credentials of providers: what they become, and each refusal word for word.

use super::{faults, ok};
use gw_model::credential::{
    AwsRole, AwsSource, Credential, CredentialSource, CredentialValue, EntraSource, TokenSource,
};
use gw_model::{Secret, WireFormat};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// The source of a provider's only credential.
fn source(provider: &str) -> CredentialSource {
    let compiled = ok(&format!("providers:\n  p: {{ {provider} }}\n"));
    match &compiled.snapshot.providers["p"].credentials[..] {
        [one] => one.source.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn vertex_is_where_project_and_location_say() {
    let cases = [
        ("project: p-1", "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global"),
        (
            "project: p-1, location: us-east5",
            "https://us-east5-aiplatform.googleapis.com/v1/projects/p-1/locations/us-east5",
        ),
        (
            "project: p-1, location: eu",
            "https://aiplatform.eu.rep.googleapis.com/v1/projects/p-1/locations/eu",
        ),
        ("project: p-1, base_url: 'http://h:1/'", "http://h:1/v1/projects/p-1/locations/global"),
        ("api_key: k", "https://aiplatform.googleapis.com/v1"),
    ];
    for (settings, url) in cases {
        let credential = if settings.contains("api_key") { "" } else { ", credentials_file: /sa.json" };
        let compiled = ok(&format!("providers:\n  vertex: {{ {settings}{credential} }}\n"));
        let provider = &compiled.snapshot.providers["vertex"];
        assert_eq!(&*provider.base_url, url);
        assert_eq!(provider.formats[0], WireFormat::GeminiGenerate);
    }
    let file = source("kind: vertex, project: p, credentials_file: /sa.json");
    let wanted = TokenSource::GoogleFile { path: "/sa.json".into(), endpoint: None };
    assert_eq!(file, CredentialSource::Token(wanted));
    let metadata = source("kind: vertex, project: p, identity: metadata, token_endpoint: 'http://m:1/'");
    let wanted = TokenSource::GoogleMetadata { endpoint: Some("http://m:1".into()) };
    assert_eq!(metadata, CredentialSource::Token(wanted));
}

#[test]
fn azures_identities() {
    let at = "kind: azure-openai, endpoint: 'https://e'";
    let application = EntraSource {
        tenant_id: Some("t".into()),
        client_id: Some("c".into()),
        client_secret: Some(secret("s")),
        endpoint: None,
    };
    let workload = EntraSource { tenant_id: None, client_id: None, client_secret: None, endpoint: None };
    let cases = [
        ("tenant_id: t, client_id: c, client_secret: s", TokenSource::Entra(application)),
        ("identity: workload", TokenSource::Entra(workload)),
        (
            "identity: managed, client_id: u",
            TokenSource::AzureManaged { client_id: Some("u".into()), endpoint: None },
        ),
    ];
    for (settings, wanted) in cases {
        assert_eq!(source(&format!("{at}, {settings}")), CredentialSource::Token(wanted), "{settings}");
    }
}

#[test]
fn awss_sources() {
    let at = "kind: bedrock, region: us-east-1";
    let region = || AwsRole { region: "us-east-1".into(), ..AwsRole::default() };
    let role = || AwsRole { arn: "arn:aws:iam::1:role/r".into(), ..region() };
    let cases = [
        ("aws_profile: dev", AwsSource::Profile { name: Some("dev".into()), sts: region() }),
        ("identity: profile", AwsSource::Profile { name: None, sts: region() }),
        ("identity: instance", AwsSource::Instance { endpoint: None }),
        ("identity: web", AwsSource::WebIdentity { token_file: None, role: region() }),
        (
            "aws_web_identity_token_file: /t, aws_role_arn: 'arn:aws:iam::1:role/r'",
            AwsSource::WebIdentity { token_file: Some("/t".into()), role: role() },
        ),
        (
            "identity: container, aws_role_arn: 'arn:aws:iam::1:role/r', aws_external_id: e",
            AwsSource::Role {
                base: Box::new(AwsSource::Container { endpoint: None }),
                role: AwsRole { external_id: Some("e".into()), ..role() },
            },
        ),
    ];
    for (settings, wanted) in cases {
        let wanted = CredentialSource::Token(TokenSource::Aws(wanted));
        assert_eq!(source(&format!("{at}, {settings}")), wanted, "{settings}");
    }
    // An access key alone is what it was before.
    let compiled =
        ok(&format!("providers:\n  p: {{ {at}, aws_access_key_id: A, aws_secret_access_key: s }}\n"));
    let provider = &compiled.snapshot.providers["p"];
    assert!(provider.aws.is_some() && provider.credentials.is_empty());
}

#[test]
fn several_credentials_and_who_is_bound_to_which() {
    let compiled = ok("
providers:
  openai:
    api_key: k0
    credentials:
      a: { api_key: k1, weight: 3 }
      b: { api_key_file: /key }
      c: { stored_credential: main, weight: 0 }
models:
  m: { targets: [{ provider: openai, model: gpt-4o, credential: b }] }
keys:
  - { name: k, key: 0123456789abcdef, credentials: { openai: default } }
");
    let provider = &compiled.snapshot.providers["openai"];
    let key = |text: &str| CredentialSource::Fixed(CredentialValue::Key(secret(text)));
    let wanted = [
        ("default", 1, key("k0")),
        ("a", 3, key("k1")),
        ("b", 1, CredentialSource::KeyFile("/key".into())),
        ("c", 0, CredentialSource::Stored("main".into())),
    ];
    let wanted = wanted.map(|(name, weight, source)| Credential { name: name.into(), weight, source });
    assert_eq!(provider.credentials, wanted);
    assert!(provider.api_key.is_none(), "one of them is drawn");
    assert_eq!(compiled.snapshot.models["m"].targets[0].credential.as_deref(), Some("b"));
    assert_eq!(compiled.keys[0].policy.credentials["openai"], "default");
}

#[test]
fn refusals() {
    let text = "
providers:
  vertex: { project: p }
  v2: { kind: vertex, credentials_file: /f }
  v3: { kind: vertex, project: 'p/x', identity: managed }
  v4: { kind: vertex, project: p, location: 'US east', api_key: k, credentials_file: /f }
  az: { kind: azure-openai, endpoint: 'https://e', client_secret: s }
  b1: { kind: bedrock, region: us-east-1, aws_role_arn: 'arn:x' }
  b2: { kind: bedrock, region: us-east-1, aws_profile: dev, aws_role_arn: nothing, token_endpoint: x }
  openai: { identity: metadata, project: p }
  groq: { credentials: { a: { weight: 0, api_key: k }, b: { weight: 0, api_key: k }, c: {} } }
models:
  m: { targets: [{ provider: groq, model: m, credential: z }] }
keys:
  - { name: k, key: 0123456789abcdef, credentials: { groq: z, nobody: a } }
";
    let expected = "\
f.yaml:3:3: provider 'vertex' needs a credential: add credentials_file: PATH, identity: metadata, or api_key
f.yaml:4:3: provider 'v2' needs 'project': add it
f.yaml:5:32: 'project' must be the id of a Google Cloud project
f.yaml:5:49: 'identity' must be metadata for this provider
f.yaml:6:45: 'location' must be a location of Vertex AI such as us-central1 or global
f.yaml:6:86: 'api_key' and 'credentials_file' are two credentials: remove one, or name both under 'credentials'
f.yaml:7:67: 'client_secret' needs 'tenant_id' and 'client_id' beside it: add them
f.yaml:8:3: provider 'b1' needs a credential: add aws_access_key_id: ${AWS_ACCESS_KEY_ID} and aws_secret_access_key: ${AWS_SECRET_ACCESS_KEY}, or api_key: ${AWS_BEARER_TOKEN_BEDROCK}
f.yaml:8:57: 'aws_role_arn' needs credentials to assume the role with: add an access key, aws_profile, aws_web_identity_token_file or identity
f.yaml:9:75: 'aws_role_arn' must be an ARN such as arn:aws:iam::123456789012:role/NAME
f.yaml:9:100: 'token_endpoint' must begin with https:// or http://
f.yaml:10:23: 'identity' is for bedrock, azure-openai, vertex only: remove it
f.yaml:10:42: 'project' is for vertex only: remove it
f.yaml:11:24: all weights of the credentials are 0: give one more
f.yaml:11:86: credential 'c' is empty: add api_key, or where it comes from
f.yaml:13:58: provider 'groq' has no credential 'z'
f.yaml:15:54: provider 'groq' has no credential 'z'
f.yaml:15:63: there is no provider 'nobody': 'credentials' has a provider's name before each ':'";
    assert_eq!(faults(text), expected);
}

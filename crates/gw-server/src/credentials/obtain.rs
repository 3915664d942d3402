//! From where a credential comes to the credential itself: the questions to be asked, one after the other. It must not
//! decide when.

use super::exchange::Exchange;
use super::surroundings;
use gw_model::Micros;
use gw_model::credential::{AwsRole, AwsSource, CredentialSource, CredentialValue, EntraSource, TokenSource};
use gw_model::snapshot::ConnectOptions;
use gw_providers::token::entra::Proof;
use gw_providers::token::{Token, TokenError, aws_hosts, aws_profile, aws_sts, entra, google, oauth_answer};

/// Most sources behind each other: roles assumed with roles.
const MAX_CHAIN: u8 = 8;

/// Obtains a credential.
pub(super) async fn obtain(
    source: &CredentialSource,
    connect: &ConnectOptions,
    exchange: &Exchange,
    now: Micros,
) -> Result<Token, TokenError> {
    let asking = Asking { connect, exchange, now };
    match source {
        CredentialSource::Fixed(value) => Ok(Token { value: value.clone(), expires_at: None }),
        CredentialSource::KeyFile(path) => {
            let key = surroundings::secret(path).await?;
            Ok(Token { value: CredentialValue::Key(key), expires_at: None })
        }
        CredentialSource::Stored(_) => Err(TokenError::malformed("a stored credential is not obtained")),
        CredentialSource::Token(source) => asking.token(source).await,
    }
}

struct Asking<'a> {
    connect: &'a ConnectOptions,
    exchange: &'a Exchange,
    now: Micros,
}

impl Asking<'_> {
    async fn token(&self, source: &TokenSource) -> Result<Token, TokenError> {
        let request = match source {
            TokenSource::GoogleFile { path, endpoint } => {
                let file = surroundings::bytes(path).await?;
                google::file_request(&file, endpoint.as_deref(), self.now)?
            }
            TokenSource::GoogleMetadata { endpoint } => {
                let host = surroundings::variable("GCE_METADATA_HOST").map(|host| format!("http://{host}"));
                google::metadata_request(endpoint.as_deref().or(host.as_deref()))?
            }
            TokenSource::Entra(application) => application_request(application).await?,
            TokenSource::AzureManaged { client_id, endpoint } => {
                let client_id = client_id.as_deref();
                let app = surroundings::variable("IDENTITY_ENDPOINT")
                    .zip(surroundings::variable("IDENTITY_HEADER"));
                match app.filter(|_| endpoint.is_none()) {
                    Some((url, secret)) => {
                        entra::app_request(&url, &gw_model::Secret::new(secret), client_id)?
                    }
                    None => entra::instance_request(endpoint.as_deref(), client_id)?,
                }
            }
            TokenSource::Aws(source) => return self.aws(source, MAX_CHAIN).await,
        };
        let answer = self.exchange.ask(request, self.connect).await?;
        oauth_answer(&answer, self.now)
    }

    async fn aws(&self, source: &AwsSource, left: u8) -> Result<Token, TokenError> {
        let ask = |request| self.exchange.ask(request, self.connect);
        match source {
            AwsSource::Fixed(credentials) => {
                Ok(Token { value: CredentialValue::Aws(credentials.clone()), expires_at: None })
            }
            AwsSource::Profile { name, sts } => {
                let source = profile(name.as_deref(), sts).await?;
                self.next(&source, left).await
            }
            AwsSource::Role { base, role } => {
                let base = self.next(base, left).await?;
                let CredentialValue::Aws(base) = &base.value else {
                    return Err(TokenError::malformed("a role is assumed with credentials of AWS only"));
                };
                aws_sts::answer(&ask(aws_sts::assume_role(role, base, self.now)?).await?)
            }
            AwsSource::WebIdentity { token_file, role } => {
                let file = token_file.as_deref().map(str::to_owned);
                let file = file.or_else(|| surroundings::variable("AWS_WEB_IDENTITY_TOKEN_FILE"));
                let file = file.ok_or(TokenError::Missing { what: "AWS_WEB_IDENTITY_TOKEN_FILE" })?;
                let token = surroundings::secret(&file).await?;
                let role = role_of_environment(role);
                aws_sts::answer(&ask(aws_sts::assume_with_token(&role, token.expose())?).await?)
            }
            AwsSource::Container { endpoint } => {
                let (url, authorization) = container(endpoint.as_deref()).await?;
                aws_hosts::answer(&ask(aws_hosts::container_request(&url, authorization.as_ref())?).await?)
            }
            AwsSource::Instance { endpoint } => {
                let host = surroundings::variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
                let host = endpoint.as_deref().or(host.as_deref());
                let session = ask(aws_hosts::instance_session(host)?).await?;
                let role = ask(aws_hosts::instance_role(host, &session, None)?).await?;
                aws_hosts::answer(&ask(aws_hosts::instance_role(host, &session, Some(&role))?).await?)
            }
        }
    }

    /// The source behind another one.
    async fn next(&self, source: &AwsSource, left: u8) -> Result<Token, TokenError> {
        let left =
            left.checked_sub(1).ok_or_else(|| TokenError::malformed("too many roles behind each other"))?;
        Box::pin(self.aws(source, left)).await
    }
}

async fn profile(name: Option<&str>, sts: &AwsRole) -> Result<AwsSource, TokenError> {
    let (config, credentials) = surroundings::aws_files().await?;
    let name = name.map(str::to_owned).or_else(|| surroundings::variable("AWS_PROFILE"));
    let files = aws_profile::Files { config: &config, credentials: &credentials };
    aws_profile::resolve(name.as_deref().unwrap_or("default"), files, sts)
}

async fn application_request(source: &EntraSource) -> Result<gw_providers::token::TokenRequest, TokenError> {
    let or_variable = |given: &Option<std::sync::Arc<str>>, name: &'static str| {
        let given = given.as_deref().map(str::to_owned);
        given.or_else(|| surroundings::variable(name)).ok_or(TokenError::Missing { what: name })
    };
    let tenant = or_variable(&source.tenant_id, "AZURE_TENANT_ID")?;
    let client = or_variable(&source.client_id, "AZURE_CLIENT_ID")?;
    let authority = source.endpoint.as_deref().map(str::to_owned);
    let authority = authority.or_else(|| surroundings::variable("AZURE_AUTHORITY_HOST"));
    if let Some(secret) = &source.client_secret {
        return entra::application_request(authority.as_deref(), &tenant, &client, Proof::Secret(secret));
    }
    let file = surroundings::variable("AZURE_FEDERATED_TOKEN_FILE")
        .ok_or(TokenError::Missing { what: "AZURE_FEDERATED_TOKEN_FILE" })?;
    let token = surroundings::secret(&file).await?;
    entra::application_request(authority.as_deref(), &tenant, &client, Proof::Federated(token.expose()))
}

/// The role as the configuration names it, else as the environment does.
fn role_of_environment(role: &AwsRole) -> AwsRole {
    let mut role = role.clone();
    if role.arn.is_empty() {
        role.arn = surroundings::variable("AWS_ROLE_ARN").unwrap_or_default().into();
    }
    if role.session_name.is_none() {
        role.session_name = surroundings::variable("AWS_ROLE_SESSION_NAME").map(Into::into);
    }
    role
}

/// The container's endpoint, and what it wants to see.
async fn container(given: Option<&str>) -> Result<(String, Option<gw_model::Secret>), TokenError> {
    let relative = || surroundings::variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let url = given
        .map(str::to_owned)
        .or_else(|| relative().map(|path| format!("{}{path}", aws_hosts::CONTAINER_HOST)))
        .or_else(|| surroundings::variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    let url = url.ok_or(TokenError::Missing { what: "AWS_CONTAINER_CREDENTIALS_FULL_URI" })?;
    let authorization = match surroundings::variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(file) => Some(surroundings::secret(&file).await?),
        None => surroundings::variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(gw_model::Secret::new),
    };
    Ok((url, authorization))
}

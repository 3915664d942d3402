//! One question to a token endpoint, over the same client that speaks to providers: its TLS, proxies and forbidden
//! addresses hold here too. It must not know what the answer means.

use gw_model::snapshot::ConnectOptions;
use gw_providers::token::{TokenError, TokenRequest, refusal};
use gw_upstream::{
    Destination, PhaseTimeouts, ProxyEnv, Upstream, UpstreamBody, UpstreamConfig, UpstreamRequest,
};
use std::rc::Rc;
use std::time::Duration;

/// Time for connecting, and for the answer's head, in milliseconds. Metadata services answer at once or never.
const CONNECT_MS: u64 = 4_000;
const FIRST_BYTE_MS: u64 = 10_000;
/// Time for all of it.
const WHOLE: Duration = Duration::from_secs(20);
/// Largest answer, in bytes.
const MAX_ANSWER: usize = 256 << 10;

/// See the module.
pub(crate) struct Exchange {
    upstream: Rc<Upstream>,
    proxies: ProxyEnv,
}

impl Exchange {
    pub(crate) fn new() -> Self {
        let proxies = ProxyEnv::from_vars(|name| std::env::var(name).ok());
        Self { upstream: Upstream::new(UpstreamConfig::default()), proxies }
    }

    /// The body of a good answer. `connect` says how the provider is reached.
    pub(crate) async fn ask(
        &self,
        request: TokenRequest,
        connect: &ConnectOptions,
    ) -> Result<Vec<u8>, TokenError> {
        match tokio::time::timeout(WHOLE, self.send(request, connect)).await {
            Ok(answer) => answer,
            Err(_) => Err(unreachable("no answer in time")),
        }
    }

    async fn send(&self, request: TokenRequest, connect: &ConnectOptions) -> Result<Vec<u8>, TokenError> {
        let options = match request.is_local {
            true => {
                ConnectOptions { proxy: Some("".into()), allow_link_local: true, ..ConnectOptions::default() }
            }
            // The client certificate is for the provider, not for who gives out tokens.
            false => ConnectOptions { client_cert_file: None, client_key_file: None, ..connect.clone() },
        };
        let options = ConnectOptions { http2_prior_knowledge: false, ..options };
        let wrong = |_| TokenError::malformed("the token endpoint is no URL");
        let uri: http::Uri =
            request.url.parse().map_err(|_| TokenError::malformed("the token endpoint is no URL"))?;
        let origin = uri.scheme_str().zip(uri.authority());
        let origin = origin.map(|(scheme, authority)| format!("{scheme}://{authority}")).unwrap_or_default();
        let (destination, _) = Destination::parse(&origin, &options, &self.proxies).map_err(wrong)?;
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let sent = UpstreamRequest {
            method: request.method,
            path_and_query: path.to_owned(),
            headers: request.headers,
            body: vec![request.body],
        };
        let phases =
            PhaseTimeouts { connect_ms: CONNECT_MS, first_byte_ms: FIRST_BYTE_MS, idle_ms: FIRST_BYTE_MS };
        let answer = self.upstream.send(&destination, &sent, phases).await;
        let answer = answer.map_err(|error| unreachable(&format!("{}: {error}", destination.host())))?;
        let status = answer.status;
        let body = read(answer.body).await?;
        if status.is_success() { Ok(body) } else { Err(refusal(status.as_u16(), &body)) }
    }
}

async fn read(mut body: UpstreamBody) -> Result<Vec<u8>, TokenError> {
    let mut out = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| unreachable("its answer broke off"))?;
        if out.len() + piece.len() > MAX_ANSWER {
            return Err(TokenError::malformed("the token endpoint's answer is too large"));
        }
        out.extend_from_slice(&piece);
    }
    Ok(out)
}

fn unreachable(detail: &str) -> TokenError {
    TokenError::Unreachable { detail: detail.to_owned() }
}

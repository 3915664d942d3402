//! A test call: one small question to a provider, for whoever sets it up. Serves the admin API; it counts nowhere, and
//! changes nothing of what is known of the provider. Its answer never holds a credential.

use crate::gateway::Gateway;
use crate::live::Live;
use gw_model::Clock;
use gw_model::snapshot::Provider;
use gw_upstream::{PhaseTimeouts, SendErrorKind, Upstream, UpstreamBody, UpstreamRequest};
use http::StatusCode;
use serde_json::Value;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Longest time that a test takes.
const LIMIT: Duration = Duration::from_secs(20);

/// Most of an answer that is read.
const MAX_ANSWER: usize = 1 << 20;

/// Names of models that are told, and characters of a message.
const MAX_MODELS: usize = 500;
const MAX_MESSAGE: usize = 300;

/// A test call to be made.
#[derive(Debug)]
pub struct Probe {
    live: Arc<Live>,
    provider: Arc<Provider>,
    model: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// The provider answered as it should.
    pub ok: bool,
    /// The status of its answer, where there was one.
    pub status: Option<u16>,
    /// How long it took.
    pub latency_ms: u64,
    /// What went wrong, and what to do about it; empty when nothing did.
    pub reason: String,
    /// Names of the models that it lists, where it was asked for them.
    pub models: Vec<String>,
}

impl Probe {
    /// For a provider of a configuration that need not be in force. `None`: it has no such provider.
    #[must_use]
    pub fn new(live: Arc<Live>, provider: &str, model: Option<String>) -> Option<Self> {
        let provider = live.snapshot.providers.get(provider).map(Arc::clone)?;
        Some(Self { live, provider, model })
    }

    /// Asks.
    pub async fn run(&self, gateway: &Gateway, upstream: &Rc<Upstream>) -> Probed {
        let clock = &*gateway.clock;
        let started = clock.now();
        let asked = tokio::time::timeout(LIMIT, self.ask(clock, upstream)).await;
        let seconds = LIMIT.as_secs();
        let mut probed =
            asked.unwrap_or_else(|_| failed(format!("there was no whole answer within {seconds} s")));
        probed.latency_ms = u64::try_from((clock.now() - started).max(0) / 1000).unwrap_or(0);
        probed
    }

    async fn ask(&self, clock: &impl Clock, upstream: &Rc<Upstream>) -> Probed {
        let limit_ms = u64::try_from(LIMIT.as_millis()).unwrap_or(u64::MAX);
        let Some(endpoint) = self.live.endpoint(&self.provider) else {
            return failed("the provider is not known any more".to_owned());
        };
        let carried = match endpoint.any_ready(clock, limit_ms).await {
            Ok(carried) => carried,
            Err(refusal) => return failed(refusal.message.to_string()),
        };
        let asked = gw_providers::prepare_probe(&self.provider, &carried, self.model.as_deref(), clock.now());
        let parts = match asked {
            Ok(parts) => parts,
            Err(refusal) => return failed(refusal.message.to_string()),
        };
        let request = UpstreamRequest {
            method: parts.method,
            path_and_query: parts.path_and_query.to_string(),
            headers: parts.headers,
            body: parts.body,
        };
        let phases = PhaseTimeouts { connect_ms: limit_ms / 2, first_byte_ms: limit_ms, idle_ms: limit_ms };
        let answer = match upstream.send(&endpoint.destination, &request, phases).await {
            Ok(answer) => answer,
            Err(error) => return failed(unreached(error.kind()).to_owned()),
        };
        let status = answer.status;
        let body = whole(answer.body).await;
        let parsed: Option<Value> = serde_json::from_slice(&body).ok();
        let path = request.path_and_query.split('?').next().unwrap_or_default();
        let mut probed = Probed { status: Some(status.as_u16()), ..Probed::default() };
        match (status.is_success(), &parsed) {
            (true, Some(answer)) => {
                probed.ok = true;
                probed.models = if self.model.is_none() { models(answer) } else { Vec::new() };
            }
            (true, None) => {
                probed.reason = format!("what answers at {path} is no API of models: correct the base URL");
            }
            (false, _) => probed.reason = refused(status, path, parsed.as_ref()),
        }
        probed
    }
}

fn failed(reason: String) -> Probed {
    Probed { reason, ..Probed::default() }
}

async fn whole(mut body: UpstreamBody) -> Vec<u8> {
    let mut read = Vec::new();
    while let Some(Ok(piece)) = body.next().await {
        read.extend_from_slice(&piece);
        if read.len() > MAX_ANSWER {
            break;
        }
    }
    read
}

const fn unreached(kind: SendErrorKind) -> &'static str {
    match kind {
        SendErrorKind::Resolve => "the host's name has no address: correct the base URL",
        SendErrorKind::ForbiddenAddress => {
            "the host is at a link-local or metadata address, where no provider of the API may be"
        }
        SendErrorKind::Connect => "nothing accepts connections at the host and port of the base URL",
        SendErrorKind::ConnectTimeout => {
            "the host of the base URL does not answer; a firewall may be in the way"
        }
        SendErrorKind::Proxy => "the proxy refused, or is none",
        SendErrorKind::Tls => {
            "TLS failed: the host's certificate is not trusted, or it speaks no TLS at that port"
        }
        SendErrorKind::FirstByteTimeout => "the host accepted the question, and did not answer in time",
        SendErrorKind::InvalidRequest => "the model's name cannot stand in a request",
        SendErrorKind::TooManyConnections => "too many tests are under way: try again",
        SendErrorKind::Broken | SendErrorKind::HeadCut => "the connection broke before the answer",
        SendErrorKind::Protocol(_) => "what answers at the base URL does not speak HTTP as it should",
    }
}

/// Why an answer is none. Where the credential was refused, the provider's own words may show a part of it.
fn refused(status: StatusCode, path: &str, body: Option<&Value>) -> String {
    let code = status.as_u16();
    match code {
        401 => "the provider refuses the credential: is it whole, and of this provider?".to_owned(),
        403 => "the provider knows the credential and does not let it do this".to_owned(),
        402 => "the provider wants to be paid first".to_owned(),
        300..=399 => format!("the host sends elsewhere ({code}): write the address that it leads to"),
        404 | 405 => format!(
            "there is nothing at {path} ({code}): is the version at the end of the base URL right, and the model's name?{}",
            told(body)
        ),
        429 => format!("the provider is there, and its rate limit or quota is used up{}", told(body)),
        500.. => format!("the provider has trouble of its own ({code}){}", told(body)),
        _ => format!("the provider refuses the question ({code}){}", told(body)),
    }
}

/// The provider's words, as far as they are a message.
fn told(body: Option<&Value>) -> String {
    let Some(body) = body else { return String::new() };
    let places = ["/error/message", "/message", "/error", "/detail", "/0/error/message"];
    let message = places.iter().find_map(|place| body.pointer(place).and_then(Value::as_str));
    let plain = |c: &char| !c.is_control();
    message.map_or_else(String::new, |text| {
        let text: String = text.chars().filter(plain).take(MAX_MESSAGE).collect();
        format!(": {text}")
    })
}

fn models(answer: &Value) -> Vec<String> {
    let list =
        ["/data", "/models", ""].iter().find_map(|place| answer.pointer(place).and_then(Value::as_array));
    let name = |one: &Value| {
        let name = ["id", "name"].iter().find_map(|key| one.get(key).and_then(Value::as_str))?;
        Some(name.strip_prefix("models/").unwrap_or(name).chars().take(256).collect())
    };
    list.into_iter().flatten().filter_map(name).take(MAX_MODELS).collect()
}

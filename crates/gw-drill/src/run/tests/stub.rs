//! A gateway for tests: two emulators in turns, a target that failed three times in a row is left alone for a while, records
//! in memory, and one flaw in every tenth call.

use crate::rig::Rig;
use crate::wire::{Reply, Server};
use bytes::Bytes;
use gw_emulator::{Emulator, Running};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What is wrong with the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    /// Answers lose their second half.
    Truncates,
    /// The answer to the call before is given.
    AnswersOthers,
    /// Both targets are asked.
    ServesTwice,
    /// A token too many is charged.
    Overcharges,
    /// There are two records.
    RecordsTwice,
    /// Three in four calls go to the second target.
    PrefersOne,
}

/// How long a failing target is left alone.
const AWAY: Duration = Duration::from_millis(400);

pub(super) struct Stub {
    address: SocketAddr,
    targets: [Running; 2],
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct State {
    count: usize,
    failures: [u32; 2],
    away_until: [Option<Instant>; 2],
    before: Option<Bytes>,
    records: Vec<Value>,
}

struct Gateway {
    flaw: Flaw,
    targets: [Server; 2],
    state: Mutex<State>,
}

impl Stub {
    pub(super) async fn start(flaw: Flaw) -> Self {
        let start = async || Emulator::default().spawn_on_free_port().await.expect("an emulator");
        let targets = [start().await, start().await];
        let servers = [0, 1].map(|at| Server::at(&targets[at].url(), None).expect("a server"));
        let gateway = Arc::new(Gateway { flaw, targets: servers, state: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let gateway = Arc::clone(&gateway);
                let service = service_fn(move |request| answer(Arc::clone(&gateway), request));
                let http1 = hyper::server::conn::http1::Builder::new();
                connections
                    .spawn(async move { drop(http1.serve_connection(TokioIo::new(stream), service).await) });
            }
        });
        Self { address, targets, _serving: serving }
    }

    pub(super) fn rig(&self) -> Rig {
        let emulators = ["east", "west"].iter().zip(&self.targets);
        Rig::Running {
            url: format!("http://{}", self.address),
            key: "any".to_owned(),
            model: "prod".to_owned(),
            emulators: emulators.map(|(name, target)| ((*name).to_owned(), target.url())).collect(),
        }
    }
}

async fn answer(
    gateway: Arc<Gateway>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    if request.method() == Method::GET {
        let records = gateway.state.lock().expect("a lock").records.clone();
        return Ok(Response::new(Full::from(json!({ "data": records, "next_cursor": null }).to_string())));
    }
    let body = request.into_body().collect().await?.to_bytes();
    let (number, order) = gateway.turn();
    let spoiled = number % 10 == 9;
    let mut tries = Vec::new();
    let mut answered = None;
    for target in order {
        let served =
            gateway.targets[target].exchange(Method::POST, "/v1/chat/completions", body.clone()).await;
        let reply = served.expect("an emulator answers");
        tries.push(a_try(target, &reply));
        let is_good = reply.status == 200;
        gateway.learn(target, is_good);
        if is_good {
            answered = Some(reply);
            if !(spoiled && gateway.flaw == Flaw::ServesTwice) {
                break;
            }
        }
    }
    let reply = answered.expect("one target is healthy");
    Ok(gateway.respond(number, spoiled, tries, &reply))
}

impl Gateway {
    /// The number of the call, and the targets in order.
    fn turn(&self) -> (usize, Vec<usize>) {
        let mut state = self.state.lock().expect("a lock");
        let number = state.count;
        state.count += 1;
        let every = if self.flaw == Flaw::PrefersOne { 4 } else { 2 };
        let first = usize::from(!number.is_multiple_of(every));
        let mut order = vec![first, 1 - first];
        order.sort_by_key(|target| state.away_until[*target].is_some_and(|until| until > Instant::now()));
        (number, order)
    }

    fn learn(&self, target: usize, is_good: bool) {
        let mut state = self.state.lock().expect("a lock");
        state.failures[target] = if is_good { 0 } else { state.failures[target] + 1 };
        if state.failures[target] >= 3 {
            state.away_until[target] = Some(Instant::now() + AWAY);
        }
    }

    fn respond(
        &self,
        number: usize,
        spoiled: bool,
        mut tries: Vec<Value>,
        reply: &Reply,
    ) -> Response<Full<Bytes>> {
        let mut state = self.state.lock().expect("a lock");
        let mut body = reply.body.clone();
        let previous = state.before.replace(body.clone());
        match self.flaw {
            Flaw::Truncates if spoiled => {
                let mut value: Value = serde_json::from_slice(&body).expect("JSON");
                let content = &mut value["choices"][0]["message"]["content"];
                *content = content.as_str().map(|text| text[..text.len() / 2].to_owned()).into();
                body = value.to_string().into();
            }
            Flaw::AnswersOthers if spoiled => body = previous.unwrap_or(body),
            Flaw::Overcharges if spoiled => {
                let tokens = tries[0]["output_tokens"].as_u64().unwrap_or(0) + 1;
                tries[0]["output_tokens"] = tokens.into();
            }
            _ => {}
        }
        let record = json!({ "request_id": format!("id-{number}"), "cost_usd": "0", "attempts": tries.len(), "tries": tries });
        let copies = if spoiled && self.flaw == Flaw::RecordsTwice { 2 } else { 1 };
        state.records.extend(std::iter::repeat_n(record, copies));
        let mut response = Response::new(Full::new(body));
        for (name, value) in [
            ("x-request-id", format!("id-{number}")),
            ("x-gatewright-model", "prod".to_owned()),
            ("x-gatewright-upstream-model", "prod".to_owned()),
        ] {
            response.headers_mut().insert(name, value.parse().expect("a header"));
        }
        response
    }
}

/// A try as the gateway's records have it; usage as the reply states it.
fn a_try(target: usize, reply: &Reply) -> Value {
    let is_good = reply.status == 200;
    let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
    let usage = &body["usage"];
    let tokens = |name: &str| if is_good { usage[name].as_u64().unwrap_or(0) } else { 0 };
    json!({
        "provider": (["east", "west"][target]), "reason": if is_good { "" } else { "5xx" },
        "usage_source": if is_good { "upstream" } else { "none" }, "cost_usd": "0",
        "input_tokens": tokens("prompt_tokens"), "output_tokens": tokens("completion_tokens"),
    })
}

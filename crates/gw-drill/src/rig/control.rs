//! The control endpoints of a target's emulator, in this process or over HTTP: standing faults, and what arrived. It
//! must not cache anything.

use crate::clock::Clock;
use crate::error::DrillError;
use crate::wire::{self, Server};
use bytes::Bytes;
use gw_emulator::Emulator;
use http::{Method, Request};
use serde_json::{Value, json};

/// A request that reached a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// When, in microseconds of the run.
    pub(crate) at_us: u64,
    /// The number of the call that it belongs to.
    pub(crate) call: usize,
    /// Status of the answer; 0 when there was none.
    pub(crate) status: u16,
    /// Tokens billed.
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    /// The answer was handed over to its end.
    pub(crate) whole: bool,
}

/// See the module.
pub(crate) struct Control {
    way: Way,
}

enum Way {
    Inside(Emulator),
    OverHttp(Server),
}

impl Control {
    /// Of an emulator in this process, which can be asked while its port is closed.
    pub(crate) const fn inside(emulator: Emulator) -> Self {
        Self { way: Way::Inside(emulator) }
    }

    /// Of an emulator elsewhere.
    pub(crate) const fn over_http(server: Server) -> Self {
        Self { way: Way::OverHttp(server) }
    }

    /// Sets the faults of this share of all requests; an empty list heals.
    pub(crate) async fn set_faults(&self, list: &str, share: f64) -> Result<(), DrillError> {
        let body = json!({ "model": "*", "fault": list, "share": share });
        self.ask(Method::POST, "/emulator/faults", Some(&body)).await.map(drop)
    }

    /// Forgets faults and requests.
    pub(crate) async fn reset(&self) -> Result<(), DrillError> {
        self.ask(Method::POST, "/emulator/reset", None).await.map(drop)
    }

    /// Everything that arrived since the last reset and belongs to a call, by the number that `number` finds in a body.
    pub(crate) async fn arrivals(
        &self,
        clock: Clock,
        number: impl Fn(&str) -> Option<usize>,
    ) -> Result<Vec<Arrival>, DrillError> {
        let seen = self.ask(Method::GET, "/emulator/requests", None).await?;
        let now_us = seen["now_us"].as_u64().unwrap_or(0);
        let run_us = clock.now_us();
        let requests = seen["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(requests.iter().filter_map(|request| arrival(request, run_us, now_us, &number)).collect())
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, DrillError> {
        let doing = format!("ask an emulator for {path}");
        let asked = async {
            match &self.way {
                Way::OverHttp(server) => server.ask(method, path, body).await,
                Way::Inside(emulator) => {
                    let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
                    let request = Request::builder().method(method).uri(path).body(body)?;
                    let response = emulator.handle(request).await;
                    let status = response.status();
                    let (body, _) = wire::read(response.into_body()).await?;
                    let answer: Value = serde_json::from_slice(&body)?;
                    if status.is_success() { Ok(answer) } else { Err(answer["error"].to_string().into()) }
                }
            }
        };
        asked.await.map_err(DrillError::during(doing))
    }
}

fn arrival(
    request: &Value,
    run_us: u64,
    now_us: u64,
    number: &impl Fn(&str) -> Option<usize>,
) -> Option<Arrival> {
    let call = number(request["body"].as_str()?)?;
    let ago_us = now_us.saturating_sub(request["arrived_us"].as_u64()?);
    let answer = &request["answer"];
    let tokens = |name: &str| answer[name].as_u64().unwrap_or(0);
    Some(Arrival {
        at_us: run_us.saturating_sub(ago_us),
        call,
        status: u16::try_from(tokens("status")).unwrap_or(0),
        input_tokens: tokens("input_tokens"),
        output_tokens: tokens("output_tokens"),
        whole: answer["whole"].as_bool().unwrap_or(false),
    })
}

//! One request to a provider path from arrival to response: authentication, reading, faults before
//! the answer, the answer, faults in the answer. It must not parse any format itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::answer::{Answer, Content, Context, Rejection};
use crate::emulator::Shared;
use crate::fault::Faults;
use crate::listen::ConnectionTag;
use crate::play::{BodyMeter, BoxBody, Ending, Script};
use crate::respond::{Abandon, json_response, played, rejection};
use crate::route::{self, Family, Route, Target};
use crate::{anthropic, cohere, converse, credential, gemini, media, objects, openai, responses, spoil};

/// Header with a fault list; may stand several times.
const EMULATE: &str = "x-emulate";

/// Header with the answer's text.
const EMULATE_TEXT: &str = "x-emulate-text";

/// Answers a request to a provider path.
pub(crate) async fn run(shared: &Arc<Shared>, request: Request<Bytes>) -> Response<BoxBody> {
    let serial = shared.next_serial();
    shared.counters.request();
    shared.journal.add(&request, serial);
    // Until the response is handed over, a dropped future means that the client left.
    let mut waiting = BodyMeter::new(Arc::clone(&shared.counters), None, false);
    let connection = request.extensions().get::<Arc<ConnectionTag>>().cloned();
    let exchange = Exchange { shared, serial, request: &request, connection };
    let mut response = match exchange.replayed() {
        Some(response) => response,
        None => exchange.answer().await,
    };
    waiting.ended();
    shared.counters.status(response.status().as_u16());
    shared.journal.answered(serial, response.status().as_u16());
    let id = HeaderValue::from_str(&exchange.request_id()).ok();
    if let (Some(id), false) = (id, response.extensions().get::<Replayed>().is_some()) {
        let name = match exchange.family() {
            Family::Anthropic => "request-id",
            Family::Converse => "x-amzn-requestid",
            _ => "x-request-id",
        };
        response.headers_mut().insert(HeaderName::from_static(name), id);
    }
    response
}

/// Marks a recorded response, which gets no header of ours.
#[derive(Debug, Clone, Copy)]
struct Replayed;

/// What comes before a session over a WebSocket: it is counted and recorded like any request, its credential is
/// checked, and faults that replace an answer do. `Err` is the refusal, boxed for its size.
pub(crate) async fn before_session(
    shared: &Arc<Shared>,
    request: &Request<Bytes>,
    model: &str,
) -> Result<Faults, Box<Response<BoxBody>>> {
    let serial = shared.next_serial();
    shared.counters.request();
    shared.journal.add(request, serial);
    shared.counters.model_request(model);
    let mut waiting = BodyMeter::new(Arc::clone(&shared.counters), None, false);
    let connection = request.extensions().get::<Arc<ConnectionTag>>().cloned();
    let exchange = Exchange { shared, serial, request, connection };
    let checked = match shared.config.required_key.as_deref() {
        Some(required) => credential::check(request, Family::OpenAi, required),
        None => Ok(()),
    };
    let faults = checked.and_then(|()| match model {
        "" => Err(Rejection::missing("model")),
        model => exchange.faults(model),
    });
    let refused = match faults {
        Err(why) => exchange.reject(&why, &Faults::default()),
        Ok(faults) => match exchange.before_answer(model, &faults).await {
            Some(response) => response,
            None => {
                waiting.ended();
                return Ok(faults);
            }
        },
    };
    waiting.ended();
    shared.counters.status(refused.status().as_u16());
    Err(Box::new(refused))
}

struct Exchange<'a> {
    shared: &'a Arc<Shared>,
    serial: u64,
    request: &'a Request<Bytes>,
    connection: Option<Arc<ConnectionTag>>,
}

impl Exchange<'_> {
    fn family(&self) -> Family {
        route::family(self.request.uri().path(), self.request.headers())
    }

    fn request_id(&self) -> String {
        format!("req_emu{:012x}", self.serial)
    }

    fn reject(&self, why: &Rejection, faults: &Faults) -> Response<BoxBody> {
        rejection(self.family(), why, &self.request_id(), faults)
    }

    fn meter(&self, model: Option<&str>, streamed: bool) -> BodyMeter {
        BodyMeter::new(Arc::clone(&self.shared.counters), model.map(Arc::from), streamed)
    }

    /// The recorded response, when exchanges are loaded and one fits.
    fn replayed(&self) -> Option<Response<BoxBody>> {
        let mut faults = Faults::default();
        header_faults(self.request.headers(), &mut faults).ok()?;
        let recorded = self.shared.replayer.find(self.request, faults.exchange.as_deref())?;
        let mut script = Script::whole(recorded.body.clone(), &faults);
        script.streamed = recorded.is_stream();
        script.pace.piece_bytes = script.pace.piece_bytes.or(recorded.chunk_bytes);
        let meter = self.meter(None, script.streamed);
        let mut response = played(script, meter, self.connection.clone());
        let length = response.headers_mut().remove(http::header::CONTENT_LENGTH);
        *response.headers_mut() = recorded.headers.clone();
        if let Some(length) = length {
            response.headers_mut().insert(http::header::CONTENT_LENGTH, length);
        }
        *response.status_mut() = recorded.status;
        response.extensions_mut().insert(Replayed);
        Some(response)
    }

    async fn answer(&self) -> Response<BoxBody> {
        let path = self.request.uri().path();
        let none = Faults::default();
        if let Some(response) = self.object().await {
            return response;
        }
        let Some(route) = route::find(self.request.method(), path) else {
            return self.reject(&Rejection::new(404, format!("Unknown path: {path}")), &none);
        };
        if route.wrong_method {
            let text = format!("Method {} is not allowed for {path}", self.request.method());
            return self.reject(&Rejection::new(405, text), &none);
        }
        if let Err(why) = self.authenticate(&route) {
            return self.reject(&why, &none);
        }
        if let Some(body) = self.listing(&route) {
            return json_response(StatusCode::OK, body.to_string());
        }
        if let Target::Stored(id, what) = route.target {
            return self.stored(id, what);
        }
        let body = match self.body(&route) {
            Ok(body) => body,
            Err(why) => return self.reject(&why, &none),
        };
        let in_path = route.deployment.or(route.model.as_deref());
        let model = in_path.or_else(|| body.get("model").and_then(Value::as_str)).unwrap_or("");
        self.shared.counters.model_request(model);
        let faults = match self.faults(model) {
            Ok(faults) => faults,
            Err(why) => return self.reject(&why, &none),
        };
        match self.before_answer(model, &faults).await {
            Some(response) => response,
            None => self.generate(&route, &body, model, &faults),
        }
    }

    /// The body as JSON; a form as an object of its fields.
    fn body(&self, route: &Route<'_>) -> Result<Value, Rejection> {
        let content_type = self.request.headers().get(http::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if content_type.starts_with("multipart/")
            && matches!(route.target, Target::Media(endpoint) if endpoint.takes_form())
        {
            let form = media::read_form(content_type, self.request.body());
            return form.ok_or_else(|| Rejection::new(400, "The form of the request could not be read."));
        }
        serde_json::from_slice(self.request.body())
            .map_err(|_| Rejection::new(400, "The body of the request could not be parsed as JSON."))
    }

    /// The answer of an endpoint whose objects outlive the request, with the faults of the header and of `*`.
    async fn object(&self) -> Option<Response<BoxBody>> {
        if !objects::serves(self.request.uri().path()) {
            return None;
        }
        if let Some(required) = self.shared.config.required_key.as_deref()
            && let Err(why) = credential::check(self.request, self.family(), required)
        {
            return Some(self.reject(&why, &Faults::default()));
        }
        let faults = match self.faults("") {
            Ok(faults) => faults,
            Err(why) => return Some(self.reject(&why, &Faults::default())),
        };
        if let Some(response) = self.before_answer("", &faults).await {
            return Some(response);
        }
        let answered = objects::answer(&self.shared.shelf, self.request)?;
        Some(answered.unwrap_or_else(|why| self.reject(&why, &faults)))
    }

    /// Checks the credential, and what else a path needs to be served at all.
    fn authenticate(&self, route: &Route<'_>) -> Result<(), Rejection> {
        let required = self.shared.config.required_key.as_deref().filter(|_| route.target != Target::Root);
        if let Some(required) = required {
            credential::check(self.request, self.family(), required)?;
        }
        let has_version = || self.request.uri().query().is_some_and(|query| query.contains("api-version="));
        if route.deployment.is_some() && !has_version() {
            return Err(Rejection::new(
                404,
                "Resource not found: the api-version query parameter is missing.",
            ));
        }
        Ok(())
    }

    fn listing(&self, route: &Route<'_>) -> Option<Value> {
        let family = self.family();
        match (&route.target, family) {
            (Target::Root, _) => Some(json!({"emulator": "ready"})),
            (Target::Models, Family::Anthropic) => Some(anthropic::list_models()),
            (Target::Models, Family::Gemini) => Some(gemini::list_models()),
            (Target::Models, _) => Some(openai::list_models()),
            (Target::Model(id), Family::Anthropic) => Some(anthropic::one_model(id)),
            (Target::Model(id), Family::Gemini) => Some(gemini::one_model(id)),
            (Target::Model(id), _) => Some(openai::one_model(id)),
            _ => None,
        }
    }

    /// A response that is kept. No model is run, so that there is nothing to be billed or faulted.
    fn stored(&self, id: &str, what: responses::Stored) -> Response<BoxBody> {
        let query = self.request.uri().query().unwrap_or("");
        match self.shared.responses.serve(id, what, self.request.method(), query) {
            Ok(body) => json_response(StatusCode::OK, body.to_string()),
            Err(why) => self.reject(&why, &Faults::default()),
        }
    }

    /// All faults of this request: standing ones, then the model name's, then the headers'.
    fn faults(&self, model: &str) -> Result<Faults, Rejection> {
        let wrong = |error: crate::fault::FaultError| Rejection {
            code: Some("unknown_fault"),
            ..Rejection::new(400, error.to_string())
        };
        let mut faults = Faults::default();
        self.shared.standing.add_to(model, &mut faults).map_err(wrong)?;
        faults.add_model(model).map_err(wrong)?;
        header_faults(self.request.headers(), &mut faults).map_err(wrong)?;
        Ok(faults)
    }

    /// Faults that come before any answer; a response when they replace it.
    async fn before_answer(&self, model: &str, faults: &Faults) -> Option<Response<BoxBody>> {
        if faults.hang {
            std::future::pending::<()>().await;
        }
        if let Some(latency_ms) = faults.latency_ms {
            tokio::time::sleep(Duration::from_millis(latency_ms)).await;
        }
        if faults.disconnect {
            return Some(self.abandoned(faults));
        }
        let status = match faults.flaky {
            // With an error event asked for, the status is that event's and not the answer's.
            None if faults.error_after_frames.is_some() => return None,
            None => faults.status.or(faults.quota.then_some(429))?,
            Some(failures) => {
                let caller = credential::shown(self.request).unwrap_or_default();
                let caller = format!("{}\0{model}", String::from_utf8_lossy(caller));
                if !self.shared.standing.is_flaky_failure(&caller, failures) {
                    return None;
                }
                faults.status.unwrap_or(503)
            }
        };
        let code = faults.quota.then_some("insufficient_quota");
        let why = Rejection { code, ..Rejection::new(status, format!("Emulated status {status}.")) };
        Some(self.reject(&why, faults))
    }

    fn abandoned(&self, faults: &Faults) -> Response<BoxBody> {
        if let (true, Some(connection)) = (faults.reset, &self.connection) {
            connection.reset_on_close();
        }
        let mut script = Script::whole(Bytes::new(), &Faults::default());
        script.ending = Ending::Cut { reset: faults.reset };
        let mut meter = self.meter(None, false);
        meter.ended();
        let mut response = played(script, meter, self.connection.clone());
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response.extensions_mut().insert(Abandon);
        response
    }

    fn generate(&self, route: &Route<'_>, body: &Value, model: &str, faults: &Faults) -> Response<BoxBody> {
        let headers = self.request.headers();
        let query = self.request.uri().query().unwrap_or("");
        let cx = Context { faults, serial: self.serial, deployment: route.deployment, model, query, headers };
        let answer = match route.target {
            Target::OpenAi(endpoint) => openai::answer(endpoint, body, &cx),
            Target::Media(endpoint) => media::answer(endpoint, body, &cx),
            Target::Responses(endpoint) => responses::answer(endpoint, body, &self.shared.responses, &cx),
            Target::Anthropic(endpoint) => anthropic::answer(endpoint, body, &self.shared.cache, &cx),
            Target::Gemini(endpoint) => gemini::answer(endpoint, body, &cx),
            Target::Converse(endpoint) => converse::answer(endpoint, body, &cx),
            Target::Cohere(endpoint) => cohere::answer(endpoint, body, &cx),
            Target::Models | Target::Model(_) | Target::Stored(..) | Target::Root => {
                Err(Rejection::new(404, "Not found."))
            }
        };
        match answer {
            Ok(answer) => self.play(answer, model, faults),
            Err(why) => self.reject(&why, faults),
        }
    }

    fn play(&self, answer: Answer, model: &str, faults: &Faults) -> Response<BoxBody> {
        let counters = &self.shared.counters;
        counters.bill_input(answer.input_tokens);
        counters.bill_output(answer.output_tokens);
        counters.bill_model(model, answer.input_tokens, answer.output_tokens);
        let is_stream = matches!(answer.content, Content::Stream(_));
        let is_partial =
            is_stream && (faults.error_after_frames.is_some() || faults.end_after_frames.is_some());
        let script = match answer.content {
            Content::Whole(text) => Script::whole(Bytes::from(spoil::whole(text, faults)), faults),
            Content::Bytes(bytes, content_type) => {
                Script { content_type, ..Script::whole(Bytes::from(bytes), faults) }
            }
            Content::Stream(frames) => Script::stream(spoil::stream(frames, self.family(), faults), faults),
        };
        self.shared.journal.billed(self.serial, answer.input_tokens, answer.output_tokens);
        let meter = self.meter(Some(model), script.streamed).partial(is_partial);
        played(script, meter.of_request(&self.shared.journal, self.serial), self.connection.clone())
    }
}

fn header_faults(headers: &HeaderMap, faults: &mut Faults) -> Result<(), crate::fault::FaultError> {
    for value in headers.get_all(EMULATE) {
        faults.add(&String::from_utf8_lossy(value.as_bytes()))?;
    }
    if let Some(text) = headers.get(EMULATE_TEXT) {
        faults.text = Some(String::from_utf8_lossy(text.as_bytes()).into_owned());
    }
    Ok(())
}

//! Asks those who judge texts for guardrails: hosts that the configuration declares, models and providers of the gateway by
//! calls of its own, plugins, models in the process. Bounded in time, size and number; who fails too often is left alone for a moment. Serves the
//! guard stages. It must not know what a question or an answer means: `gw_guard::asked` does.

mod beside;
mod desk;
mod http;
mod own;
mod together;
mod topics;

pub(crate) use beside::Beside;
pub(crate) use desk::Desk;

use crate::plugins::Plugins;
use crate::worker::Worker;
use gw_guard::Guardrail;
use gw_guard::Side;
use gw_guard::asked::{self, About, AskFault, AskedText, Question, Told, Way};
use gw_model::guardrail::{AskSpec, Asked, Speaker};
use gw_model::{Clock, Micros};
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use together::together;

/// How long a question to a plugin may wait for one of the threads that run them, in milliseconds.
const PLUGIN_WAIT_MS: u64 = 5_000;

/// A guardrail that asks, and what it has between calls.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) rail: Arc<Guardrail>,
    pub(crate) desk: Arc<Desk>,
}

impl Asking {
    /// May it change a text? What a request says is fixed once it is sent, whatever is said meanwhile.
    pub(crate) fn may_change(&self, side: Side) -> bool {
        let waits = side == Side::Response || !self.rail.check().asked().is_some_and(|ask| ask.is_parallel);
        waits && self.rail.may_change_when_asked()
    }
}

/// What one guardrail is asked: which of the texts.
pub(crate) struct Task {
    pub(crate) asking: Asking,
    /// Places in the list of texts.
    pub(crate) texts: Vec<usize>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) rail: Arc<Guardrail>,
    /// What was said about which of the texts.
    pub(crate) told: Result<Vec<(usize, Told)>, AskFault>,
    /// When it was asked, and when it was over, in microseconds since the epoch.
    pub(crate) took: (Micros, Micros),
}

/// Asks all of them at the same time. Those that have nothing to look at are not asked.
pub(crate) async fn ask_all(
    worker: &Rc<Worker>,
    side: Side,
    about: &About,
    texts: &[AskedText],
    tasks: &[Task],
) -> Vec<Outcome> {
    let one = |task: &Task| {
        let Asking { rail, desk } = task.asking.clone();
        let chosen = task.texts.clone();
        let worker = Rc::clone(worker);
        async move {
            let names_calls = rail.spec.speakers.names(Speaker::ToolCall);
            let shown = chosen.iter().filter_map(|at| texts.get(*at)).map(|text| shown(text, names_calls));
            let shown: Vec<Cow<'_, AskedText>> = shown.collect();
            let list: Vec<&AskedText> = shown.iter().map(AsRef::as_ref).collect();
            let question = Question { guardrail: &rail.spec.name, side, about, texts: &list };
            let clock = &worker.gateway().clock;
            let began = clock.now();
            let told = ask(&worker, &rail, &desk, &question).await;
            let took = (began, clock.now());
            let placed = |told: Told| Some((*chosen.get(told.text)?, told));
            let told = told.map(|list| list.into_iter().filter_map(placed).collect());
            Outcome { rail, told, took }
        }
    };
    together(tasks.iter().filter(|task| !task.texts.is_empty()).map(one)).await
}

/// A text as whoever is asked is told of it.
fn shown(text: &AskedText, names_calls: bool) -> Cow<'_, AskedText> {
    match text.place.told(names_calls) {
        place if place == text.place => Cow::Borrowed(text),
        place => Cow::Owned(AskedText { place, text: text.text.clone() }),
    }
}

/// One question, within its bounds.
async fn ask(
    worker: &Rc<Worker>,
    rail: &Guardrail,
    desk: &Arc<Desk>,
    question: &Question<'_>,
) -> Result<Vec<Told>, AskFault> {
    let Some(spec) = rail.check().asked() else { return Ok(Vec::new()) };
    let metrics = &worker.gateway().metrics;
    let place = match desk.enter(spec.max_parallel, worker.now()) {
        Ok(place) => place,
        Err(fault) => {
            metrics.note_ask(&rail.spec.name, fault.as_str());
            return Err(fault);
        }
    };
    // A plugin's own time begins when it runs.
    let waits = matches!(spec.who, Asked::Plugin { .. });
    let within = Duration::from_millis(spec.timeout_ms + if waits { PLUGIN_WAIT_MS } else { 0 });
    let asked = tokio::time::timeout(within, Box::pin(put(worker, spec, desk, question))).await;
    let told = asked.unwrap_or(Err(AskFault::Timeout));
    // Who is slow in the process has much to do: leaving it alone would let through what it is there for.
    let is_slow = |fault: &AskFault| spec.who.local().is_some() && *fault == AskFault::Timeout;
    place.leave(
        told.as_ref().err().copied().filter(|fault| !is_slow(fault)),
        worker.now(),
        worker.random_u64(),
    );
    metrics.note_ask(&rail.spec.name, told.as_ref().err().map_or("ok", |fault| fault.as_str()));
    if let Err(fault) = &told {
        let name = &rail.spec.name;
        tracing::warn!(guardrail = %name, %fault, "a guardrail has no verdict");
    }
    told
}

/// Puts the question, in as many parts as it takes.
async fn put(
    worker: &Rc<Worker>,
    spec: &AskSpec,
    desk: &Desk,
    question: &Question<'_>,
) -> Result<Vec<Told>, AskFault> {
    if let Asked::Topics(topics) = &spec.who {
        return topics::ask(worker, spec, topics, question).await;
    }
    let asks = asked::asks(spec, question)?;
    if let Asked::Plugin { .. } = &spec.who {
        let plugins = worker.gateway().plugins().ok_or(AskFault::Unusable)?;
        return plugin(&**plugins, spec, question).await;
    }
    if spec.who.local().is_some() {
        let models = worker.gateway().local_models().ok_or(AskFault::Unusable)?;
        return asked::read_local(question, &models.ask(spec, question).await?);
    }
    let one = |ask: &asked::Ask| {
        let ask = ask.clone();
        async move {
            let (status, body) = match &ask.way {
                Way::Host { suffix, headers } => {
                    let to = desk.host().ok_or(AskFault::Unreachable)?;
                    http::post(worker, to, suffix, headers, ask.body.clone()).await?
                }
                Way::Chat | Way::Moderation | Way::Provider { .. } => {
                    own::call(worker, &ask.way, ask.body.clone(), question.about, spec.timeout_ms).await?
                }
            };
            asked::read(spec, question, &ask, status, &body)
        }
    };
    let mut told = Vec::new();
    for part in together(asks.iter().map(one)).await {
        told.extend(part?);
    }
    Ok(told)
}

async fn plugin(
    plugins: &dyn Plugins,
    spec: &AskSpec,
    question: &Question<'_>,
) -> Result<Vec<Told>, AskFault> {
    let answer = plugins.ask(spec, question).await?;
    asked::read_plugin(question, &answer)
}

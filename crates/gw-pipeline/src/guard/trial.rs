//! A text that somebody wants to try on guardrails that ask others: one worker asks for them, since only workers can reach
//! hosts and models. Serves the admin API. It must not keep the text, nor serve traffic.

use super::asking::{Task, ask_all};
use super::heard::{Heard, sorted};
use super::state::Matter;
use crate::worker::Worker;
use gw_guard::asked::About;
use gw_guard::{Form, Note, Place, Session, pass_told};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Trials that may wait.
const QUEUE: usize = 16;

/// What is tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Names of guardrails of the configuration; those that ask nobody are passed over.
    pub guardrails: Vec<Arc<str>>,
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    /// The text after it; `None` when nothing was replaced.
    pub changed: Option<String>,
    /// The guardrail that stops it.
    pub stopped_by: Option<Arc<str>>,
    /// What was found.
    pub notes: Vec<Note>,
}

/// Where trials are handed to the worker.
#[derive(Debug)]
pub(crate) struct Trials {
    sender: mpsc::Sender<(Trial, oneshot::Sender<Tried>)>,
    receiver: Mutex<mpsc::Receiver<(Trial, oneshot::Sender<Tried>)>>,
}

impl Default for Trials {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        Self { sender, receiver: Mutex::new(receiver) }
    }
}

impl Trials {
    /// Has a text tried. `None`: too many wait, or nobody does it any more.
    pub(crate) async fn put(&self, trial: Trial) -> Option<Tried> {
        let (answer, answered) = oneshot::channel();
        self.sender.try_send((trial, answer)).ok()?;
        answered.await.ok()
    }
}

/// Tries what is handed in, one text after the other. Runs for ever; to be spawned on one worker's thread.
pub async fn keep_trials(worker: Rc<Worker>) {
    let gateway = Arc::clone(worker.gateway());
    // Only the one who runs this takes it.
    let mut receiver = gateway.trials.receiver.lock().await;
    while let Some((trial, answer)) = receiver.recv().await {
        // Whoever asked may have left.
        let _ = answer.send(attempt(&worker, trial).await);
    }
}

async fn attempt(worker: &Rc<Worker>, trial: Trial) -> Tried {
    let live = worker.live();
    let Trial { guardrails, text, place } = trial;
    let asking: Vec<_> = guardrails.iter().filter_map(|name| live.guards.asking(name)).collect();
    let about = About { now_s: worker.now().div_euclid(1_000_000), ..About::default() };
    let (changing, judging): (Vec<_>, Vec<_>) =
        asking.into_iter().partition(|asking| asking.may_change(place.side));
    // As for a call: those that may change it one after the other, then the others.
    let rounds = changing.into_iter().map(|asking| vec![asking]).chain(std::iter::once(judging));
    let mut session = Session::default();
    let (mut changed, mut judged): (Option<String>, _) = (None, Ok(()));
    for asking in rounds.filter(|asking| !asking.is_empty()) {
        let now = changed.clone().unwrap_or_else(|| text.clone());
        let mut heard = Heard::default();
        heard.text(now.clone(), place, Matter::Said);
        let tasks: Vec<Task> = heard.tasks(asking.iter());
        let outcomes = ask_all(worker, place.side, &about, &heard.texts, &tasks).await;
        let passed = sorted(outcomes, 1, place.side, &mut session.notes).and_then(|told| {
            let told = told.into_iter().flatten();
            pass_told(told, None, &now, place, Form::Plain, &mut session, text.as_bytes())
        });
        match passed {
            Ok(after) => changed = after.or(changed),
            Err(stop) => {
                judged = Err(stop);
                break;
            }
        }
    }
    let notes = session.notes.list;
    match judged {
        Ok(()) => Tried { changed, stopped_by: None, notes },
        Err(stop) => Tried { changed: None, stopped_by: Some(stop.guardrail), notes },
    }
}

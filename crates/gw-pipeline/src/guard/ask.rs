//! The request's guardrails that ask others, once those in the process have looked: what these masked, nobody is told. Also
//! the verdicts that an answer waits for. Serves the stage and the way back. It must not hold up calls that ask nobody.

use super::asking::{Beside, Task, ask_all};
use super::heard::{Heard, only_judged, sorted};
use super::request::Changed;
use super::{Guarded, aside, blocked, full, put};
use crate::ticket::{Open, Ticket};
use gw_guard::asked::About;
use gw_guard::{Blocked, Placeholders, Side};
use gw_model::{Call, KeyId, Refusal};
use std::rc::Rc;

/// Asks about a request, and replaces in it what is to be replaced. Errors: a guardrail stops the call.
pub(super) async fn ask(ticket: &mut Ticket, call: &mut Call, max_depth: usize) -> Result<(), Refusal> {
    let Some(chosen) = ticket.guarded.as_ref().map(|guarded| guarded.chosen.clone()) else { return Ok(()) };
    let mut heard = hear(call).await?;
    for asking in chosen.changing(Side::Request) {
        let tasks = heard.tasks(std::iter::once(&asking));
        if put_question(ticket, call, &heard, &tasks, max_depth).await? {
            heard = hear(call).await?;
        }
    }
    let tasks = heard.tasks(chosen.judging(Side::Request));
    let is_parallel = |task: &Task| task.asking.rail.check().asked().is_some_and(|ask| ask.is_parallel);
    let (beside, before): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(is_parallel);
    if !beside.is_empty() {
        let (worker, about, texts) = (Rc::clone(ticket.worker()), about(ticket, call), heard.texts.clone());
        if let Some(guarded) = &mut ticket.guarded {
            guarded.beside = Some(Beside::new(&worker, about, texts, beside));
        }
    }
    let asked = put_question(ticket, call, &heard, &before, max_depth).await;
    if let (Err(_), Some(guarded)) = (&asked, &mut ticket.guarded) {
        guarded.beside = None;
    }
    asked.map(|_| ())
}

/// The texts of a request.
async fn hear(call: &Call) -> Result<Heard, Refusal> {
    let (body, whole) = (call.body.clone(), full(call));
    let heard = aside(body.len(), move || {
        let mut heard = Heard::default();
        for body in [Some(body), whole].into_iter().flatten() {
            // The body was checked when its facts were read.
            let found = gw_wire::texts::request(&body).unwrap_or_default();
            heard.add(&body, found, Side::Request);
        }
        heard
    });
    heard.await
}

/// Asks some at the same time; false where the request stays as it is. Errors: one of them stops the call.
async fn put_question(
    ticket: &mut Ticket,
    call: &mut Call,
    heard: &Heard,
    tasks: &[Task],
    max_depth: usize,
) -> Result<bool, Refusal> {
    if tasks.iter().all(|task| task.texts.is_empty()) {
        return Ok(false);
    }
    let (worker, about) = (Rc::clone(ticket.worker()), about(ticket, call));
    let outcomes = ask_all(&worker, Side::Request, &about, &heard.texts, tasks).await;
    let Some(guarded) = &mut ticket.guarded else { return Ok(false) };
    guarded.note_asked(&outcomes);
    let Guarded { session, original, .. } = &mut **guarded;
    let told = sorted(outcomes, heard.texts.len(), Side::Request, &mut session.notes);
    // What was masked before stays as it is, or it would not be restored.
    let known = session.vault.finder().map(Placeholders::kept);
    let bodies = told.and_then(|told| heard.apply(&told, known.as_ref(), session, original));
    let mut bodies = bodies.map_err(|stopped| blocked(&guarded.chosen, &stopped))?.into_iter();
    let (body, whole) = (bodies.next().flatten(), bodies.next().flatten());
    if body.is_none() && whole.is_none() {
        return Ok(false);
    }
    let body = body.unwrap_or_else(|| call.body.clone());
    let model = call.facts.model.clone();
    let facts = gw_wire::facts::read_with_model(call.format, &body, max_depth, &model)?;
    put(call, Changed { body, full: whole, facts });
    Ok(true)
}

/// What those who are asked are told of the call.
pub(crate) fn about(ticket: &Open, call: &Call) -> About {
    let key = ticket.key();
    let wanted = ticket.guarded.as_ref().map(|guarded| guarded.wanted).unwrap_or_default();
    About {
        no_read: wanted.no_read,
        no_store: wanted.no_store,
        max_age_seconds: wanted.max_age_seconds,
        request_id: ticket.record.id.to_string(),
        model: call.facts.model.clone(),
        format: call.format.as_str(),
        endpoint: call.format.endpoint().as_str(),
        input_tokens: call.facts.input_tokens,
        max_output_tokens: call.facts.max_output_tokens,
        choices: call.facts.choices,
        body_bytes: call.asked().len() as u64,
        team: key.and_then(|key| key.policy.team_id.clone()).unwrap_or_default(),
        project: key.and_then(|key| key.policy.project_id.clone()).unwrap_or_default(),
        session: ticket.context.session.clone().unwrap_or_default(),
        stream: call.facts.stream,
        key_id: key.map_or(KeyId::MASTER, |key| key.id).to_string(),
        key_name: key.map_or_else(String::new, |key| key.name.to_string()),
        customer: ticket.record.customer.clone().unwrap_or_default(),
        now_s: ticket.worker().now().div_euclid(1_000_000),
    }
}

/// Waits for the verdicts about the request that were asked for while the call was made. Errors: one stops it.
pub(crate) async fn verdicts(ticket: &mut Ticket) -> Result<(), Refusal> {
    let Some(guarded) = &mut ticket.guarded else { return Ok(()) };
    let Some(beside) = guarded.beside.take() else { return Ok(()) };
    let verdicts = beside.verdicts().await;
    if let Some((_, outcomes)) = &verdicts {
        guarded.note_asked(outcomes);
    }
    let Guarded { session, original, chosen, .. } = &mut **guarded;
    let judged = match verdicts {
        Some((texts, outcomes)) => sorted(outcomes, texts.len(), Side::Request, &mut session.notes)
            .and_then(|told| only_judged(&texts, &told, session, original)),
        // The worker is ending: nobody was asked to the end.
        None => {
            let name = chosen.asking(Side::Request).find(|asking| asking.rail.enforces());
            let stop = |name: &super::asking::Asking| Blocked {
                guardrail: name.rail.spec.name.clone(),
                kind: gw_guard::NO_VERDICT,
            };
            name.map_or(Ok(()), |name| Err(stop(name)))
        }
    };
    judged.map_err(|stopped| blocked(chosen, &stopped))
}

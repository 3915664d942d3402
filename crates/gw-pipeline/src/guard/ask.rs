//! The request's guardrails that ask others, once those in the process have looked: what these masked, nobody is told. Also
//! the verdicts that an answer waits for. Serves the stage and the way back. It must not hold up calls that ask nobody.

use super::asking::{Beside, Task, ask_all};
use super::heard::{Heard, only_judged, sorted};
use super::request::Changed;
use super::{Guarded, aside, blocked, full, put};
use crate::ticket::{Open, Ticket};
use gw_guard::asked::About;
use gw_guard::{Blocked, Side};
use gw_model::{Call, KeyId, Refusal};
use std::rc::Rc;

/// Asks about a request, and replaces in it what is to be replaced. Errors: a guardrail stops the call.
pub(super) async fn ask(ticket: &mut Ticket, call: &mut Call, max_depth: usize) -> Result<(), Refusal> {
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
    let heard = heard.await?;
    let about = about(ticket, call);
    let worker = Rc::clone(ticket.worker());
    let Some(guarded) = &mut ticket.guarded else { return Ok(()) };
    let tasks = heard.tasks(guarded.chosen.asking(Side::Request));
    let is_parallel = |task: &Task| task.asking.rail.check().asked().is_some_and(|ask| ask.is_parallel);
    let (beside, before): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(is_parallel);
    if !beside.is_empty() {
        let texts = heard.texts.clone();
        guarded.beside = Some(Beside::new(&worker, about.clone(), texts, beside));
    }
    if before.is_empty() {
        return Ok(());
    }
    let outcomes = ask_all(&worker, Side::Request, &about, &heard.texts, &before).await;
    guarded.note_asked(&outcomes);
    let Guarded { session, original, .. } = &mut **guarded;
    let told = sorted(outcomes, heard.texts.len(), Side::Request, &mut session.notes);
    let bodies = told.and_then(|told| heard.apply(&told, None, session, original));
    let bodies = match bodies {
        Ok(bodies) => bodies,
        Err(stopped) => {
            guarded.beside = None;
            return Err(blocked(&guarded.chosen, &stopped));
        }
    };
    let mut bodies = bodies.into_iter();
    let (body, whole) = (bodies.next().flatten(), bodies.next().flatten());
    if body.is_some() || whole.is_some() {
        let body = body.unwrap_or_else(|| call.body.clone());
        let model = call.facts.model.clone();
        let facts = gw_wire::facts::read_with_model(call.format, &body, max_depth, &model)?;
        put(call, Changed { body, full: whole, facts });
    }
    Ok(())
}

/// What those who are asked are told of the call.
pub(crate) fn about(ticket: &Open, call: &Call) -> About {
    let key = ticket.key();
    About {
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

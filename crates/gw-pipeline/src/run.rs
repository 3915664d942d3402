//! The order of the stages: the only place that knows it. Each stage takes the type that the stage before
//! it returns, so a call that skipped one cannot be written. What a stage does stands in its own module.

use crate::admit::admit;
use crate::attempt::execute;
use crate::authenticate::authenticate;
use crate::authorize::authorize;
use crate::cache::{LookUp, look_up};
use crate::ensemble;
use crate::files::claim;
use crate::guard::{Screened, screen};
use crate::inbound::{BodySource, Inbound};
use crate::keeping;
use crate::recall::recall;
use crate::receive::receive;
use crate::reply::Reply;
use crate::reserve::{Funded, reserve};
use crate::respond::{answer, refuse};
use crate::route::{meaning, plan};
use crate::saturation::accept;
use crate::subcall::mirror;
use crate::ticket::{Rejected, Ticket};
use crate::worker::Worker;
use std::future::{Future, poll_fn};
use std::rc::Rc;

/// Takes one call from the caller's bytes to the reply. Whatever happens, also when the returned future or
/// the reply's body is dropped half-way, the call is settled once and leaves one record.
pub async fn run<B: BodySource>(worker: &Rc<Worker>, mut inbound: Inbound<B>) -> Reply {
    let format = inbound.format;
    let ticket = worker.turn(|| {
        let mut ticket = Ticket::open(worker, format);
        ticket.begin_trace(inbound.context.trace.take());
        ticket
    });
    // A box: the future is large, and would be copied from each caller's to the next one's.
    let mut call = Box::pin(stages(ticket, inbound));
    match poll_fn(|cx| worker.turn(|| call.as_mut().poll(cx))).await {
        Ok(reply) => reply,
        Err(rejected) => refuse::refused(rejected, format),
    }
}

async fn stages<B: BodySource>(ticket: Ticket, inbound: Inbound<B>) -> Result<Reply, Rejected> {
    // Who calls comes before anything is read of the body: a stranger costs one hash, not a buffer.
    let authenticated = authenticate(ticket, &inbound).await?;
    // Where there is too much to do, who calls decides who is served, and nothing is read of the others.
    let accepted = accept(authenticated, &inbound)?;
    // The body is read whole, within limits, and only what the stages need is parsed.
    let received = receive(accepted, inbound).await?;
    // Whose the things are that the call names comes before anything is decided by them.
    let claimed = claim(received).await?;
    // Whether they may comes before limits are taken: a forbidden call uses nothing up.
    let permitted = authorize(claimed)?;
    // Rates and concurrency come before the costly stages, and are refunded when a later stage refuses.
    let admitted = admit(permitted)?;
    // What the request goes on from is part of it for all that follows: guards, prices, providers.
    let recalled = recall(admitted).await?;
    // Guards see the request before the cache does: the cache is keyed on what they left of it.
    let mut screened = screen(recalled).await?;
    // What guardrails left of the request is what may be kept of it, and what goes out is heard at the end.
    let keeping = keeping::begin(&mut screened);
    let reply = screened_on(screened).await?;
    Ok(match keeping {
        None => reply,
        Some(keeping) => keeping.listen(reply),
    })
}

/// The stages behind the guardrails.
async fn screened_on(screened: Screened) -> Result<Reply, Rejected> {
    // A cached answer needs no plan and no money.
    let screened = match look_up(screened).await? {
        LookUp::Answer(reply) => return Ok(reply),
        LookUp::Miss(screened) => screened,
        // Others may wait for the same answer, and get it also when this caller leaves.
        LookUp::Lead(screened, crew) => return crew.carry(onward(screened)).await,
    };
    onward(screened).await
}

/// The stages of a call whose answer is not known.
pub(crate) async fn onward(screened: Screened) -> Result<Reply, Rejected> {
    // Where several answers are made into one, each of them takes the stages below.
    if ensemble::is_asked(&screened) {
        return Box::pin(ensemble::combine(screened)).await;
    }
    let mut funded = fund(screened).await?;
    // A copy goes out only for what is paid for, and before anybody waits.
    mirror(&mut funded);
    // The only stage that talks to providers.
    let attempted = execute(funded).await?;
    // Translate, guard, meter, settle, record: over the answer as it flows.
    answer(attempted).await
}

/// The stages up to the money. A sub-call begins here; those before are its request's.
pub(crate) async fn fund(screened: Screened) -> Result<Funded, Rejected> {
    // What the prompt means is found out first, where a route asks: only then is something waited for.
    let meaning = match screened.model.semantic() {
        [] => Ok(meaning::Meaning::default()),
        _ => Box::pin(meaning::find(&screened)).await,
    };
    // The plan comes before the money, since the hold is the price of its dearest target.
    let planned = plan(screened, meaning).await?;
    // The money is held before the first byte goes out, so concurrent calls can not overspend.
    reserve(planned).await
}

/// The other stages of a sub-call.
pub(crate) async fn run_sub_call(funded: Funded) -> Result<Reply, Rejected> {
    answer(execute(funded).await?).await
}

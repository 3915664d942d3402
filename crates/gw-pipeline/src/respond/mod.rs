//! The way back: translate, guard, meter, settle, record, over the answer as it flows. Whole answers and
//! streams pass the same steps. It must not talk to a provider again.

pub(crate) mod chosen;
mod count;
pub(crate) mod failure;
mod for_others;
mod gauge;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod keep;
pub(crate) mod large;
pub(crate) mod meter;
mod outlet;
pub(crate) mod raw;
pub(crate) mod refuse;
mod repair;
pub(crate) mod session;
mod shape;
mod soft;
pub(crate) mod stream;
mod whole;

use crate::attempt::Attempted;
use crate::cache;
use crate::guard::verdicts;
use crate::reply::Reply;
use crate::ticket::Rejected;
use gw_model::WireFormat;

/// Turns what the targets brought into the caller's reply.
pub(crate) async fn answer(mut attempted: Attempted) -> Result<Reply, Rejected> {
    if let Attempted::Answer(answered) = &mut attempted
        && answered.ticket.lead.is_some()
    {
        cache::share(answered);
    }
    let attempted = match attempted {
        Attempted::Answer(mut answered) if answered.ticket.awaits_verdicts() => {
            match verdicts(&mut answered.ticket).await {
                Ok(()) => Attempted::Answer(answered),
                Err(refusal) => return Ok(whole::refused(answered, &refusal).await),
            }
        }
        other => other,
    };
    match attempted {
        Attempted::Failure(failed) if failed.ticket.lead.is_some() => match cache::spared(failed) {
            Ok(spared) => Box::pin(spared.reply()).await,
            Err(failed) => Ok(failure::reply(*failed)),
        },
        Attempted::Failure(failed) => Ok(failure::reply(*failed)),
        Attempted::Answer(answered) if answered.call.raw.is_some() => Ok(raw::reply(*answered).await),
        Attempted::Answer(answered) if answered.sent.format == WireFormat::OpenAiRealtime => {
            Ok(session::reply(*answered))
        }
        Attempted::Count(counted) => Ok(count::reply(*counted)),
        Attempted::Answer(answered) if headers::is_event_stream(&answered.response.headers) => {
            Ok(stream::reply(*answered))
        }
        Attempted::Answer(answered) => whole::reply(answered).await,
    }
}

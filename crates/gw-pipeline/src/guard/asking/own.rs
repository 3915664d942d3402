//! Questions to models and providers of the gateway: calls of its own, through every stage that a caller's passes, so that
//! they are translated, retried, metered and recorded as one. They run under the master key, and no guardrail looks at
//! them: what they hold is being looked at. It must not be asked by such a call.

use super::http::MAX_ANSWER_BYTES;
use crate::inbound::{CallerContext, Inbound, PathFacts};
use crate::reply::{Reply, ReplyBody};
use crate::run::run;
use crate::worker::Worker;
use bytes::Bytes;
use gw_guard::asked::{About, AskFault, Way};
use gw_model::caching::CacheWish;
use gw_model::{RawLine, WireFormat};
use http_body::Body;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// Status and body of an answer.
type Answer<'a> = Pin<Box<dyn Future<Output = Result<(u16, Vec<u8>), AskFault>> + 'a>>;

/// A call within a call: its future has to be boxed, since it is of the kind that it stands in.
pub(super) fn call<'a>(
    worker: &'a Rc<Worker>,
    way: &Way,
    body: Vec<u8>,
    about: &About,
    timeout_ms: u64,
) -> Answer<'a> {
    let raw = match way {
        Way::Provider { provider, path } => Some(Box::new(RawLine {
            provider: provider.to_string(),
            method: "POST".to_owned(),
            path: path.clone(),
            headers: vec![("content-type".to_owned(), Bytes::from_static(b"application/json"))],
            ..RawLine::default()
        })),
        _ => None,
    };
    let format = match way {
        Way::Moderation => WireFormat::OpenAiModerations,
        Way::Provider { .. } => WireFormat::Passthrough,
        Way::Chat | Way::Host { .. } => WireFormat::OpenAiChat,
    };
    // A verdict is about one text: the cache may give one that was kept for the very same question, and never another.
    let &About { no_read, no_store, max_age_seconds, .. } = about;
    let wish = CacheWish { exact: true, no_read, no_store, max_age_seconds, ..CacheWish::default() };
    let context = CallerContext {
        is_own: true,
        timeout_ms: Some(timeout_ms.to_string()),
        cache: Some(Box::new(wish)),
        ..CallerContext::default()
    };
    let inbound = Inbound {
        format,
        from: None,
        credential: Some(worker.gateway().master().expose().to_owned()),
        signed: None,
        path: PathFacts::default(),
        context,
        forward_headers: Vec::new(),
        raw,
        errand: None,
        body: Bytes::from(body),
    };
    Box::pin(async move {
        let reply = run(worker, inbound).await;
        let status = reply.status().as_u16();
        Ok((status, whole(reply).await?))
    })
}

/// The body of an answer.
async fn whole(reply: Reply) -> Result<Vec<u8>, AskFault> {
    let mut body: ReplyBody = reply.into_body();
    let mut whole = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let data = frame.map_err(|_| AskFault::Unreachable)?.into_data().unwrap_or_default();
        if whole.len() + data.len() > MAX_ANSWER_BYTES {
            return Err(AskFault::Malformed);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole)
}

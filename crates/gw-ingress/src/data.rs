//! A call to a model: puts together what the request path wants to know, for every wire format alike.

use crate::listen::body::ClientBody;
use crate::site::Site;
use crate::{caching, context, credential, trace};
use gw_model::{Api, WireFormat};
use gw_pipeline::{Inbound, PathFacts, Reply, SignedHead, run};
use http::Request;
use hyper::body::Incoming;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

/// Runs a call.
pub(crate) async fn call(
    site: &Rc<Site>,
    from: IpAddr,
    (format, mut path): (WireFormat, PathFacts),
    request: Request<Incoming>,
) -> Reply {
    let (head, incoming) = request.into_parts();
    let timeout = Duration::from_millis(site.parts.limits.body_read_timeout_ms);
    let query = head.uri.query();
    let credential = credential::find(&head.headers, query);
    // Only AWS SDKs sign, and only these paths are theirs.
    let signed = match format.api() {
        Api::Bedrock if credential.is_none() => SignedHead::of(&head.method, &head.uri, &head.headers),
        _ => None,
    };
    path.json_array =
        path.stream && format == WireFormat::GeminiGenerate && !query.is_some_and(asks_for_events);
    let gateway = site.worker.gateway();
    let mut context = context::caller(&head.headers, gateway.keeps_headers());
    context.trace = trace::brought(gateway, &head.headers);
    if gateway.answers.is_used() {
        context.cache = caching::wish(&head.headers);
    }
    let inbound = Inbound {
        format,
        from: Some(from),
        credential,
        signed,
        path,
        context,
        forward_headers: context::forwarded(format, &head.headers),
        raw: None,
        errand: None,
        body: ClientBody { incoming, timeout },
    };
    drop(head);
    run(&site.worker, inbound).await
}

/// `alt=sse`: Google's streams are arrays without it.
fn asks_for_events(query: &str) -> bool {
    query.split('&').any(|pair| pair == "alt=sse" || pair == "$alt=sse" || pair == "%24alt=sse")
}

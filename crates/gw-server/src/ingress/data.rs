//! A call to a model: puts together what the request path wants to know, for every wire format alike.

use super::{context, credential};
use crate::app::site::Site;
use crate::listen::body::ClientBody;
use gw_model::WireFormat;
use gw_pipeline::{Inbound, PathFacts, Reply, run};
use http::Request;
use hyper::body::Incoming;
use std::rc::Rc;
use std::time::Duration;

/// Runs a call.
pub(crate) async fn call(
    site: &Rc<Site>,
    format: WireFormat,
    path: PathFacts,
    request: Request<Incoming>,
) -> Reply {
    let (head, incoming) = request.into_parts();
    let timeout = Duration::from_millis(site.parts.limits.body_read_timeout_ms);
    let inbound = Inbound {
        format,
        credential: credential::find(&head.headers, head.uri.query()),
        path,
        context: context::caller(&head.headers),
        forward_headers: context::forwarded(format, &head.headers),
        body: ClientBody { incoming, timeout },
    };
    drop(head);
    run(&site.worker, inbound).await
}

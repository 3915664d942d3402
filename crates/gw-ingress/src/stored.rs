//! A stored answer, asked for by its path: puts together what the request path wants to know.

use crate::dispatch::method_not_allowed;
use crate::paths::{self, Stored};
use crate::site::Site;
use crate::{context, credential, trace};
use gw_model::WireFormat;
use gw_pipeline::{CallerContext, Reply, StoredAction, StoredRequest, run_stored};
use http::{Method, Request};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::rc::Rc;

/// Serves the request. What its body holds is not asked for.
pub(super) async fn serve(
    site: &Rc<Site>,
    from: IpAddr,
    (id, what): (String, Stored),
    request: &Request<Incoming>,
) -> Reply {
    let format = WireFormat::OpenAiResponses;
    let action = match (what, request.method()) {
        (Stored::Itself, &Method::GET) => StoredAction::Retrieve,
        (Stored::Itself, &Method::DELETE) => StoredAction::Delete,
        (Stored::Itself, _) => return method_not_allowed(format, "GET, DELETE"),
        (Stored::InputItems, &Method::GET) => StoredAction::InputItems,
        (Stored::InputItems, _) => return method_not_allowed(format, "GET"),
        (Stored::Cancel, &Method::POST) => StoredAction::Cancel,
        (Stored::Cancel, _) => return method_not_allowed(format, "POST"),
    };
    let query = request.uri().query();
    let trace = trace::brought(site.worker.gateway(), request.headers());
    let stored = StoredRequest {
        from: Some(from),
        credential: credential::find(request.headers(), query),
        context: CallerContext { trace, ..context::caller(request.headers(), false) },
        forward_headers: context::forwarded(format, request.headers()),
        id,
        action,
        query: query.map(parameters).unwrap_or_default(),
    };
    run_stored(&site.worker, stored).await
}

/// The parameters of a query, decoded, but for a key that stands there.
fn parameters(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    split.filter(|(name, _)| *name != "key").map(|(n, v)| (paths::decoded(n), paths::decoded(v))).collect()
}

//! `POST /v1/feedback`: what an application says about a call that it made. Finds out who says it, and hands the rest to the
//! control plane, which knows the calls. It is no call itself: it has no record, and counts for nothing.

use crate::site::{Site, json_reply};
use crate::{context, credential, models};
use gw_model::{Refusal, WireFormat};
use gw_pipeline::{Reply, Whence, refusal_reply};
use http::{Request, StatusCode};
use hyper::body::Incoming;
use std::net::IpAddr;

/// Serves the request.
pub(super) async fn serve(site: &Site, from: IpAddr, request: Request<Incoming>) -> Reply {
    let format = models::shape(WireFormat::OpenAiChat, request.headers());
    match say(site, from, request).await {
        Ok((status, body)) => json_reply(status, body),
        Err(refusal) => refusal_reply(format, &refusal, None),
    }
}

async fn say(site: &Site, from: IpAddr, request: Request<Incoming>) -> Result<(StatusCode, String), Refusal> {
    let credential = credential::find(request.headers(), request.uri().query());
    let origin = context::origin(request.headers());
    let whence = Whence { address: Some(from), origin: origin.as_deref() };
    let key = site.worker.identify(credential.as_deref(), whence).await?;
    site.control.feedback(key.map(|key| key.id), request).await
}

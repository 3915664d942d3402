//! From an HTTP request to who serves it: by path to a wire format, the control plane, or a health check. It must not read a
//! body.

use crate::listen::acceptor::Door;
use crate::listen::cors;
use crate::paths::{self, Route};
use crate::site::Site;
use crate::{client, data, feedback, models, raw, realtime, stored};
use gw_model::{ErrorCode, Refusal, WireFormat};
use gw_pipeline::{Reply, ReplyBody, refusal_reply};
use http::header::{self, HeaderName};
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// Names an answer in logs and questions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Serves one request. Every answer has an id, also when there was no call that could have one.
pub(crate) async fn handle(
    site: &Rc<Site>,
    door: Door,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Reply {
    let from = client::address(peer.ip(), request.headers(), &site.parts.trusted_proxies);
    let mut reply = across_origins(site, door, from, request).await;
    if !reply.headers().contains_key(REQUEST_ID) {
        reply.headers_mut().insert(REQUEST_ID, site.request_id());
    }
    reply
}

async fn across_origins(site: &Rc<Site>, door: Door, from: IpAddr, request: Request<Incoming>) -> Reply {
    let cors = site.control.cors();
    let cors = (*cors).as_ref();
    if let Some(origin) = cors::allowed(cors, request.headers().get(header::ORIGIN)) {
        let mut reply = if request.method() == Method::OPTIONS {
            let mut reply = empty(StatusCode::NO_CONTENT);
            let requested = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS);
            cors::add_preflight(reply.headers_mut(), requested);
            reply
        } else {
            dispatch(site, door, from, request).await
        };
        cors::add_headers(reply.headers_mut(), origin);
        return reply;
    }
    dispatch(site, door, from, request).await
}

/// Calls to models stand here as they are. All else is boxed: there is a place for the largest of these futures in each
/// request's, which would be three times as large.
async fn dispatch(site: &Rc<Site>, door: Door, from: IpAddr, request: Request<Incoming>) -> Reply {
    let route = paths::route(request.uri().path());
    match (route, door) {
        (Route::Health, _) => site.health(),
        (Route::Ready, _) => site.ready(),
        (Route::Admin, Door::Main { with_admin: true } | Door::Admin) => {
            site.control.admin(from, request).await
        }
        (Route::Ui, Door::Main { with_admin: true } | Door::Admin) => {
            site.control.page(request.method(), request.uri().path(), request.headers())
        }
        (Route::Root, _) => match *request.method() {
            Method::GET | Method::HEAD => root(),
            _ => method_not_allowed(WireFormat::OpenAiChat, "GET, HEAD"),
        },
        (Route::Admin | Route::Ui, Door::Main { with_admin: false }) | (_, Door::Admin) => {
            not_found(WireFormat::OpenAiChat, "this is served on the other address of this gateway")
        }
        (Route::Call { format, path }, _) => match *request.method() {
            Method::POST => data::call(site, from, (format, path), request).await,
            _ => method_not_allowed(format, "POST"),
        },
        (Route::Stored { id, what }, _) => Box::pin(stored::serve(site, from, (id, what), &request)).await,
        (Route::Session { model }, _) => match *request.method() {
            Method::GET => Box::pin(realtime::open(site, from, model, request)).await,
            _ => method_not_allowed(WireFormat::OpenAiRealtime, "GET"),
        },
        (Route::OtherSession, _) => realtime::websocket_only(),
        (Route::Passthrough { provider, path }, _) => {
            Box::pin(raw::passthrough(site, from, (provider, path), request)).await
        }
        (Route::Objects { path }, _) => Box::pin(raw::objects(site, from, &path, request)).await,
        (Route::Feedback, _) => match *request.method() {
            Method::POST => Box::pin(feedback::serve(site, from, request)).await,
            _ => method_not_allowed(WireFormat::OpenAiChat, "POST"),
        },
        (Route::Models { id, format }, _) => match *request.method() {
            Method::GET | Method::HEAD => {
                Box::pin(models::serve(site, from, (id.as_deref(), format), &request)).await
            }
            _ => method_not_allowed(format, "GET, HEAD"),
        },
        (Route::Later { format }, _) => {
            let refusal =
                Refusal::new(ErrorCode::NotImplemented, "this endpoint is not in this version of Gatewright");
            refusal_reply(format, &refusal, None)
        }
        (Route::Unknown { format }, _) => {
            not_found(format, "there is nothing at this path; see the list of endpoints in the README")
        }
    }
}

/// `GET /` and `HEAD /`: agents look there whether anybody is at home.
fn root() -> Reply {
    let mut reply = Reply::new(ReplyBody::whole("Gatewright is running. Send requests to /v1/...\n"));
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
    reply
}

fn empty(status: StatusCode) -> Reply {
    let mut reply = Reply::new(ReplyBody::whole(""));
    *reply.status_mut() = status;
    reply
}

pub(crate) fn not_found(format: WireFormat, text: &'static str) -> Reply {
    refusal_reply(format, &Refusal::new(ErrorCode::NotFound, text), None)
}

pub(crate) fn method_not_allowed(format: WireFormat, allowed: &'static str) -> Reply {
    let refusal = Refusal::new(ErrorCode::MethodNotAllowed, format!("this endpoint takes {allowed} only"));
    let mut reply = refusal_reply(format, &refusal, None);
    reply.headers_mut().insert(header::ALLOW, http::HeaderValue::from_static(allowed));
    reply
}

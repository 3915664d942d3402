//! A worker's view of the process: its request path, and what of the control plane it serves itself.

use super::state::App;
use crate::admin;
use axum::Router;
use axum::body::Body as AdminBody;
use bytes::Bytes;
use gw_config::compile::{Cors, ServerLimits};
use gw_model::{Network, RequestId};
use gw_pipeline::{Incomplete, OtherBody, Reply, ReplyBody, Worker};
use http::header::{self, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::runtime::Handle;
use tower_service::Service;

/// Largest body of an admin request, in bytes.
const MAX_ADMIN_BODY: usize = 4 << 20;

/// Where bodies may be as large as documents are, and how large they are then, in bytes.
pub(crate) const APPLY_PATH: &str = "/api/v1/apply";
pub(crate) const MAX_APPLY_BODY: usize = 72 << 20;

/// What every worker is given at start.
#[derive(Clone)]
pub(crate) struct SiteParts {
    pub(crate) app: Arc<App>,
    pub(crate) limits: Arc<ServerLimits>,
    /// Proxies that are believed whom they speak for.
    pub(crate) trusted_proxies: Arc<[Network]>,
    /// Runs the control plane, so that a slow query does not hold up calls.
    pub(crate) background: Handle,
}

/// See the module.
pub(crate) struct Site {
    pub(crate) worker: Rc<Worker>,
    pub(crate) parts: SiteParts,
    router: Router,
}

impl Site {
    pub(crate) fn new(worker: Rc<Worker>, parts: SiteParts) -> Self {
        let router = admin::router(Arc::clone(&parts.app));
        Self { worker, parts, router }
    }

    pub(crate) fn cors(&self) -> Arc<Option<Cors>> {
        self.parts.app.cors.load_full()
    }

    pub(crate) fn tls_acceptor(&self) -> Option<tokio_rustls::TlsAcceptor> {
        let config = self.parts.app.tls.load_full();
        config.as_ref().as_ref().map(|c| tokio_rustls::TlsAcceptor::from(Arc::clone(c)))
    }

    /// An id for an answer that no call stands behind.
    pub(crate) fn request_id(&self) -> HeaderValue {
        let id = RequestId::new(self.worker.gateway().clock().now(), fastrand::u128(..));
        HeaderValue::from_str(&id.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// `/healthz`: the process is up.
    #[expect(clippy::unused_self, reason = "beside its sister ready()")]
    pub(crate) fn health(&self) -> Reply {
        json(StatusCode::OK, "{\"status\":\"ok\"}".to_owned())
    }

    /// `/readyz`: send traffic here, or not.
    pub(crate) fn ready(&self) -> Reply {
        let (ready, body) = self.parts.app.readiness();
        json(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, body)
    }

    /// Everything of the control plane, on the background runtime.
    #[expect(clippy::disallowed_methods, reason = "the request is limited, the answer is the gateway's own")]
    pub(crate) async fn admin(&self, from: IpAddr, request: Request<Incoming>) -> Reply {
        let (head, incoming) = request.into_parts();
        let most = if head.uri.path() == APPLY_PATH { MAX_APPLY_BODY } else { MAX_ADMIN_BODY };
        let Ok(body) = Limited::new(incoming, most).collect().await else {
            return json(
                StatusCode::PAYLOAD_TOO_LARGE,
                "{\"error\":{\"code\":\"request_too_large\",\"message\":\"the body is too large or broke off\"}}".to_owned(),
            );
        };
        let mut request = Request::from_parts(head, AdminBody::from(body.to_bytes()));
        request.extensions_mut().insert(admin::ClientAddress(from));
        let mut router = self.router.clone();
        let task = self.parts.background.spawn(async move {
            let Ok(response) = router.call(request).await;
            let (head, body) = response.into_parts();
            if admin::is_streamed(&head.headers) {
                return http::Response::from_parts(head, Made::AsItGoes(body));
            }
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            http::Response::from_parts(head, Made::Whole(body))
        });
        match task.await {
            Ok(response) => response.map(|made| match made {
                Made::Whole(body) => ReplyBody::whole(body),
                Made::AsItGoes(body) => ReplyBody::Other(OtherBody::new(body.map_err(|_| Incomplete))),
            }),
            Err(error) => {
                tracing::error!(%error, "an admin request failed");
                json(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "{\"error\":{\"code\":\"internal_error\",\"message\":\"see the log\"}}".to_owned(),
                )
            }
        }
    }
}

/// What the control plane answers.
enum Made {
    Whole(Bytes),
    /// Pieces are made on the background runtime while they are sent.
    AsItGoes(AdminBody),
}

fn json(status: StatusCode, body: String) -> Reply {
    let mut reply = Reply::new(ReplyBody::whole(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

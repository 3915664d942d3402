//! A worker's view of the process: its request path, the limits of its connections, and the control plane.

use crate::control::ControlPlane;
use gw_config::compile::ServerLimits;
use gw_model::{Network, RequestId};
use gw_pipeline::{Reply, ReplyBody, Worker};
use http::StatusCode;
use http::header::{self, HeaderValue};
use std::rc::Rc;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// What every worker is given at start.
#[derive(Clone)]
pub struct SiteParts {
    /// Of connections, heads and bodies.
    pub limits: Arc<ServerLimits>,
    /// Proxies that are believed whom they speak for.
    pub trusted_proxies: Arc<[Network]>,
}

/// See the module.
pub(crate) struct Site {
    pub(crate) worker: Rc<Worker>,
    pub(crate) parts: SiteParts,
    pub(crate) control: Box<dyn ControlPlane>,
}

impl Site {
    pub(crate) fn tls_acceptor(&self) -> Option<TlsAcceptor> {
        self.control.tls().map(TlsAcceptor::from)
    }

    /// An id for an answer that no call stands behind.
    pub(crate) fn request_id(&self) -> HeaderValue {
        let id = RequestId::new(self.worker.gateway().clock().now(), fastrand::u128(..));
        HeaderValue::from_str(&id.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// `/healthz`: the process is up.
    #[expect(clippy::unused_self, reason = "beside its sister ready()")]
    pub(crate) fn health(&self) -> Reply {
        json_reply(StatusCode::OK, "{\"status\":\"ok\"}".to_owned())
    }

    /// `/readyz`: send traffic here, or not.
    pub(crate) fn ready(&self) -> Reply {
        let (ready, body) = self.control.readiness();
        json_reply(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, body)
    }
}

/// An answer whose body is this JSON.
pub fn json_reply(status: StatusCode, body: String) -> Reply {
    let mut reply = Reply::new(ReplyBody::whole(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

//! The control plane as workers see it: what they ask of it, and the calls that it makes on their threads.

use super::inside;
use super::state::App;
use crate::{admin, ui};
use axum::Router;
use axum::body::Body as AdminBody;
use bytes::Bytes;
use gw_config::compile::Cors;
use gw_ingress::{ControlPlane, Join, Joined, Local, json_reply};
use gw_model::{ErrorCode, KeyId, Refusal};
use gw_pipeline::{Incomplete, OtherBody, Reply, ReplyBody};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use rustls::ServerConfig;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::runtime::Handle;
use tower_service::Service;

/// Largest body of an admin request, in bytes.
const MAX_ADMIN_BODY: usize = 4 << 20;

/// Largest body of feedback, in bytes: the longest comment, every character of it escaped.
const MAX_FEEDBACK_BODY: usize = 64 << 10;

/// Where bodies may be as large as documents are, and how large they are then, in bytes.
pub(crate) const APPLY_PATH: &str = "/api/v1/apply";
pub(crate) const MAX_APPLY_BODY: usize = 72 << 20;

/// See the module.
struct Control {
    app: Arc<App>,
    router: Router,
    /// Runs the control plane, so that a slow query does not hold up calls.
    background: Handle,
}

/// What makes a worker part of the control plane, once. Calls that the control plane makes reach it from now on.
pub(crate) fn join(app: &Arc<App>, background: &Handle) -> Join {
    let (app, background) = (Arc::clone(app), background.clone());
    let orders = app.inside.join();
    Box::new(move |worker| Joined {
        task: Box::pin(inside::serve(Rc::clone(worker), orders)),
        control: Box::new(Control { router: admin::router(Arc::clone(&app)), app, background }),
    })
}

impl ControlPlane for Control {
    fn cors(&self) -> Arc<Option<Cors>> {
        self.app.cors.load_full()
    }

    fn tls(&self) -> Option<Arc<ServerConfig>> {
        Option::clone(&self.app.tls.load())
    }

    fn readiness(&self) -> (bool, String) {
        self.app.readiness()
    }

    fn admin(&self, from: IpAddr, request: Request<Incoming>) -> Local<'_, Reply> {
        Box::pin(self.answer(from, request))
    }

    fn feedback(
        &self,
        by: Option<KeyId>,
        request: Request<Incoming>,
    ) -> Local<'_, Result<(StatusCode, String), Refusal>> {
        Box::pin(self.say(by, request))
    }

    fn page(&self, method: &Method, path: &str, headers: &HeaderMap) -> Reply {
        ui::serve(method, path, headers)
    }
}

impl Control {
    /// Everything of the control plane, on the background runtime.
    #[expect(clippy::disallowed_methods, reason = "the request is limited, the answer is the gateway's own")]
    async fn answer(&self, from: IpAddr, request: Request<Incoming>) -> Reply {
        let (head, incoming) = request.into_parts();
        let most = if head.uri.path() == APPLY_PATH { MAX_APPLY_BODY } else { MAX_ADMIN_BODY };
        let Ok(body) = Limited::new(incoming, most).collect().await else {
            return json_reply(
                StatusCode::PAYLOAD_TOO_LARGE,
                "{\"error\":{\"code\":\"request_too_large\",\"message\":\"the body is too large or broke off\"}}".to_owned(),
            );
        };
        let mut request = Request::from_parts(head, AdminBody::from(body.to_bytes()));
        request.extensions_mut().insert(admin::ClientAddress(from));
        let mut router = self.router.clone();
        let task = self.background.spawn(async move {
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
                json_reply(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "{\"error\":{\"code\":\"internal_error\",\"message\":\"see the log\"}}".to_owned(),
                )
            }
        }
    }
}

impl Control {
    /// What is said about a call, on the background runtime.
    #[expect(clippy::disallowed_methods, reason = "the request is limited")]
    async fn say(
        &self,
        by: Option<KeyId>,
        request: Request<Incoming>,
    ) -> Result<(StatusCode, String), Refusal> {
        let body = Limited::new(request.into_body(), MAX_FEEDBACK_BODY).collect().await.map_err(|_| {
            let text = format!("the body has more than {MAX_FEEDBACK_BODY} bytes, or broke off");
            Refusal::new(ErrorCode::RequestTooLarge, text)
        })?;
        let saying = admin::say_feedback(Arc::clone(&self.app), by, body.to_bytes().to_vec());
        self.background.spawn(saying).await.unwrap_or_else(|error| {
            tracing::error!(%error, "feedback was not kept");
            Err(Refusal::new(ErrorCode::Internal, "feedback was not kept; see the gateway's log"))
        })
    }
}

/// What the control plane answers.
enum Made {
    Whole(Bytes),
    /// Pieces are made on the background runtime while they are sent.
    AsItGoes(AdminBody),
}

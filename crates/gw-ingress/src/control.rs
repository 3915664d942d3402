//! What a worker asks of the control plane, which this crate does not know. It must not be asked by a call to a model for
//! more than `cors`.

use gw_config::compile::Cors;
use gw_model::{KeyId, Refusal};
use gw_pipeline::{Reply, Worker};
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Incoming;
use rustls::ServerConfig;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// A future of one thread.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The control plane as one worker sees it.
pub trait ControlPlane {
    /// Origins whose pages may call, as configured now; `None` is none. Every request asks: it must not wait.
    fn cors(&self) -> Arc<Option<Cors>>;

    /// Certificate and key as configured now; `None` is without TLS. Every connection asks: it must not wait.
    fn tls(&self) -> Option<Arc<ServerConfig>>;

    /// Is traffic welcome, and the state as a JSON object.
    fn readiness(&self) -> (bool, String);

    /// Answers a request of the control plane that comes from this address. It must not hold up calls, and limits what it
    /// reads of the body.
    fn admin(&self, from: IpAddr, request: Request<Incoming>) -> Local<'_, Reply>;

    /// Keeps what an application says about a call of this key, `None` being the master key, and answers with JSON. Like `admin`, it
    /// must not hold up calls, and limits what it reads of the body.
    fn feedback(
        &self,
        by: Option<KeyId>,
        request: Request<Incoming>,
    ) -> Local<'_, Result<(StatusCode, String), Refusal>>;

    /// Answers a request below `/ui`; `path` is the whole path.
    fn page(&self, method: &Method, path: &str, headers: &HeaderMap) -> Reply;
}

/// Makes the control plane part of a worker, on the worker's thread.
pub type Join = Box<dyn FnOnce(&Rc<Worker>) -> Joined + Send>;

/// What a worker gets of the control plane.
pub struct Joined {
    /// Answers what is no call.
    pub control: Box<dyn ControlPlane>,
    /// A task of the worker's, beside its connections: it is dropped when the worker ends.
    pub task: Local<'static, ()>,
}

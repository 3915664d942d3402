//! The request path: authenticate, authorize, admit, guard, cache, route, reserve, attempt, and the way
//! back. `run` names the order; every other module is one stage. It is the only egress for traffic to
//! models. It must not parse configuration, know a wire format's members, or listen on a socket; it can be
//! embedded: make a [`Gateway`], one [`Worker`] per thread, and call [`run`].
#![forbid(unsafe_code)]

mod admit;
mod attempt;
mod authenticate;
mod authorize;
mod cache;
mod clock;
pub mod credentials;
mod embedding;
mod ensemble;
mod errand;
mod files;
mod gateway;
mod guard;
mod health;
mod inbound;
mod introduction;
mod keeping;
mod lineup;
mod live;
mod local_models;
mod metrics;
mod outbox;
mod plugins;
mod proven;
mod raw;
mod recall;
mod receive;
mod reply;
mod reserve;
mod respond;
mod route;
mod run;
mod saturation;
mod signed;
mod stored;
mod subcall;
mod ticket;
mod waiting;
mod worker;
mod writing;

pub use authenticate::Whence;
pub use cache::{Answers, Led, Purging, StorePurged, alike};
pub use clock::SystemClock;
pub use embedding::{Embedded, Embedding, Unembedded, Vector};
pub use errand::{Errand, Purse, Told};
pub use gateway::{Gateway, GatewayParts, SharedLimits};
pub use guard::{Trial, Tried, keep_trials};
pub use health::{
    Board, Change, Check, Checked, DeploymentView, Fingerprint, HealthChange, Probe, Probed, Said,
};
pub use inbound::{BodySource, CallerContext, Inbound, PathFacts};
pub use introduction::{Introducer, Introduction};
pub use keeping::Masks;
pub use lineup::Lineup;
pub use live::{Live, PublishError};
pub use local_models::{LocalModels, Reading};
pub use metrics::{AlertMetrics, Dropped, Metrics, SharedLimitMetrics, SharingMetrics, TelemetryMetrics};
pub use outbox::Outbox;
pub use plugins::{Answering, Plugins};
pub use reply::{Incomplete, OtherBody, Reply, ReplyBody};
pub use respond::refuse::refusal_reply;
pub use respond::session::Session;
pub use route::meaning::keep_routes;
#[doc(hidden)]
pub use route::measure::Measured;
pub use route::resolve::Resolution;
pub use route::semantic;
pub use route::{Considered, Judged, Question, Score, Simulated, Taken, simulate};
pub use run::run;
pub use saturation::watch_lag;
pub use signed::SignedHead;
pub use stored::{StoredAction, StoredRequest, run_stored};
pub use worker::Worker;

//! What the control plane does, one file per resource: handlers in `admin` parse and call here. Also what
//! all workers share of the process. It must not know HTTP framing.

pub(crate) mod accounts;
pub(crate) mod alerts;
pub(crate) mod analytics;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod authorization;
pub(crate) mod blocks;
pub(crate) mod body_storage;
mod bucket;
pub(crate) mod cache;
pub(crate) mod called;
pub(crate) mod chores;
pub(crate) mod control;
pub(crate) mod credentials;
pub(crate) mod datasets;
pub(crate) mod embeddings;
pub(crate) mod evaluations;
pub(crate) mod exports;
pub(crate) mod guardrails;
pub(crate) mod inside;
pub(crate) mod keys;
pub(crate) mod ownership;
pub(crate) mod plugins;
pub(crate) mod prices;
pub(crate) mod replay;
pub(crate) mod reports;
pub(crate) mod routes;
pub(crate) mod scim;
pub(crate) mod settings;
pub(crate) mod shares;
pub(crate) mod sign_in;
pub(crate) mod state;
pub(crate) mod storage;
pub(crate) mod tail;
pub(crate) mod tokens;
pub(crate) mod views;

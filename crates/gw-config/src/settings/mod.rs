//! The settings as they stand in the file: typed, with places, nothing resolved. One file for each group;
//! a new setting is one line there, and its reader and schema follow. It must not know the catalogue.

pub mod alerts;
pub mod analytics;
pub mod auth;
pub mod auto;
pub mod cache;
pub mod credentials;
pub mod customers;
pub mod datasets;
pub mod drop_params;
pub mod embeddings;
pub mod evaluations;
pub mod exports;
pub mod guardrails;
pub mod health;
pub mod health_check;
pub mod hedge;
pub mod keys;
pub mod limits;
pub mod listen;
pub mod models;
pub mod network;
pub mod otlp;
pub mod outlier;
pub mod overload;
pub mod path;
pub mod prices;
pub mod providers;
pub mod realtime;
pub mod records;
pub mod retry;
pub mod routes;
pub mod scim;
pub mod semantic;
pub mod sign_in;
pub mod storage;
pub mod subcalls;
pub mod telemetry;
pub mod timeouts;

mod root;
mod zero;

pub use root::{FileSettings, Files, Settings, TermsFile};

//! Tests of the `gatewright` binary from outside: the real process on a free port with a data directory of
//! its own, in front of the emulator or of scripted upstreams. They know the public contract and nothing of
//! the code.
//!
//! `GATEWRIGHT_FIXTURES` names the folder of recorded exchanges (missing: own samples only);
//! `GATEWRIGHT_LONG=1` runs the long forms of the crash and disconnect tests.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod access;
mod accounting;
mod alerts;
mod analytics;
mod apply;
mod audit;
mod auto;
mod bad_input;
mod bodies;
mod budget;
mod cache;
mod checks;
mod clients;
mod conditions;
mod config;
mod control;
mod counts;
mod crash;
mod credentials;
mod customers;
mod disconnect;
mod drill;
mod dynamic_routes;
mod ensemble;
mod exactness;
mod files;
mod formats;
mod google;
mod guardrail_actions;
mod guardrail_verdicts;
mod guardrails;
mod guardrails_evaded;
mod hedging;
mod identity;
mod kept_bodies;
mod keys;
mod limits;
mod media;
mod mirror;
mod network;
mod operations;
mod outliers;
mod overload;
mod ownership;
mod passthrough;
mod passthrough_money;
#[cfg(feature = "wasm")]
mod plugins;
mod postgres;
mod quotas;
mod rank;
mod realtime;
mod realtime_money;
mod realtime_rules;
mod record_details;
mod records;
mod replay;
mod replay_vectors;
mod resilience;
mod roles;
mod route_budgets;
mod routing;
mod scim;
mod semantic;
mod semantic_cache;
mod shared_limits;
mod sharing;
mod shutdown;
mod sign_in;
mod signed;
mod slow;
mod steering;
mod stored;
mod streams;
mod support;
mod telemetry;
mod telemetry_conventions;
mod tenancy;
mod upgrade;
mod vectors;

//! The store in PostgreSQL, which several nodes share. Serves the admin API, the fold, start-up and whoever follows what
//! other nodes change. It must not be called from a worker of the request path: everything here blocks. And it must not
//! be needed for a call: while the server is away, the last copy stands in and the journal waits.

mod accounts;
mod address;
mod alerts;
mod answers;
mod audit;
mod batch;
mod blocks_of_config;
mod bulk;
mod by_node;
mod bytes;
mod columns;
mod credentials;
mod datasets;
mod db;
mod directory;
mod evaluations;
mod exports;
mod fault;
mod fill;
mod groups;
mod jobs;
mod kept;
mod ledger;
mod logs;
mod migrate;
mod objects;
mod places;
mod recost;
mod rollups;
mod rotation;
mod routes;
mod segments;
mod session;
mod sign_in;
mod spending;
mod standby;
mod sums;
mod tls;
mod together;
mod tokens;
mod tolls;
mod upstream;
mod usage;
mod used;
mod views;
mod watch;

pub use address::is_postgres;
pub use audit::walk_audit_server;
pub(crate) use bytes::clean;
pub use db::{PostgresSettings, PostgresStore};
pub(crate) use fault::Fault;
pub(crate) use session::Db;

//! The store in one SQLite file. Serves the admin API, the fold and start-up. It must not be called from a
//! worker of the request path: everything here blocks.

mod accounts;
mod alerts;
mod answers;
mod audit;
mod batch;
mod blocks;
mod blocks_of_config;
mod bulk;
mod copy;
mod correct;
mod credentials;
mod datasets;
mod db;
mod directory;
mod entries;
mod evaluations;
mod exports;
mod groups;
mod jobs;
mod kept;
mod ledger;
mod logs;
mod migrate;
mod names;
mod narrow;
mod objects;
mod places;
mod records;
mod recost;
mod rollups;
mod routes;
mod sign_in;
mod spending;
mod sums;
mod tokens;
mod tolls;
mod unsummed;
mod upstream;
mod usage;
mod used;
mod views;

pub use audit::walk_audit_file;
pub(crate) use copy::{check_file, copy_file};
pub use db::{DATABASE_FILE, SqliteStore};
pub use unsummed::SumSettings;

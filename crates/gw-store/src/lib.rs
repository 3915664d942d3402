//! What Gatewright remembers, for every stage that needs it: keys with their limits and budgets (in
//! memory), the usage journal (files that survive a crash), and the store that the journal is folded into.
//! It must not speak HTTP, know providers, or decide what a caller is told.
#![forbid(unsafe_code)]

mod accounts;
pub mod analytics;
pub mod answers;
pub mod audit;
pub mod backup;
pub mod bodies;
pub mod data_dir;
pub mod datasets;
pub mod error;
pub mod fold;
pub mod journal;
pub mod keys;
pub mod memory;
pub mod objects;
pub mod peppers;
pub mod postgres;
pub mod redis;
pub mod refers;
pub mod restore;
pub mod rotation;
mod rows;
mod seal;
pub mod sqlite;
pub mod traits;
pub mod transfer;
pub mod types;
pub mod vault;

pub use data_dir::DataDir;
pub use error::StoreError;
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;
pub use vault::Vault;

//! The configuration: YAML text becomes typed [`Settings`] with the place of every value, and these are
//! compiled to the snapshot that the request path reads. Pure: the text and the environment are
//! passed in. It must not open sockets or files, and must never accept a policy that nothing enforces.
#![forbid(unsafe_code)]

pub mod compile;
pub mod document;
pub mod env;
pub mod errors;
pub mod listed;
mod load;
pub mod place;
pub mod schema;
pub mod settings;
mod shape;

pub use compile::routes::{CompiledRoute, RouteFault, compile_route};
pub use compile::stored::{StoredEntry, StoredFault, StoredKind, compile_stored};
pub use compile::{Compiled, DeclaredKey, ServerSettings, StoreSettings, compile};
pub use env::{Env, ProcessEnv};
pub use errors::{ConfigErrors, Fault, Warning};
pub use load::{Source, load, load_with};
pub use place::{At, Place};
pub use schema::schema;
pub use settings::listen::parse_listen;
pub use settings::telemetry::{LogFormat, LogLevel};
pub use settings::{Settings, TermsFile};
pub use shape::{BudgetPeriod, Named, NamedEntry, Text, Texts, Usd, UsdPerMillionTokens, Whole, ZoneName};

#[cfg(test)]
mod fake_catalog;

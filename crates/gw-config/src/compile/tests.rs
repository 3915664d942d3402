//! Settings against a small catalogue: what comes out, and the exact words of each refusal.

mod auth;
mod auto;
mod credentials;
mod example;
mod faults;
mod overload;
mod results;
mod routing_guide;
mod scim;
mod semantic;
mod sign_in;
mod steering;
mod stored;
mod subcalls;
mod targets;
mod telemetry;
mod zero;

use crate::{Compiled, Source, compile, fake_catalog, load};
use std::collections::BTreeMap;

fn env() -> BTreeMap<String, String> {
    let names = [
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "AZURE_OPENAI_API_KEY",
        "PARTNER_API_KEY",
        "APP_A_KEY",
        "BATCH_KEY",
    ];
    names.into_iter().map(|name| (name.to_owned(), format!("value-of-{name}"))).collect()
}

/// Loads and compiles; the error is the text that a user sees.
fn run(text: &str) -> Result<Compiled, String> {
    let settings = load(Source { name: "f.yaml", text }, &env()).map_err(|e| e.to_string())?;
    compile(&settings, fake_catalog::catalog(), 7).map_err(|e| e.to_string())
}

pub(super) fn ok(text: &str) -> Compiled {
    run(text).unwrap_or_else(|faults| panic!("{faults}"))
}

pub(super) fn faults(text: &str) -> String {
    run(text).err().expect("must be refused")
}

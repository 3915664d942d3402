//! Rule: crates depend on each other as drawn in ARCHITECTURE.md, and in no other way.

use super::tree::Edge;
use super::{Tree, Violation};

/// Crate, and what it may use. Tests of a crate may also use what [`DEV`] lists.
const ALLOWED: &[(&str, &[&str])] = &[
    ("gw-model", &[]),
    ("gw-wire", &["gw-model"]),
    ("gw-providers", &["gw-model", "gw-wire"]),
    ("gw-alerts", &["gw-model"]),
    ("gw-config", &["gw-alerts", "gw-guard", "gw-model", "gw-policy"]),
    ("gw-guard", &["gw-model"]),
    ("gw-store", &["gw-model"]),
    ("gw-upstream", &["gw-model"]),
    ("gw-policy", &["gw-model"]),
    ("gw-pipeline", &["gw-guard", "gw-model", "gw-wire", "gw-providers", "gw-store", "gw-upstream"]),
    ("gw-ingress", &["gw-config", "gw-model", "gw-pipeline", "gw-store", "gw-upstream", "gw-wire"]),
    ("gw-embed", &[]),
    ("gw-identity", &[]),
    ("gw-telemetry", &["gw-model"]),
    ("gw-wasm", &[]),
    ("gw-emulator", &[]),
    ("gw-drill", &["gw-model", "gw-config", "gw-emulator"]),
    (
        "gw-server",
        &[
            "gw-alerts",
            "gw-model",
            "gw-wire",
            "gw-providers",
            "gw-config",
            "gw-guard",
            "gw-policy",
            "gw-store",
            "gw-upstream",
            "gw-pipeline",
            "gw-ingress",
            "gw-embed",
            "gw-identity",
            "gw-telemetry",
            "gw-wasm",
            "gw-emulator",
            "gw-drill",
        ],
    ),
    ("gw-bench", &["gw-emulator"]),
    ("xtask", &["gw-model", "gw-wire", "gw-upstream"]),
];

/// What the tests of any crate may use besides.
const DEV: &[&str] = &["gw-model", "gw-embed", "gw-emulator"];

/// Finds edges and crates that the list does not have.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for name in &tree.crates {
        if !ALLOWED.iter().any(|(known, _)| known == name) {
            found.push(Violation::new(name, 0, "is not in the list of crates and their edges"));
        }
    }
    for Edge { from, to, dev } in &tree.edges {
        let listed = ALLOWED.iter().find(|(known, _)| known == from).map_or(&[][..], |(_, list)| list);
        let test_only = *dev && DEV.contains(&to.as_str());
        if !listed.contains(&to.as_str()) && !test_only && from != to {
            let kind = if *dev { " for tests" } else { "" };
            found.push(Violation::new(from, 0, format!("may not depend on {to}{kind}; see ARCHITECTURE.md")));
        }
    }
    found
}

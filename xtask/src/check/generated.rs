//! Committed files that the binary itself can make must be what it makes: a change of the configuration's
//! schema or of the admin API is then seen in review.

use crate::args::root;
use crate::process::{output, program};
use std::fs;

/// File, and the command that prints it.
const FILES: &[(&str, &str)] = &[("docs/config.schema.json", "schema"), ("docs/openapi.json", "openapi")];

/// Compares them.
pub(super) fn check() -> Result<(), String> {
    let binary = crate::clients::release_binary();
    let mut stale = Vec::new();
    for (file, command) in FILES {
        let Ok(committed) = fs::read_to_string(root().join(file)) else {
            println!("{file}: not there yet, not compared");
            continue;
        };
        let printed = output(&mut program(&binary.display().to_string(), [*command]))?;
        if printed.trim_end() == committed.trim_end() {
            println!("{file}: current");
        } else {
            println!("{file}: first difference in line {}", first_difference(&committed, &printed));
            stale.push(format!("gatewright {command} > {file}"));
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(format!("make it anew: {}", stale.join("; "))) }
}

/// Number of the first line that differs, from 1.
fn first_difference(a: &str, b: &str) -> usize {
    let same = a.lines().zip(b.lines()).take_while(|(a, b)| a == b).count();
    same + 1
}

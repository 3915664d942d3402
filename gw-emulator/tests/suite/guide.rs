//! The documentation names every fault and every control endpoint.

use std::path::PathBuf;

use gw_emulator::FAULT_NAMES;

#[test]
fn guide_and_crate_docs_list_every_fault() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("../docs/guides/emulator.md")).expect("the guide");
    let docs = std::fs::read_to_string(root.join("src/lib.rs")).expect("the crate's docs");
    for fault in FAULT_NAMES {
        let name = format!("`{}", fault.name);
        assert!(guide.contains(&name), "the guide does not name `{}`", fault.name);
        assert!(docs.contains(&name), "the crate's docs do not name `{}`", fault.name);
    }
    for endpoint in ["/emulator/stats", "/emulator/requests", "/emulator/faults", "/emulator/reset"] {
        assert!(guide.contains(endpoint), "the guide does not name {endpoint}");
    }
}

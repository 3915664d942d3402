//! Recorded exchanges of providers: those of the folder that `GATEWRIGHT_FIXTURES` names (by default
//! `../shared/fixtures` beside the workspace) and a few samples of our own, which are always there.

use gw_emulator::replay::Exchange;
use std::path::{Path, PathBuf};

/// Formats that this version speaks.
const FORMATS: [&str; 8] = [
    "chat",
    "completions",
    "embeddings",
    "messages",
    "responses",
    "generate_content",
    "converse",
    "cohere_chat",
];

/// Folders of the fixtures.
const FOLDERS: [&str; 2] = ["recorded", "edge"];

/// Every exchange in a format that we speak; says visibly when there are only our own.
pub(crate) fn load() -> Vec<Exchange> {
    let mut all = own();
    all.extend(recorded(&FORMATS));
    all
}

/// The recorded exchanges of these formats; says visibly when there are none.
pub(crate) fn recorded(formats: &[&str]) -> Vec<Exchange> {
    let root = folder();
    let files = FOLDERS.iter().flat_map(|name| json_files(&root.join(name)));
    let mut all: Vec<Exchange> = files.map(|file| Exchange::load(&file).unwrap()).collect();
    all.retain(|exchange| formats.contains(&exchange.wire_format.as_str()) && exchange.method == "POST");
    if all.is_empty() {
        eprintln!("skipped: no recorded exchanges at {}; the own samples are played alone", root.display());
    }
    all
}

fn own() -> Vec<Exchange> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/samples");
    let files = json_files(&folder);
    assert!(files.len() >= 4, "our own samples are missing");
    files.iter().map(|file| Exchange::load(file).unwrap()).collect()
}

fn folder() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    std::env::var_os("GATEWRIGHT_FIXTURES").map_or_else(default, PathBuf::from)
}

/// The JSON files of a folder and the folders in it, in order.
fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

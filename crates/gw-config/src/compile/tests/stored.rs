//! Providers and aliases of the admin API beside those of the file.

use super::{env, fake_catalog, ok};
use crate::{Source, StoredEntry, StoredFault, StoredKind, compile, compile_stored, load};
use serde_json::{Value, json};

const FILE: &str = "providers:\n  up: { kind: openai-compatible, base_url: 'http://127.0.0.1:1/v1' }\n\
                    models:\n  one: { targets: [{ provider: up, model: m }] }\n";

fn added(entries: &[(StoredKind, &str, Value)]) -> Result<gw_model::Snapshot, Vec<StoredFault>> {
    let settings = load(Source { name: "f.yaml", text: FILE }, &env()).unwrap();
    let compiled = compile(&settings, fake_catalog::catalog(), 1).unwrap();
    let entries: Vec<StoredEntry<'_>> =
        entries.iter().map(|(kind, name, document)| StoredEntry { kind: *kind, name, document }).collect();
    compile_stored(&compiled.snapshot, &compiled.declared, &entries)
}

fn refused(kind: StoredKind, name: &str, document: Value) -> (String, String) {
    let faults = added(&[(kind, name, document)]).err().expect("must be refused");
    let first = faults.into_iter().next().unwrap();
    assert_eq!(first.entry, Some(0));
    (first.pointer, first.message)
}

fn server(more: Value) -> Value {
    let mut document = json!({ "kind": "openai-compatible", "base_url": "http://127.0.0.1:2/v1" });
    for (name, value) in more.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    document
}

#[test]
fn they_stand_beside_those_of_the_file_and_name_each_other() {
    let west = server(json!({ "api_key": "sk-$HOME", "models": ["x"] }));
    let alias = json!({ "targets": [{ "provider": "west", "model": "x" }, { "model": "one" }] });
    let snapshot = added(&[(StoredKind::Model, "two", alias), (StoredKind::Provider, "west", west)]).unwrap();
    let provider = &snapshot.providers["west"];
    assert_eq!(&*provider.base_url, "http://127.0.0.1:2/v1");
    assert_eq!(provider.api_key.as_ref().unwrap().expose(), "sk-$HOME", "nothing of the environment");
    assert_eq!(snapshot.models["two"].targets.len(), 2);
    assert_eq!(snapshot.models.len(), 2);
    assert_eq!(ok(FILE).snapshot.providers.len(), 1);
}

#[test]
fn each_fault_has_its_place() {
    let at = |document: Value| refused(StoredKind::Provider, "west", document);
    assert_eq!(at(server(json!({ "basse_url": "x" }))).0, "/basse_url");
    assert_eq!(at(server(json!({ "base_url": "ftp://x" }))).0, "/base_url");
    let (pointer, message) = at(server(json!({ "base_url": "http://169.254.169.254/v1" })));
    assert_eq!(pointer, "/base_url");
    assert!(message.contains("metadata address"), "{message}");
    assert_eq!(at(server(json!({ "api_key_file": "/etc/passwd" }))).0, "/api_key_file");
    assert_eq!(at(server(json!({ "allow_link_local": true }))).0, "/allow_link_local");
    let named = json!({ "credentials": { "a": { "stored_credential": "openai" } } });
    assert_eq!(at(server(named)).0, "/credentials/a/stored_credential");
    assert_eq!(at(server(json!({ "models": { "x": { "unknown": 1 } } }))).0, "/models/x/unknown");
    assert_eq!(at(json!({ "kind": "emulator" })).0, "");
    assert_eq!(at(json!([])).1, "the document must be an object");
    let alias = json!({ "targets": [{ "provider": "nobody", "model": "x" }] });
    assert_eq!(refused(StoredKind::Model, "two", alias).0, "/targets/0/provider");
}

#[test]
fn what_the_file_has_stays_as_it_is() {
    let (pointer, message) = refused(StoredKind::Provider, "up", server(json!({})));
    assert_eq!((&*pointer, message.contains("'up'")), ("", true), "{message}");
    let alias = json!({ "targets": [{ "provider": "up", "model": "x" }] });
    assert!(refused(StoredKind::Model, "one", alias).1.contains("'one'"));
}

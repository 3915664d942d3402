//! Providers, aliases and guardrails of the admin API beside those of the file.

use super::{env, fake_catalog, ok};
use crate::{Source, StoredEntry, StoredFault, StoredKind, compile, compile_stored, load};
use serde_json::{Value, json};

const FILE: &str = "providers:\n  up: { kind: openai-compatible, base_url: 'http://127.0.0.1:1/v1' }\n\
                    models:\n  one: { targets: [{ provider: up, model: m }] }\n\
                    guardrails:\n  names: { kind: keywords, terms: [falcon], on: [request], action: flag }\n";

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

fn judge(more: Value) -> Value {
    let mut document =
        json!({ "kind": "llm-judge", "model": "one", "rule": "None.", "on": ["request"], "action": "block" });
    for (name, value) in more.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    document
}

#[test]
fn guardrails_stand_behind_those_of_the_file_in_the_order_of_their_names() {
    let alias = json!({ "targets": [{ "model": "one" }], "guardrails": ["b", "names"] });
    let entries = [
        (StoredKind::Guardrail, "b", judge(json!({ "model": "two" }))),
        (StoredKind::Guardrail, "a", judge(json!({ "action": "flag" }))),
        (StoredKind::Model, "two", alias),
    ];
    let snapshot = added(&entries).unwrap();
    let names: Vec<&str> = snapshot.guardrails.iter().map(|spec| &*spec.name).collect();
    assert_eq!(names, ["names", "a", "b"]);
    assert_eq!(snapshot.models["two"].guardrails.len(), 2);
    // Without what they name, each is at fault where it names it.
    let faults = added(&entries[..2]).err().unwrap();
    assert_eq!((faults[0].entry, &*faults[0].pointer), (Some(0), "/model"), "{faults:?}");
    let faults = added(&entries[1..]).err().unwrap();
    assert_eq!((faults[0].entry, &*faults[0].pointer), (Some(1), "/guardrails/0"), "{faults:?}");
}

#[test]
fn each_fault_of_a_guardrail_has_its_place() {
    let at = |document: Value| refused(StoredKind::Guardrail, "new", document);
    assert_eq!(at(judge(json!({ "modell": "one" }))).0, "/modell");
    assert_eq!(at(judge(json!({ "action": "redact" }))).0, "/action");
    assert_eq!(at(judge(json!({ "patterns": ["x"] }))).0, "/patterns");
    assert_eq!(at(judge(json!({ "to": "one" }))).0, "/to");
    let words = |more: Value| {
        let mut document = json!({ "kind": "keywords", "on": ["request"], "action": "flag" });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        at(document)
    };
    assert_eq!(words(json!({ "terms": [""] })).0, "/terms/0");
    assert_eq!(words(json!({})).0, "/kind");
    let (pointer, message) = words(json!({ "terms_file": "/etc/passwd" }));
    assert!(pointer == "/terms_file" && message.contains("add the guardrail there"), "{message}");
    let hook = |url: &str| at(json!({ "kind": "webhook", "url": url, "on": ["request"], "action": "block" }));
    assert_eq!(hook("ftp://x").0, "/url");
    let (pointer, message) = hook("http://169.254.169.254/latest");
    assert!(pointer == "/url" && message.contains("metadata address"), "{message}");
    let plugin = json!({ "kind": "wasm", "file": "/etc/passwd", "on": ["request"], "action": "block" });
    assert_eq!(at(plugin).0, "/file");
    let model = json!({ "kind": "ner", "model_dir": "/etc", "on": ["request"], "action": "block" });
    assert_eq!(at(model).0, "/model_dir");
    let (pointer, message) = at(json!({ "kind": "pii", "on": ["request"] }));
    assert!(pointer.is_empty() && message.starts_with("'action' is missing"), "{message}");
    let (pointer, message) = refused(StoredKind::Guardrail, "names", judge(json!({})));
    assert_eq!((&*pointer, message.contains("'names'")), ("", true), "{message}");
    assert_eq!(refused(StoredKind::Guardrail, "a name", judge(json!({}))).0, "");
}

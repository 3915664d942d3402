//! Providers, aliases and guardrails that the admin API manages, beside those of the file: their documents are read and compiled by
//! what reads and compiles the file, as if they stood at its end, so that both are checked alike. What stands in the
//! file stays as it is. It must not know where documents are kept.

use super::routes::pointer::places;
use super::{callable, guardrails, quotas, routes, url};
use crate::document::{Kind, Node, parse};
use crate::errors::{Faults, MAX_FAULTS};
use crate::place::Place;
use crate::settings::Settings;
use crate::settings::guardrails::GuardrailSettings;
use crate::settings::models::ModelSettings;
use crate::settings::providers::ProviderSettings;
use crate::shape::{Named, NamedEntry, Reader, Shape};
use gw_model::Snapshot;
use gw_model::catalog::ProviderKind;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Largest document in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 << 10;

/// Longest name in bytes, as in the file.
const MAX_NAME_BYTES: usize = 256;

/// Documents stand behind every line that a file can have.
const FIRST_LINE: u32 = 1 << 30;

/// What reads files of the gateway's host, or lends its identity or the store's credentials: whoever runs the gateway
/// decides that, in the file. Otherwise whoever manages providers could have them sent to a host of his own.
const OF_THE_FILE: [&str; 13] = [
    "api_key_file",
    "stored_credential",
    "credentials_file",
    "identity",
    "aws_profile",
    "aws_web_identity_token_file",
    "ca_file",
    "client_cert_file",
    "client_key_file",
    "allow_link_local",
    // Of guardrails.
    "terms_file",
    "file",
    "model_dir",
];

/// What a document describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoredKind {
    /// A block of `providers`.
    Provider,
    /// A block of `models`.
    Model,
    /// A block of `guardrails`.
    Guardrail,
}

/// A document with the name under which it would stand in the file.
#[derive(Clone, Copy, Debug)]
pub struct StoredEntry<'a> {
    /// What it describes.
    pub kind: StoredKind,
    /// The name.
    pub name: &'a str,
    /// The block, as JSON, with its secrets.
    pub document: &'a Value,
}

/// Something that is wrong with a document. It never holds a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFault {
    /// Which of the entries; `None` where they do not go together with the file.
    pub entry: Option<usize>,
    /// Where, as a JSON pointer into the document; empty for all of it, and for its name.
    pub pointer: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// Adds the entries to the configuration of the file, which was made from these settings.
///
/// # Errors
/// Every fault that was found, each with its place.
pub fn compile_stored(
    base: &Snapshot,
    settings: &Settings,
    entries: &[StoredEntry<'_>],
) -> Result<Snapshot, Vec<StoredFault>> {
    let mut reading = Reading {
        settings: settings.clone(),
        base,
        places: BTreeMap::new(),
        faults: Faults::default(),
        line: FIRST_LINE,
    };
    for (index, entry) in entries.iter().enumerate() {
        reading.take(index, entry);
    }
    let Reading { settings: merged, places, mut faults, .. } = reading;
    let snapshot = faults.is_empty().then(|| merge(base, &merged, &mut faults));
    match snapshot {
        Some(snapshot) if faults.is_empty() => Ok(snapshot),
        _ => Err(told(faults, &places)),
    }
}

/// Which entry a place belongs to, and the pointer into it.
type Places = BTreeMap<Place, (usize, String)>;

struct Reading<'a> {
    settings: Settings,
    base: &'a Snapshot,
    places: Places,
    faults: Faults,
    line: u32,
}

impl Reading<'_> {
    fn take(&mut self, index: usize, entry: &StoredEntry<'_>) {
        let start = Place { line: self.line, column: 0 };
        self.places.insert(start, (index, String::new()));
        // JSON is YAML: one reader serves both, with its places.
        let text = serde_json::to_string_pretty(entry.document).unwrap_or_default();
        self.line = self.line.saturating_add(u32::try_from(text.lines().count()).unwrap_or(u32::MAX) + 1);
        if text.len() > MAX_DOCUMENT_BYTES {
            let message = format!("the document is larger than {MAX_DOCUMENT_BYTES} bytes");
            return self.faults.add(start, message);
        }
        let mut wrong = Faults::default();
        let Some(mut root) = parse(&text, None, &mut wrong) else {
            return self.faults.add(start, wrong.first_message());
        };
        root.shift(start.line);
        self.places.extend(places(&root).into_iter().map(|(place, pointer)| (place, (index, pointer))));
        let Kind::Map(keys) = &root.kind else {
            return self.faults.add(start, "the document must be an object");
        };
        self.check_name(entry, start);
        let mut reader = Reader::new(&mut self.faults);
        let name = entry.name.to_owned();
        match entry.kind {
            StoredKind::Provider => {
                let value = ProviderSettings::read(&root, &mut reader);
                for (key, value) in keys {
                    if let ("credentials", Kind::Map(named)) = (key.text.as_str(), &value.kind) {
                        named
                            .iter()
                            .for_each(|(_, one)| refuse_of_the_file(one, "provider", &mut self.faults));
                    }
                }
                refuse_of_the_file(&root, "provider", &mut self.faults);
                add(&mut self.settings.file.providers.value, name, start, value);
            }
            StoredKind::Model => {
                let value = ModelSettings::read(&root, &mut reader);
                add(&mut self.settings.file.models.value, name, start, value);
            }
            StoredKind::Guardrail => {
                let value = GuardrailSettings::read(&root, &mut reader);
                refuse_of_the_file(&root, "guardrail", &mut self.faults);
                add(&mut self.settings.file.guardrails.value, name, start, value);
            }
        }
    }

    fn check_name(&mut self, entry: &StoredEntry<'_>, place: Place) {
        let name = entry.name;
        if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
            let message = format!("a name must have 1 to {MAX_NAME_BYTES} bytes on one line");
            self.faults.add(place, message);
        }
        let (is_taken, what) = match entry.kind {
            StoredKind::Provider => (self.base.providers.contains_key(name), "provider"),
            StoredKind::Model => (self.base.models.contains_key(name), "model or route"),
            StoredKind::Guardrail => {
                (self.base.guardrails.iter().any(|spec| *spec.name == *name), "guardrail")
            }
        };
        if is_taken {
            let message = format!("the configuration file has a {what} named '{name}': choose another name");
            self.faults.add(place, message);
        }
    }
}

fn add<T>(named: &mut Named<T>, name: String, place: Place, value: Option<T>) {
    named.0.extend(value.map(|value| NamedEntry { name, place, value }));
}

/// Refuses what only the file may say, in a provider, in one of its credentials, or in a guardrail.
fn refuse_of_the_file(node: &Node, what: &str, faults: &mut Faults) {
    let Kind::Map(keys) = &node.kind else { return };
    for (key, value) in keys {
        if OF_THE_FILE.contains(&key.text.as_str()) {
            let message = format!(
                "'{}' may stand in the configuration file only: remove it, or add the {what} there",
                key.text
            );
            faults.add(key.place, message);
        }
        if let ("token_endpoint" | "url", Kind::Scalar(text)) = (key.text.as_str(), &value.kind)
            && url::parse(&text.text).is_ok_and(|url| url::is_link_local(&url.host))
        {
            faults.add(value.place, format!("'{}' is a link-local or metadata address", key.text));
        }
    }
}

fn merge(base: &Snapshot, merged: &Settings, faults: &mut Faults) -> Snapshot {
    // What looks like a mistake is no fault, and of the file it was said at its start.
    let mut warnings = Faults::default();
    let (compiled, models) = callable(merged, &*base.catalog, faults, &mut warnings);
    let file = &merged.file;
    for entry in &file.providers.value.0 {
        let kind = compiled.providers.get(entry.name.as_str()).map(|provider| provider.kind);
        if entry.place.line >= FIRST_LINE && kind == Some(ProviderKind::Emulator) {
            faults.add(entry.place, "the emulator is a matter of the configuration file, or of --demo");
        }
    }
    let mut snapshot = Snapshot {
        providers: compiled.providers,
        models,
        custom_models: compiled.custom,
        quotas: quotas::compile(file, faults),
        ..base.clone()
    };
    for model in &file.models.value.0 {
        guardrails::names(&model.value.guardrails.value, &file.guardrails.value, faults);
    }
    routes::compile(file, &compiled.broken, &mut snapshot, faults, &mut warnings);
    // Those of the file stand first, and were compiled with it.
    let rails = &file.guardrails.value.0;
    let added = rails.partition_point(|entry| entry.place.line < FIRST_LINE);
    let added = rails.get(added..).unwrap_or_default();
    let mut specs = guardrails::compile(added, &merged.files, faults);
    // They look one after the other: the order must not hang on when each was made.
    specs.sort_by(|one, other| one.name.cmp(&other.name));
    snapshot.guardrails.extend(specs);
    guardrails::check_references(added, &snapshot, faults);
    // What the file has means what it meant, so that whoever knows it by identity goes on with it.
    let of_base = base.providers.iter().map(|(name, one)| (Arc::clone(name), Arc::clone(one)));
    snapshot.providers.extend(of_base);
    snapshot.models.extend(base.models.iter().map(|(name, one)| (Arc::clone(name), Arc::clone(one))));
    snapshot
}

fn told(faults: Faults, places: &Places) -> Vec<StoredFault> {
    let mut found: Vec<StoredFault> = faults
        .sorted()
        .into_iter()
        .map(|fault| {
            let known = places.get(&fault.place);
            StoredFault {
                entry: known.map(|(entry, _)| *entry),
                pointer: known.map(|(_, pointer)| pointer.clone()).unwrap_or_default(),
                message: fault.message,
            }
        })
        .collect();
    found.truncate(MAX_FAULTS);
    found
}

//! Dynamic routes: a graph of nodes becomes a model, whose groups are the nodes. So order, health, fallbacks and tries
//! of a route are those of any model. Routes of the file are compiled with it; those of the admin API one by one,
//! against the snapshot in force. It must not know where a document is kept.

mod check;
mod graph;
pub(super) mod pointer;

use crate::document::parse;
use crate::errors::{Faults, MAX_FAULTS};
use crate::settings::FileSettings;
use crate::settings::routes::RouteSettings;
use crate::shape::{Reader, Shape};
use gw_model::snapshot::{Model, Snapshot};
use std::sync::Arc;

/// Largest document in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 256 << 10;

/// A route, ready to be put into a snapshot.
#[derive(Clone, Debug)]
pub struct CompiledRoute {
    /// What it is.
    pub model: Model,
    /// What is allowed but looks like a mistake.
    pub warnings: Vec<RouteFault>,
}

/// Something that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteFault {
    /// Where, as a JSON pointer into the document.
    pub pointer: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// Compiles the routes of the file into the snapshot, which has its models already.
pub(super) fn compile(
    file: &FileSettings,
    broken: &[String],
    snapshot: &mut Snapshot,
    faults: &mut Faults,
    warnings: &mut Faults,
) {
    let mut routes = Vec::new();
    for entry in &file.routes.value.0 {
        let name = entry.name.as_str();
        if let Some(message) = wrong_name(name) {
            faults.add(entry.place, message);
        }
        if let Some(model) = file.models.value.0.iter().find(|model| model.name == name) {
            let message = format!(
                "route '{name}' has the name of a model (line {}): rename one of them",
                model.place.line
            );
            faults.add(entry.place, message);
            continue;
        }
        let known = graph::Known { snapshot, broken };
        routes.extend(graph::compile(name, &entry.value, &known, faults, warnings));
    }
    snapshot.models.extend(routes.into_iter().map(|model| (Arc::clone(&model.name), Arc::new(model))));
}

/// Why that cannot be the name of a route.
fn wrong_name(name: &str) -> Option<String> {
    let is_wrong = name.is_empty()
        || name.len() > 256
        || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '*');
    is_wrong.then(|| format!("route name '{name}' must have 1 to 256 bytes, without spaces or '*'"))
}

/// Compiles a document of the admin API against the models of a snapshot.
///
/// # Errors
/// Every fault that was found, each with its place.
pub fn compile_route(
    name: &str,
    document: &serde_json::Value,
    snapshot: &Snapshot,
) -> Result<CompiledRoute, Vec<RouteFault>> {
    let whole = |message: String| vec![RouteFault { pointer: String::new(), message }];
    if let Some(message) = wrong_name(name) {
        return Err(whole(message));
    }
    // JSON is YAML: one reader serves both, with its places.
    let text = serde_json::to_string_pretty(document).map_err(|error| whole(error.to_string()))?;
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(whole(format!("the document is larger than {MAX_DOCUMENT_BYTES} bytes")));
    }
    let (mut faults, mut warnings) = (Faults::default(), Faults::default());
    let Some(root) = parse(&text, None, &mut faults) else {
        return Err(whole(faults.first_message()));
    };
    let settings = RouteSettings::read(&root, &mut Reader::new(&mut faults));
    let model = settings.filter(|_| faults.is_empty()).and_then(|settings| {
        graph::compile(name, &settings, &graph::Known { snapshot, broken: &[] }, &mut faults, &mut warnings)
    });
    let places = pointer::places(&root);
    match model {
        Some(model) if faults.is_empty() => {
            Ok(CompiledRoute { model, warnings: pointer::pointed(warnings, &places) })
        }
        _ => {
            let mut found = pointer::pointed(faults, &places);
            found.truncate(MAX_FAULTS);
            Err(found)
        }
    }
}

#[cfg(test)]
mod tests;

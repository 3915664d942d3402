//! The labels of a model that says what texts are or have in them, as `config.json` names them.

use super::read;
use crate::error::{LoadError, LoadReason};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const MAX_BYTES: u64 = 1 << 20;
/// Most labels of a model.
const MAX_LABELS: usize = 512;
/// Longest label, in bytes.
const MAX_LABEL_BYTES: usize = 64;

#[derive(Deserialize)]
struct File {
    id2label: BTreeMap<String, String>,
    problem_type: Option<String>,
}

/// What a model may say.
#[derive(Debug)]
pub(super) struct Labels {
    /// In the order of the model's numbers.
    pub(super) names: Vec<Arc<str>>,
    /// Several labels may hold at the same time.
    pub(super) are_several: bool,
}

impl Labels {
    pub(super) fn load(folder: &Path) -> Result<Self, LoadError> {
        let path = folder.join("config.json");
        let file: File =
            serde_json::from_slice(&read(&path, MAX_BYTES)?).map_err(|e| LoadReason::Json(e).at(&path))?;
        Self::new(file).map_err(|reason| reason.at(&path))
    }

    fn new(file: File) -> Result<Self, LoadReason> {
        let count = file.id2label.len();
        if !(1..=MAX_LABELS).contains(&count) {
            return Err(LoadReason::Unsupported(format!("{count} labels; they are 1 to {MAX_LABELS}")));
        }
        let name = |number: usize| {
            let name = file.id2label.get(&number.to_string());
            let name =
                name.ok_or_else(|| LoadReason::Malformed(format!("'id2label' has no number {number}")))?;
            if name.is_empty() || name.len() > MAX_LABEL_BYTES || name.chars().any(char::is_control) {
                let what = format!("label {number} is no word of 1 to {MAX_LABEL_BYTES} bytes");
                return Err(LoadReason::Malformed(what));
            }
            Ok(Arc::from(name.as_str()))
        };
        let names = (0..count).map(name).collect::<Result<_, _>>()?;
        let are_several = match file.problem_type.as_deref() {
            None | Some("single_label_classification") => false,
            Some("multi_label_classification") => true,
            Some(other) => return Err(LoadReason::Unsupported(format!("problem_type '{other}'"))),
        };
        Ok(Self { names, are_several })
    }
}

//! Guardrails about topics: which there are, which of them are allowed or denied, and what makes their vectors. It must not
//! reach out.

use crate::compile::providers::Providers;
use crate::compile::semantic::{Wanted, embedder};
use crate::errors::Faults;
use crate::settings::FileSettings;
use crate::settings::guardrails::{GuardKind, GuardrailSettings};
use gw_model::guardrail::{Topic, Topics};
use std::sync::Arc;

/// Least cosine unless it is said, in thousandths.
const THRESHOLD_PERMILLE: u32 = 500;

/// Examples of one topic.
const MAX_EXAMPLES: usize = 64;

/// Longest example in bytes; models read little more.
const MAX_BYTES: usize = 800;

/// The model in the process.
const LOCAL: &str = "local";

pub(super) fn topics(settings: &GuardrailSettings, faults: &mut Faults) -> Topics {
    let mut list = Vec::new();
    for (names, is_allowed) in [(&settings.allow, true), (&settings.deny, false)] {
        for name in &names.value.0 {
            let text = name.value.as_str();
            let Some(examples) = settings.topics.value.get(text) else {
                faults.add(name.place, format!("'{text}' stands nowhere in 'topics'"));
                continue;
            };
            let known = list.iter().find(|topic: &&Topic| *topic.name == *text);
            if let Some(known) = known {
                if known.is_allowed != is_allowed {
                    faults.add(name.place, format!("'{text}' can not be both allowed and denied"));
                }
                continue;
            }
            let examples = examples.0.iter().map(|at| Arc::from(at.value.as_str().trim())).collect();
            list.push(Topic { name: text.into(), is_allowed, examples });
        }
    }
    for entry in &settings.topics.value.0 {
        let examples = &entry.value.0;
        if examples.is_empty() || examples.len() > MAX_EXAMPLES {
            let text = format!("a topic has 1 to {MAX_EXAMPLES} examples, not {}", examples.len());
            faults.add(entry.place, text);
        }
        for at in examples {
            let bytes = at.value.as_str().trim().len();
            if bytes == 0 || bytes > MAX_BYTES {
                faults.add(at.place, format!("an example has 1 to {MAX_BYTES} bytes, not {bytes}"));
            }
        }
    }
    Topics {
        embedder: embedder(name_of_embedder(settings)),
        threshold_permille: settings.similarity.as_ref().map_or(THRESHOLD_PERMILLE, |at| at.value.permille()),
        list,
    }
}

fn name_of_embedder(settings: &GuardrailSettings) -> &str {
    settings.embeddings.as_ref().map_or(LOCAL, |at| at.value.as_str())
}

/// What makes the vectors must be there.
pub(in crate::compile) fn check_embedders(file: &FileSettings, providers: &Providers, faults: &mut Faults) {
    for entry in &file.guardrails.value.0 {
        let settings = &entry.value;
        if settings.kind.value == GuardKind::Topics {
            let place = settings.embeddings.as_ref().map_or(entry.place, |at| at.place);
            let (by, member) = ("kind topics", "'embeddings' of the guardrail");
            Wanted { name: name_of_embedder(settings), place, by, member }.check(file, providers, faults);
        }
    }
}

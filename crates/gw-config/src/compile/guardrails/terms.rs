//! Lists of terms that stand in files of their own, a term a line. What is wrong in one is a fault at the setting that names
//! it, and says the line. It must not read the files: whoever loads a configuration hands their text in.

use crate::errors::Faults;
use crate::place::At;
use crate::settings::guardrails::GuardrailSettings;
use crate::settings::{Files, TermsFile};
use crate::shape::{Named, Text};
use gw_guard::{MAX_TERM_BYTES, MAX_TERMS};
use std::collections::HashSet;
use std::sync::Arc;

/// Faulty lines of one file that are told.
const MAX_TOLD: usize = 10;

/// The files that guardrails name.
pub(in crate::compile) fn files(guardrails: &Named<GuardrailSettings>) -> Vec<String> {
    let named = guardrails.0.iter().filter_map(|entry| entry.value.terms_file.as_ref());
    named.map(|at| at.value.as_str().to_owned()).collect()
}

/// The terms of a file. Empty lines, and those that begin with `# `, are none.
pub(super) fn read(at: &At<Text>, files: &Files, faults: &mut Faults) -> Vec<Arc<str>> {
    let name = at.value.as_str();
    let text = match files.get(name) {
        Some(TermsFile::Read(text)) => text,
        Some(TermsFile::Unread(why)) => {
            faults.add(at.place, format!("{name}: cannot be read: {why}"));
            return Vec::new();
        }
        None => {
            faults.add(at.place, format!("{name}: files are read with a configuration file only"));
            return Vec::new();
        }
    };
    let mut told = 0;
    let (mut terms, mut known) = (Vec::new(), HashSet::new());
    for (number, line) in text.lines().enumerate() {
        let term = line.trim();
        if term.is_empty() || line.starts_with("# ") {
            continue;
        }
        let wrong = match term.len() {
            length if length > MAX_TERM_BYTES => {
                Some(format!("a term has at most {MAX_TERM_BYTES} bytes, and this one {length}"))
            }
            _ if term.contains('\u{fffd}') => Some("this is no text in UTF-8".to_owned()),
            _ if terms.len() >= MAX_TERMS => Some(format!("there are more than {MAX_TERMS} terms")),
            _ => None,
        };
        match wrong {
            None if known.insert(term) => terms.push(Arc::from(term)),
            None => {}
            Some(wrong) => {
                faults.add(at.place, format!("{name}:{}: {wrong}", number + 1));
                told += 1;
                if told >= MAX_TOLD || terms.len() >= MAX_TERMS {
                    break;
                }
            }
        }
    }
    if terms.is_empty() && told == 0 {
        faults.add(at.place, format!("{name}: there is no term in it; write one a line"));
    }
    terms
}

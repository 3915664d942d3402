//! What is wrong with a configuration. All faults of a file are collected, so that one run shows them
//! all. Messages say what to write instead, and never hold a credential.

use crate::place::Place;
use std::fmt;
use std::sync::Arc;

/// Most faults that are kept; a file with more is not read to its end by a person either.
pub(crate) const MAX_FAULTS: usize = 100;

/// One thing that is wrong, or looks wrong (a warning).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Fault {
    /// The fault as one line, `FILE:LINE:COL: message`, or `FILE: message` when it has no place.
    #[must_use]
    pub fn line(&self, source: &str) -> String {
        let Place { line, column } = self.place;
        if self.place.is_known() {
            format!("{source}:{line}:{column}: {}", self.message)
        } else {
            format!("{source}: {}", self.message)
        }
    }
}

/// Every fault found, ordered by place. Printed one a line; the program ends with exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    /// The file's name as it was given, or `environment`.
    pub source: Arc<str>,
    /// Never empty, at most 100.
    pub faults: Vec<Fault>,
}

impl ConfigErrors {
    pub(crate) fn new(source: Arc<str>, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| fault.place);
        faults.dedup();
        faults.truncate(MAX_FAULTS);
        Self { source, faults }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&fault.line(&self.source))?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// Something that is allowed but looks like a mistake. Printed as `FILE:LINE:COL: warning: message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file's name as it was given, or `environment`.
    pub source: Arc<str>,
    /// What looks wrong, and where.
    pub fault: Fault,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = format!("warning: {}", self.fault.message);
        f.write_str(&Fault { place: self.fault.place, message }.line(&self.source))
    }
}

/// Collects faults up to the limit.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>) {
        if self.0.len() < MAX_FAULTS {
            self.0.push(Fault { place, message: message.into() });
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first message, for whoever has no use for places.
    pub(crate) fn first_message(&self) -> String {
        self.0.first().map(|fault| fault.message.clone()).unwrap_or_default()
    }

    /// In the order of their places, each once.
    pub(crate) fn sorted(mut self) -> Vec<Fault> {
        self.0.sort_by_key(|fault| fault.place);
        self.0.dedup();
        self.0
    }

    /// What was noted, as warnings.
    pub(crate) fn warnings(self, source: &Arc<str>) -> Vec<Warning> {
        self.sorted().into_iter().map(|fault| Warning { source: Arc::clone(source), fault }).collect()
    }

    #[cfg(test)]
    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    /// `value` when nothing is wrong.
    pub(crate) fn finish<T>(self, source: &Arc<str>, value: Option<T>) -> Result<T, ConfigErrors> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(ConfigErrors::new(Arc::clone(source), self.0)),
        }
    }
}

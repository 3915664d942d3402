//! Which one is meant: by its id, or by a name that only one has; and lists as a whole, page by page.

use super::{Found, Resource};
use crate::cli::client::{ClientError, Remote, encoded};
use crate::cli::{keys, output};
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// Digits of an id, behind what says of what kind it is.
const ID_DIGITS: usize = 32;

/// Which one. Called otherwise than the global options, or clap takes one for the other.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its id, or its name.
    #[arg(value_name = "ID_OR_NAME")]
    id_or_name: String,
}

impl Which {
    /// For commands that have it from elsewhere.
    pub(super) const fn of(id_or_name: String) -> Self {
        Self { id_or_name }
    }

    /// Its path in the admin API. Errors: the command is over, with that exit code.
    pub(super) fn path(&self, remote: &Remote, resource: &Resource) -> Result<String, ExitCode> {
        Ok(format!("{}/{}", resource.path, encoded(&self.id(remote, resource)?)))
    }

    /// Its id. Errors: the command is over, with that exit code.
    pub(super) fn id(&self, remote: &Remote, resource: &Resource) -> Result<String, ExitCode> {
        let text = self.id_or_name.as_str();
        if resource.found == Found::IsId || is_id(text) {
            return Ok(text.to_owned());
        }
        let by = match resource.found {
            Found::ByQueryOrAddress if text.contains('@') => "email",
            _ => "name",
        };
        let query = match resource.found {
            Found::InList | Found::IsId => String::new(),
            Found::ByQuery | Found::ByQueryOrAddress => format!("&{by}={}", encoded(text)),
        };
        let mut rows = pages(remote, resource.path, &query).map_err(|error| output::fail(&error, 1))?;
        if resource.found == Found::InList {
            rows.retain(|row| row["name"] == text);
        }
        one(resource.noun, text, ids(&rows))
    }
}

/// The ids of rows, each once.
pub(super) fn ids(rows: &[Value]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in rows.iter().filter_map(|row| row["id"].as_str()) {
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

/// The only one of a name. Errors: there is none, or there are several, which is said.
pub(super) fn one(noun: &str, name: &str, mut ids: Vec<String>) -> Result<String, ExitCode> {
    let name = output::printable(name);
    if ids.len() > 1 {
        let listed = ids.join(", ");
        output::note(format!(
            "gatewright: there are {} of the name '{name}': {listed}; give the id of the {noun} that is meant",
            ids.len()
        ));
        return Err(ExitCode::FAILURE);
    }
    ids.pop().ok_or_else(|| {
        output::note(format!("gatewright: there is no {noun} named '{name}'"));
        ExitCode::FAILURE
    })
}

/// Is it an id, as `team_` and 32 hex digits?
pub(super) fn is_id(text: &str) -> bool {
    text.rsplit_once('_').is_some_and(|(_, digits)| {
        digits.len() == ID_DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// All rows of a list.
pub(super) fn pages(remote: &Remote, path: &str, query: &str) -> Result<Vec<Value>, ClientError> {
    Ok(keys::rows(&remote.all(path, query)?))
}

//! What is given of a body: a file, single members, values of environment variables; and the body that comes of it. It must
//! not print what it was given, which may be secret.

use super::Resource;
use super::kinds::variable;
use clap::Args;
use serde_json::map::Entry;
use serde_json::{Map, Value};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Members, as options of the commands that make and change something.
#[derive(Debug, Args)]
pub(crate) struct MembersArguments {
    /// A member of the body, as the API names it: `limits.rpm=60`. The value is read as JSON, or else is a text; dots lead
    /// into members, `\.` is a dot of a name. As often as wanted.
    #[arg(long, value_name = "MEMBER=VALUE")]
    set: Vec<String>,
    /// The same with the value of an environment variable, which is a text: `client_secret=VARIABLE`.
    #[arg(long, value_name = "MEMBER=NAME")]
    set_env: Vec<String>,
    /// File with the body, in YAML or JSON; `-` is standard input. What else is given goes before.
    #[arg(long)]
    file: Option<PathBuf>,
}

/// A place in a body: names of members, and numbers of what stands in lists.
type Steps = Vec<String>;

/// What is to be in the body.
pub(super) struct Changes {
    /// Members as a whole.
    whole: Map<String, Value>,
    /// Values at their places. None: taken away.
    at: Vec<(Steps, Option<Value>)>,
}

/// What is there, of which a change in parts is made.
pub(super) struct There<'a> {
    members: Option<&'a Map<String, Value>>,
    shown: &'a Value,
    in_parts: &'a [&'static str],
}

impl MembersArguments {
    /// The body as far as it is given here.
    pub(crate) fn body(&self) -> Result<Map<String, Value>, String> {
        Changes::read(None, Map::new(), self, &[])?.body(&There::nothing())
    }
}

impl Changes {
    /// Reads what is given. Errors: what is wrong with it, in words.
    pub(super) fn read(
        name: Option<&str>,
        own: Map<String, Value>,
        given: &MembersArguments,
        unset: &[String],
    ) -> Result<Self, String> {
        let mut whole = match &given.file {
            Some(file) => read_file(file)?,
            None => Map::new(),
        };
        whole.extend(own);
        whole.extend(name.map(|name| ("name".to_owned(), name.into())));
        let mut at = Vec::new();
        for text in &given.set {
            let (member, value) = pair(text).ok_or("--set: write MEMBER=VALUE, such as limits.rpm=60")?;
            at.push((steps(member, "--set")?, Some(typed(value))));
        }
        for text in &given.set_env {
            let wrong = "--set-env: write MEMBER=NAME, with the name of an environment variable";
            let (member, name) = pair(text).ok_or(wrong)?;
            at.push((steps(member, "--set-env")?, Some(variable(name)?.expose().into())));
        }
        for member in unset {
            at.push((steps(member, "--unset")?, None));
        }
        Ok(Self { whole, at })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.at.is_empty()
    }

    /// Is some of it within members that the API takes as a whole?
    pub(super) fn is_within(&self, in_parts: &[&str]) -> bool {
        self.at.iter().any(|(steps, _)| steps.len() > 1 && !starts_in(steps, in_parts))
    }

    /// The body. Errors: something has no place in it, in words.
    pub(super) fn body(self, there: &There<'_>) -> Result<Map<String, Value>, String> {
        let mut body = self.whole;
        for (steps, value) in self.at {
            let [first, inner @ ..] = steps.as_slice() else { continue };
            let Some((last, between)) = inner.split_last() else {
                body.insert(first.clone(), value.unwrap_or_default());
                continue;
            };
            let shown = steps.join(".");
            let mut at = match body.entry(first) {
                Entry::Occupied(given) => given.into_mut(),
                Entry::Vacant(free) => free.insert(there.member(first)?),
            };
            for (depth, step) in between.iter().enumerate() {
                at = within(at, step).ok_or_else(|| no_place(&shown, step))?;
                if depth == 0 && at.is_null() {
                    *at = there.part(first, step);
                }
            }
            // Null lifts what the API keeps apart from the rest; of a whole it is left out.
            let value = match value {
                None if starts_in(&steps, there.in_parts) => Some(Value::Null),
                value => value,
            };
            match (value, at) {
                (None, Value::Object(members)) => drop(members.remove(last)),
                (None, Value::Array(items)) => {
                    let number = last.parse().ok().filter(|number| *number < items.len());
                    items.remove(number.ok_or_else(|| no_place(&shown, last))?);
                }
                (None, _) => {}
                (Some(value), at) => *within(at, last).ok_or_else(|| no_place(&shown, last))? = value,
            }
        }
        Ok(body)
    }
}

impl<'a> There<'a> {
    /// There is nothing yet: all of it is new.
    pub(super) const fn nothing() -> Self {
        Self { members: None, shown: &Value::Null, in_parts: &[] }
    }

    /// What the API shows of one.
    pub(super) fn of(resource: &'a Resource, shown: &'a Value) -> Self {
        let document = resource.document.map_or(shown, |member| &shown[member]);
        Self { members: document.as_object(), shown, in_parts: resource.in_parts }
    }

    /// What stands within a member that the API changes in parts: such a part is taken as a whole.
    fn part(&self, name: &str, step: &str) -> Value {
        let members = self.members.filter(|_| self.in_parts.contains(&name));
        members.and_then(|members| members.get(name)?.get(step)).cloned().unwrap_or_default()
    }

    /// A member as it is, of which a part is changed. Errors: nobody is shown all of it.
    fn member(&self, name: &str) -> Result<Value, String> {
        let secrets = self.shown["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut secrets = secrets.filter_map(|pointer| pointer.strip_prefix('/'));
        let has_headers = self.shown["header_names"].as_array().is_some_and(|names| !names.is_empty());
        let is_hidden = secrets.any(|pointer| pointer.split('/').next() == Some(name));
        if is_hidden || (name == "headers" && has_headers) {
            return Err(format!("'{name}' holds secrets, which are not shown: give all of '{name}'"));
        }
        let is_part = self.in_parts.contains(&name);
        let there = self.members.filter(|_| !is_part).and_then(|members| members.get(name));
        Ok(there.cloned().unwrap_or_default())
    }
}

fn starts_in(steps: &[String], members: &[&str]) -> bool {
    steps.first().is_some_and(|first| members.contains(&first.as_str()))
}

/// What a step leads to, made where there is nothing. None: it leads nowhere.
fn within<'v>(at: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    if at.is_null() {
        *at = Value::Object(Map::new());
    }
    match at {
        Value::Object(members) => Some(members.entry(step).or_insert(Value::Null)),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    }
}

fn no_place(member: &str, step: &str) -> String {
    format!("'{member}': '{step}' has no place there; give what is above it as a whole")
}

/// JSON where it is some, else a text; and a text too where a number would be written otherwise, as a version such as 1.10.
fn typed(text: &str) -> Value {
    let read: Option<Value> = serde_json::from_str(text).ok();
    read.filter(|read| read.as_number().is_none_or(|number| number.to_string() == text))
        .unwrap_or_else(|| text.into())
}

/// Name and value. None: there is no name.
fn pair(text: &str) -> Option<(&str, &str)> {
    text.split_once('=').filter(|(name, _)| !name.is_empty())
}

/// Names between dots. Errors: one of them is empty.
fn steps(member: &str, option: &str) -> Result<Steps, String> {
    let mut steps = vec![String::new()];
    let mut letters = member.chars();
    while let Some(letter) = letters.next() {
        match (letter, steps.last_mut()) {
            ('.', _) => steps.push(String::new()),
            ('\\', Some(step)) => step.extend(letters.next()),
            (letter, Some(step)) => step.push(letter),
            (_, None) => {}
        }
    }
    match steps.iter().any(String::is_empty) {
        true => Err(format!("{option}: write names of members with dots between them, such as limits.rpm")),
        false => Ok(steps),
    }
}

/// The body that stands in a file.
fn read_file(file: &Path) -> Result<Map<String, Value>, String> {
    let is_stdin = file.as_os_str() == "-";
    let shown = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
    let mut text = String::new();
    let most = MAX_FILE_BYTES + 1;
    let read = match is_stdin {
        true => std::io::stdin().lock().take(most).read_to_string(&mut text),
        false => std::fs::File::open(file).and_then(|file| file.take(most).read_to_string(&mut text)),
    };
    let length = read.map_err(|error| format!("{shown}: cannot be read: {error}"))? as u64;
    if length > MAX_FILE_BYTES {
        return Err(format!("{shown}: it is larger than {} MiB", MAX_FILE_BYTES >> 20));
    }
    // JSON first: not all of it is YAML, and its texts stay texts.
    let value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(_) => {
            let faults = |faults: Vec<gw_config::Fault>| {
                faults.iter().map(|fault| fault.line(&shown)).collect::<Vec<_>>().join("\n")
            };
            gw_config::document::read(&text).map_err(faults)?.typed().unwrap_or_default()
        }
    };
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(format!("{shown}: this must be an object of members")),
    }
}

#[cfg(test)]
mod tests;

//! Responses that are kept for later requests: read again, listed with their input, deleted, gone on from. Bounded;
//! nothing expires, as the emulator has no clock. It must not keep what a request forbids (`store: false`).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use http::Method;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::answer::Rejection;

/// Most responses kept; the oldest are forgotten first.
const MAX_RESPONSES: usize = 1024;
/// Largest page of input items, and how many there are unless asked for.
const MAX_PAGE: usize = 100;
const PAGE: usize = 20;

/// Paths of a stored response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    Itself,
    InputItems,
    Cancel,
}

impl Stored {
    /// Whether the path takes a method.
    pub(crate) fn takes(self, method: &Method) -> bool {
        match self {
            Self::Itself => *method == Method::GET || *method == Method::DELETE,
            Self::InputItems => *method == Method::GET,
            Self::Cancel => *method == Method::POST,
        }
    }
}

/// A response that is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) response: Value,
    /// All items that it was made from, earlier ones first.
    pub(crate) input: Vec<Value>,
    /// Tokens of input and output, which are input of the next one.
    pub(crate) tokens: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    kept: Mutex<ByAge>,
}

/// Responses by id, and their ids, oldest first.
type ByAge = (HashMap<String, Arc<Kept>>, VecDeque<String>);

impl Responses {
    pub(crate) fn keep(&self, kept: Kept) {
        let Some(id) = kept.response["id"].as_str().map(str::to_owned) else { return };
        let mut guard = self.kept.lock();
        let (all, order) = &mut *guard;
        if all.insert(id.clone(), Arc::new(kept)).is_none() {
            order.push_back(id);
        }
        while all.len() > MAX_RESPONSES {
            let Some(oldest) = order.pop_front() else { break };
            all.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Kept>> {
        self.kept.lock().0.get(id).cloned()
    }

    pub(crate) fn clear(&self) {
        *self.kept.lock() = Default::default();
    }

    /// Serves a request about one of them.
    pub(crate) fn serve(
        &self,
        id: &str,
        what: Stored,
        method: &Method,
        query: &str,
    ) -> Result<Value, Rejection> {
        let unknown = || Rejection {
            param: Some("response_id".to_owned()),
            ..Rejection::new(404, format!("Response with id '{id}' not found."))
        };
        let kept = self.get(id).ok_or_else(unknown)?;
        match what {
            Stored::Itself if *method == Method::DELETE => {
                let mut guard = self.kept.lock();
                guard.0.remove(id);
                guard.1.retain(|known| known != id);
                Ok(json!({"id": id, "object": "response", "deleted": true}))
            }
            Stored::Itself => Ok(kept.response.clone()),
            Stored::Cancel => Err(Rejection::new(400, "Cannot cancel a synchronous response.")),
            Stored::InputItems => page(&kept.input, query),
        }
    }
}

fn page(input: &[Value], query: &str) -> Result<Value, Rejection> {
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let limit = match value("limit").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(limit)) if (1..=MAX_PAGE).contains(&limit) => limit,
        Some(_) => return Err(Rejection::param("limit", "invalid_value", "'limit' must be from 1 to 100.")),
    };
    let mut items: Vec<&Value> = input.iter().collect();
    if value("order") != Some("asc") {
        items.reverse();
    }
    let after = value("after").and_then(|id| items.iter().position(|item| item["id"] == id));
    let rest = items.get(after.map_or(0, |place| place + 1)..).unwrap_or_default();
    let page = rest.get(..limit).unwrap_or(rest);
    let id = |item: Option<&&Value>| item.map_or(Value::Null, |item| item["id"].clone());
    Ok(json!({
        "object": "list", "data": page, "first_id": id(page.first()), "last_id": id(page.last()),
        "has_more": rest.len() > page.len()
    }))
}

/// The items of an input, each with an id.
pub(crate) fn items(input: Option<&Value>, id: impl Fn(usize) -> String) -> Vec<Value> {
    let given = match input {
        Some(Value::String(text)) => vec![json!({"role": "user", "content": text})],
        Some(Value::Array(items)) => items.clone(),
        _ => Vec::new(),
    };
    let completed = |(index, mut item): (usize, Value)| {
        if item["id"].is_null() {
            item["id"] = id(index).into();
        }
        if item["type"].is_null() {
            item["type"] = "message".into();
        }
        if let (Some("message"), Some(text)) = (item["type"].as_str(), item["content"].as_str()) {
            let kind = if item["role"] == "assistant" { "output_text" } else { "input_text" };
            item["content"] = json!([{"type": kind, "text": text}]);
        }
        item
    };
    given.into_iter().enumerate().map(completed).collect()
}

//! Paths of providers behind which things are kept that belong to whoever made them: which segment tells so, and which
//! one is an id. A list, and nothing else: whose a thing is, others ask.

use gw_model::RawLine;
use gw_providers::recognise::decoded;
use gw_store::objects::ObjectKind;

/// How a key comes by an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Making {
    /// By an answer that was seen: an id that is not known is nobody's.
    Seen,
    /// Also in the midst of something else, unseen: only what is known to be another's is refused. Lists show what
    /// was seen.
    Unseen,
}

use Making::{Seen, Unseen};
use ObjectKind::{Batch, Conversation, File, Other, Response, Upload};

/// The last segment of a collection's path, what it holds, and how that is made. OpenAI's files and batches are not
/// looked up here: they have endpoints of their own.
const COLLECTIONS: [(&str, ObjectKind, Making); 23] = [
    ("files", File, Unseen),
    ("batches", Batch, Unseen),
    ("uploads", Upload, Seen),
    ("responses", Response, Seen),
    ("conversations", Conversation, Unseen),
    ("vector_stores", Other, Seen),
    ("assistants", Other, Seen),
    ("threads", Other, Unseen),
    ("containers", Other, Unseen),
    ("completions", Other, Unseen),
    ("evals", Other, Seen),
    ("jobs", Other, Seen),
    ("videos", Other, Unseen),
    ("chatkit", Other, Unseen),
    ("libraries", Other, Seen),
    ("agents", Other, Seen),
    ("datasets", Other, Unseen),
    ("finetuned-models", Other, Unseen),
    ("cachedContents", Other, Seen),
    ("fileSearchStores", Other, Seen),
    ("batchPredictionJobs", Other, Seen),
    ("tuningJobs", Other, Seen),
    ("corpora", Other, Seen),
];

/// What stands behind a collection's name and is no id, but something to be done.
const DEEDS: [&str; 9] = [
    "input_tokens",
    "compact",
    "runs",
    "generations",
    "edits",
    "extensions",
    "characters",
    "upload",
    "usage",
];

/// A collection that a path leads to; of several the first, since what lies below a thing is its owner's.
#[derive(Debug)]
pub(super) struct Place {
    /// Its name.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) kind: ObjectKind,
    making: Making,
    /// The id behind it, decoded.
    id: Option<String>,
}

impl Place {
    /// Where a path leads to.
    pub(super) fn of(line: &RawLine) -> Option<Self> {
        let mut segments = line.path.split('/').filter(|segment| !segment.is_empty()).map(decoded);
        let (name, kind, making) = segments.find_map(|segment| {
            // Some providers add what is to be done behind a colon.
            let segment = segment.split(':').next().unwrap_or_default();
            COLLECTIONS.into_iter().find(|(name, ..)| name.eq_ignore_ascii_case(segment))
        })?;
        let may_do = matches!(&*line.method, "POST" | "GET");
        let id = segments.next().filter(|id| !(may_do && DEEDS.contains(&&**id)));
        Some(Self { name, kind, making, id })
    }

    /// Does the path end with the collection, so that reading it gives a list, and posting to it makes something?
    pub(super) const fn is_all(&self) -> bool {
        self.id.is_none()
    }

    /// The names that the thing behind the path may have, when only its owner may go there.
    pub(super) fn owned(&self) -> Vec<String> {
        let (Some(id), Seen) = (&self.id, self.making) else { return Vec::new() };
        let bare = id.split(':').next().unwrap_or_default();
        vec![id.clone(), bare.to_owned(), format!("{}/{bare}", self.name)]
    }
}

#[cfg(test)]
mod tests;

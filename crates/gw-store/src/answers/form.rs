//! A kept answer and its turn as sealed bytes, for stores outside the process. Serves the shelf. What an earlier or later
//! version wrote, or what is sealed with another key, is as good as not there: it is a cache.

use super::similar::{RoomKey, Turn};
use super::{Answer, AnswerKey, Labels};
use crate::error::StoreError;
use crate::seal::Seal;
use bytes::Bytes;
use gw_model::{Micros, Secret, WireFormat};
use serde::{Deserialize, Serialize};

/// What the key for answers is derived for.
const PURPOSE: &str = "gatewright cached answers 1";
/// Grows when the form changes.
const VERSION: u8 = 1;

/// Seals and opens them.
#[derive(Debug)]
pub(super) struct AnswerSeal(Seal);

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    content_type: String,
    status: u16,
    provider: String,
    upstream_model: String,
    tool_names: Vec<(String, String)>,
    dropped: Vec<String>,
    labels: LabelsForm,
    stored_at: Micros,
    fresh_until: Micros,
    until: Micros,
}

/// What answers are thrown away by.
#[derive(Serialize, Deserialize)]
struct LabelsForm {
    model: String,
    key: Option<gw_model::KeyId>,
    accounts: Vec<gw_model::AccountId>,
    tags: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct TurnForm {
    room: [u8; 32],
    text: String,
    vector: Vec<f32>,
}

impl AnswerSeal {
    /// For encryption keys, newest first.
    pub(super) fn new(encryption_keys: &[Secret]) -> Self {
        Self(Seal::new(encryption_keys, PURPOSE, "a cached answer"))
    }

    /// An answer as sealed bytes. Errors: there is no key or no randomness.
    pub(super) fn answer(&self, key: &AnswerKey, answer: &Answer) -> Result<Vec<u8>, StoreError> {
        let Labels { model, key: of_key, accounts, tags } = &answer.labels;
        let head = Head {
            format: answer.format.as_str().to_owned(),
            content_type: answer.content_type.clone(),
            status: answer.status,
            provider: answer.provider.to_string(),
            upstream_model: answer.upstream_model.to_string(),
            tool_names: answer.tool_names.clone(),
            dropped: answer.dropped.clone(),
            labels: LabelsForm {
                model: model.to_string(),
                key: *of_key,
                accounts: accounts.clone(),
                tags: tags.clone(),
            },
            stored_at: answer.stored_at,
            fresh_until: answer.fresh_until,
            until: answer.until,
        };
        let head = postcard::to_stdvec(&head).map_err(|_| StoreError::Damaged { what: "a cached answer" })?;
        let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
        let mut plain = Vec::with_capacity(head.len() + answer.body.len() + 5);
        plain.push(VERSION);
        plain.extend_from_slice(&length.to_le_bytes());
        plain.extend_from_slice(&head);
        plain.extend_from_slice(&answer.body);
        self.0.seal(&key.0, &plain)
    }

    /// Opens what [`Self::answer`] made for that key. `None`: it is not that.
    pub(super) fn open_answer(&self, key: &AnswerKey, sealed: &[u8]) -> Option<Answer> {
        let plain = self.0.open(&key.0, sealed).ok()?;
        let (version, rest) = plain.split_first()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (head, body) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        if *version != VERSION {
            return None;
        }
        let head: Head = postcard::from_bytes(head).ok()?;
        let LabelsForm { model, key, accounts, tags } = head.labels;
        Some(Answer {
            body: Bytes::copy_from_slice(body),
            format: WireFormat::ALL.iter().copied().find(|format| format.as_str() == head.format)?,
            content_type: head.content_type,
            status: head.status,
            provider: head.provider.into(),
            upstream_model: head.upstream_model.into(),
            tool_names: head.tool_names,
            dropped: head.dropped,
            labels: Labels { model: model.into(), key, accounts, tags },
            stored_at: head.stored_at,
            fresh_until: head.fresh_until,
            until: head.until,
        })
    }

    /// A turn as sealed bytes. Errors: there is no key or no randomness.
    pub(super) fn turn(&self, key: &AnswerKey, turn: &Turn) -> Result<Vec<u8>, StoreError> {
        let form = TurnForm { room: turn.room.0, text: turn.text.to_string(), vector: turn.vector.to_vec() };
        let damaged = |_| StoreError::Damaged { what: "a cached turn" };
        let mut plain = vec![VERSION];
        plain.extend_from_slice(&postcard::to_stdvec(&form).map_err(damaged)?);
        self.0.seal(&turn_place(key), &plain)
    }

    /// Opens what [`Self::turn`] made for that key. `None`: it is not that.
    pub(super) fn open_turn(&self, key: &AnswerKey, sealed: &[u8]) -> Option<Turn> {
        let plain = self.0.open(&turn_place(key), sealed).ok()?;
        let (version, form) = plain.split_first()?;
        if *version != VERSION {
            return None;
        }
        let form: TurnForm = postcard::from_bytes(form).ok()?;
        Some(Turn { room: RoomKey(form.room), text: form.text.into(), vector: form.vector.into() })
    }
}

/// A turn is no answer, whoever puts it in the place of one.
fn turn_place(key: &AnswerKey) -> Vec<u8> {
    [b"turn ", &key.0[..]].concat()
}

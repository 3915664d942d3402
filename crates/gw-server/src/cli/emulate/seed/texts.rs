//! Bodies of some of the made-up calls, and what people said about a few of them.

use crate::app::storage::Storage;
use gw_model::{Micros, Record, RequestId};
use gw_store::StoreError;
use gw_store::bodies::{BodyContent, BodySide};
use gw_store::traits::RecordStore;
use gw_store::types::{Feedback, SealedBodies};
use serde_json::json;

/// How long bodies are kept, from now on: those of old calls would be removed at once.
const KEPT_US: Micros = 30 * 86_400_000_000;

/// Calls of one transaction of bodies.
const BATCH: usize = 1_000;

/// Of how many calls with bodies one is spoken of, and how many at most.
const SPOKEN_OF: u64 = 20;
const MOST_FEEDBACK: usize = 2_000;

const QUESTIONS: [&str; 6] = [
    "Summarise the release notes below in three sentences for people who do not write software.",
    "Which of these invoices are overdue, and by how many days? Answer as a table.",
    "Rewrite the paragraph so that a ten-year-old understands it, and keep the numbers.",
    "Find the bug in this function and explain how to test for it.",
    "Translate the customer's message into English and say in one word how they feel.",
    "Draft a polite reply that offers a refund for the damaged parcel.",
];
const ANSWERS: [&str; 4] = [
    "Here is a short summary: the update makes searching faster, fixes two faults, and removes a setting that nobody used.",
    "Two invoices are overdue: 2041 by twelve days and 2046 by three. The others were paid in time.",
    "The loop ends one step too early. Test it with a list of one element and with an empty one.",
    "Thank you for writing to us. We are sorry about the parcel, and the money is on its way back to you.",
];

/// See the module.
pub(super) struct Texts<'a> {
    storage: &'a Storage,
    now: Micros,
    waiting: Vec<SealedBodies>,
    with_bodies: u64,
    feedback: usize,
    share: u8,
}

impl<'a> Texts<'a> {
    /// For a store; of so many in a hundred calls there are bodies.
    pub(super) const fn new(storage: &'a Storage, now: Micros, share: u8) -> Self {
        Self { storage, now, waiting: Vec::new(), with_bodies: 0, feedback: 0, share }
    }

    /// Those of some records that are stored.
    pub(super) fn add(&mut self, records: &[Record]) -> Result<(), StoreError> {
        for record in records.iter().filter(|record| self.share > has_none_below(record.id)) {
            let content = content(record);
            let sealed = self.storage.bodies.sealer().seal(record.id, &content)?;
            let expires = self.now.saturating_add(KEPT_US);
            self.waiting.push(SealedBodies { request: record.id, expires, sealed });
            self.with_bodies += 1;
            if self.with_bodies.is_multiple_of(SPOKEN_OF) && self.feedback < MOST_FEEDBACK {
                self.feedback += 1;
                let feedback = feedback(record);
                self.storage.database.add_feedback(&feedback, 1)?;
            }
        }
        if self.waiting.len() >= BATCH {
            self.write()?;
        }
        Ok(())
    }

    /// Writes what still waits.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        self.write()
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let store: &dyn RecordStore = &*self.storage.database;
        for batch in self.waiting.chunks(BATCH) {
            store.write_bodies(batch)?;
        }
        self.waiting.clear();
        Ok(())
    }
}

/// A call has bodies where more than so many in a hundred have: by its id, so that it is the same each time.
fn has_none_below(id: RequestId) -> u8 {
    u8::try_from((id.0 & 0xffff) * 100 / 0x1_0000).unwrap_or(u8::MAX)
}

fn content(record: &Record) -> BodyContent {
    let of = |list: &[&'static str], by: u128| {
        list.get(usize::try_from(by % list.len().max(1) as u128).unwrap_or(0)).copied().unwrap_or_default()
    };
    let (question, answer) = (of(&QUESTIONS, record.id.0 >> 16), of(&ANSWERS, record.id.0 >> 24));
    let request = json!({"model": record.model, "stream": record.stream, "messages": [
        {"role": "system", "content": "You are a careful assistant of the support desk."},
        {"role": "user", "content": question},
    ]});
    let usage = record.attempts.last().map(|attempt| attempt.usage).unwrap_or_default();
    let response = json!({"id": record.id.to_string(), "object": "chat.completion", "model": record.model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
        "usage": {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}});
    let side = |value: &serde_json::Value| BodySide {
        bytes: value.to_string().into_bytes(),
        content_type: "application/json".to_owned(),
        is_cut: false,
    };
    BodyContent {
        format: record.format.as_str().to_owned(),
        request: side(&request),
        response: side(&response),
        is_masked: false,
    }
}

fn feedback(record: &Record) -> Feedback {
    let is_good = record.id.0 & 0x7_0000 != 0;
    Feedback {
        id: record.id.0,
        request: record.id,
        time: record.time.saturating_add(60_000_000),
        author: "made up".to_owned(),
        score: Some(if is_good { 1 } else { -1 }),
        label: Some(if is_good { "helpful" } else { "wrong" }.to_owned()),
        comment: None,
    }
}

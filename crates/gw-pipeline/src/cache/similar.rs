//! Answers to turns that mean the same: turns the user's last words into a vector, and looks for an earlier turn in the same
//! surroundings that is near enough and does not differ in a word that counts. Serves the cache stage, after no answer to
//! the very same request was found. It must not compute a vector, and not decide who may share answers: the room's key does.

use super::alike::Asked;
use super::answers::{Answers, Found};
use crate::guard::Screened;
use gw_model::Micros;
use gw_model::caching::{CachePolicy, CacheWish, SemanticPolicy};
use gw_store::answers::similar::{RoomKey, Similar, Turn};
use gw_store::answers::{Answer, AnswerKey};
use std::sync::Arc;
use std::time::Duration;

/// Turns that are near enough and whose words are compared, at most.
const MAX_COMPARED: usize = 24;

/// A turn that may be compared by what it means.
pub(super) struct Asking<'a> {
    pub(super) policy: &'a SemanticPolicy,
    pub(super) room: RoomKey,
    pub(super) text: Arc<str>,
}

/// An answer to a turn that means the same.
pub(super) struct Like {
    pub(super) key: AnswerKey,
    pub(super) answer: Arc<Answer>,
    pub(super) similarity: f32,
}

impl Asking<'_> {
    /// Its vector, where one is to be had in time.
    pub(super) async fn turn(&self, screened: &Screened) -> Option<Turn> {
        let source = screened.live.vectors(&self.policy.embedder);
        let worker = screened.ticket.worker();
        let vector = match source.cached(&self.text) {
            Some(vector) => Ok(vector),
            None => {
                let within = Duration::from_millis(self.policy.timeout_ms);
                let made = source.embed(Some(worker), &[&self.text], within).await;
                made.and_then(|made| made.into_iter().next().ok_or(crate::embedding::Unembedded::Failed))
            }
        };
        match vector {
            Ok(vector) => Some(Turn { room: self.room, text: Arc::clone(&self.text), vector }),
            Err(why) => {
                worker.gateway().metrics.note_similar(why.as_str());
                None
            }
        }
    }

    /// The answer to the nearest turn that does not differ.
    pub(super) async fn find(
        &self,
        screened: &Screened,
        turn: &Turn,
        wish: &CacheWish,
        policy: &CachePolicy,
    ) -> Option<Like> {
        let gateway = screened.ticket.worker().gateway();
        let near = self.near(screened, turn).await;
        let outcome = |found: &Option<Like>| match found {
            Some(_) => "hit",
            None if near.is_empty() => "unlike",
            None => "differs",
        };
        let now = screened.ticket.worker().now();
        let found = self.compare(&gateway.answers, &near, wish, policy, now).await;
        gateway.metrics.note_similar(outcome(&found));
        found
    }

    /// Earlier turns that are near enough. In a large room they are looked for off the worker.
    async fn near(&self, screened: &Screened, turn: &Turn) -> Vec<Similar> {
        let gateway = screened.ticket.worker().gateway();
        let threshold = self.policy.threshold();
        if gateway.answers.similar.is_quick(&self.room) {
            return gateway.answers.similar.nearest(&self.room, &turn.vector, threshold, MAX_COMPARED);
        }
        let (index, room) = (Arc::clone(&gateway.answers.similar), self.room);
        let vector = Arc::clone(&turn.vector);
        let search = move || index.nearest(&room, &vector, threshold, MAX_COMPARED);
        tokio::task::spawn_blocking(search).await.unwrap_or_default()
    }

    async fn compare(
        &self,
        answers: &Answers,
        near: &[Similar],
        wish: &CacheWish,
        policy: &CachePolicy,
        now: Micros,
    ) -> Option<Like> {
        let asked = Asked::new(&self.text);
        for near in near {
            let alike = asked.compare(&near.text);
            if !alike.allows(near.similarity, self.policy.threshold()) {
                continue;
            }
            if answers.fetch(near.key, now).await == Some(false) {
                answers.similar.remove(&self.room, &near.key);
                continue;
            }
            // It may still be too old for this call.
            if let Found::Fresh(answer) = answers.find(&near.key, wish, policy, now) {
                return Some(Like { key: near.key, answer, similarity: near.similarity });
            }
        }
        None
    }
}

/// Keeps a turn whose answer is kept. In a large room that is done off the worker.
pub(super) fn keep(answers: &Answers, turn: Turn, key: AnswerKey) {
    if answers.similar.is_quick(&turn.room) {
        answers.similar.put(&turn, key);
        return;
    }
    let index = Arc::clone(&answers.similar);
    let work = move || {
        if index.put(&turn, key) {
            index.grow(&turn.room);
        }
    };
    // Nobody waits for it; there is one for each answer that is kept, and those cost more.
    drop(tokio::task::spawn_blocking(work));
}

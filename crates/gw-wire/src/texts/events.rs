//! Reads the events of one stream, of which most are like one before but for a piece of text: those need not be walked
//! through again. Serves the guard stages. It must not come to another result than [`event`](super::event).
//!
//! An event with at most one piece of text becomes a model. In the next ones that piece may be another, and so may the few
//! other values that say nothing about where texts stand; all else has to be the same, byte by byte.

mod model;
mod shelf;

use super::{Ended, EventTexts, walked};
use crate::usage::Known;
use gw_model::WireFormat;
use model::Model;

/// Models of one stream: of several answers, or of a text and of arguments.
const MAX_MODELS: usize = 4;

/// After so many models in a row that nothing was like, none is made any more.
const MAX_MISSES: u8 = 32;

/// So many models of other streams become the stream's own: where that is not enough, its events are not like each other.
const MAX_TAKEN: u8 = 8;

/// See the module.
#[derive(Clone, Debug)]
pub struct EventReader {
    format: WireFormat,
    models: Vec<Model>,
    /// The model that the last event was like.
    last: usize,
    /// The model that is replaced next.
    oldest: usize,
    misses: u8,
    taken: u8,
    found: EventTexts,
    known: Known,
}

impl EventReader {
    /// For a stream in `format`.
    #[must_use]
    pub const fn new(format: WireFormat) -> Self {
        let found = EventTexts { texts: Vec::new(), ended: Ended::None, is_echo: false };
        let models = Vec::new();
        Self { format, models, last: 0, oldest: 0, misses: 0, taken: 0, found, known: Known::Nothing }
    }

    /// The texts of the next event, as [`event`](super::event) gives them.
    pub fn read(&mut self, name: Option<&str>, data: &[u8]) -> &EventTexts {
        self.recognise(name, data);
        self.texts(name, data)
    }

    /// Is the next event like one before? What a meter is told of it then.
    pub fn recognise(&mut self, name: Option<&str>, data: &[u8]) -> Known {
        self.known = self.read_alike(name, data).unwrap_or(Known::Nothing);
        self.known
    }

    /// The texts of the event that [`Self::recognise`] was asked about last.
    pub fn texts(&mut self, name: Option<&str>, data: &[u8]) -> &EventTexts {
        if self.is_alike() {
            self.misses = 0;
        } else {
            self.walk(name, data);
        }
        &self.found
    }

    /// Was the last event like one before? Then its data is UTF-8.
    #[must_use]
    pub fn is_alike(&self) -> bool {
        self.known != Known::Nothing
    }

    fn read_alike(&mut self, name: Option<&str>, data: &[u8]) -> Option<Known> {
        let like = |at: usize| Some((at, self.models.get(at)?, self.models.get(at)?.read(name, data)?));
        let others = 0..self.models.len();
        if let Some((at, model, text)) = like(self.last).or_else(|| others.into_iter().find_map(like)) {
            self.last = at;
            self.found.texts.clear();
            self.found.texts.extend(text);
            self.found.ended = model.ended();
            self.found.is_echo = false;
            return Some(model.known(text));
        }
        let wants_own = self.taken < MAX_TAKEN;
        let (own, known) = shelf::read(self.format, name, data, &mut self.found, wants_own).ok()?;
        if let Some(own) = own {
            self.taken += 1;
            self.learn(own);
        }
        Some(known)
    }

    fn walk(&mut self, name: Option<&str>, data: &[u8]) {
        let walked = walked(self.format, name, data);
        let is_json = walked.is_some();
        self.found = walked.unwrap_or_default();
        if is_json
            && self.misses < MAX_MISSES
            && let Some(model) = Model::of(self.format, name, data, &self.found)
        {
            self.misses += 1;
            if let Some(own) = model.narrowed(data) {
                self.learn(own);
            }
            shelf::keep(self.format, model);
        }
    }

    fn learn(&mut self, model: Model) {
        if self.models.len() < MAX_MODELS {
            self.last = self.models.len();
            self.models.push(model);
        } else if let Some(oldest) = self.models.get_mut(self.oldest) {
            *oldest = model;
            self.last = self.oldest;
            self.oldest = (self.oldest + 1) % MAX_MODELS;
        }
    }
}

#[cfg(test)]
mod tests;

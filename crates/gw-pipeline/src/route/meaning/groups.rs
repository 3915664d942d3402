//! The semantic groups of a model made ready: where their vectors come from, and their utterances' vectors once they
//! are there. Made with the model's line-up. It must not see a request.

use super::memory::Memory;
use super::remote::Remote;
use crate::embedding::{Embedding, Unembedded, Vector};
use crate::route::semantic::{Choice, Index, Settings};
use crate::worker::Worker;
use ahash::AHashMap;
use gw_model::Micros;
use gw_model::routing::{Destination, EmbedderName, Group, Semantic};
use gw_model::snapshot::Model;
use parking_lot::Mutex;
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long nothing more is said of prompts that cannot be compared, in microseconds.
const COMPLAINT_US: Micros = 60_000_000;

/// What makes vectors under one configuration: each model for embeddings once, however many groups ask it.
#[derive(Default)]
pub(crate) struct Sources {
    local: Option<Arc<dyn Embedding>>,
    remotes: Mutex<AHashMap<Arc<str>, Arc<Remote>>>,
    cache_bytes: usize,
}

impl Sources {
    pub(crate) fn new(local: Option<Arc<dyn Embedding>>, cache_bytes: usize) -> Self {
        Self { local, remotes: Mutex::default(), cache_bytes }
    }

    /// Goes on with the models of an earlier configuration that are the same in both, and with what they have embedded.
    pub(crate) fn go_on(&self, before: &Self, is_same: impl Fn(&str) -> bool) {
        if self.cache_bytes != before.cache_bytes {
            return;
        }
        let known = before.remotes.lock();
        let kept = known.iter().filter(|(name, _)| is_same(name));
        self.remotes.lock().extend(kept.map(|(name, remote)| (Arc::clone(name), Arc::clone(remote))));
    }

    /// By its name in the configuration.
    pub(crate) fn named(&self, name: &EmbedderName) -> Source {
        match name {
            EmbedderName::Local => {
                self.local.as_ref().map_or(Source::Absent, |it| Source::Local(Arc::clone(it)))
            }
            EmbedderName::Model(model) => {
                let mut remotes = self.remotes.lock();
                let remote = remotes.entry(Arc::clone(model)).or_insert_with(|| {
                    Arc::new(Remote::new(Arc::clone(model), Memory::new(self.cache_bytes)))
                });
                Source::Remote(Arc::clone(remote))
            }
        }
    }
}

/// What makes a group's vectors.
pub(crate) enum Source {
    Local(Arc<dyn Embedding>),
    Remote(Arc<Remote>),
    /// A build without embeddings, or a line-up that is only measured.
    Absent,
}

impl Source {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) => true,
            (Self::Local(one), Self::Local(other)) => Arc::ptr_eq(one, other),
            (Self::Remote(one), Self::Remote(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// What tells its vectors from those of others in the process; models of providers are told apart by their targets.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Local(embedding) => embedding.name(),
            Self::Remote(_) | Self::Absent => "",
        }
    }

    pub(crate) fn cached(&self, text: &str) -> Option<Vector> {
        match self {
            Self::Local(embedding) => embedding.cached(text),
            Self::Remote(remote) => remote.cached(text),
            Self::Absent => None,
        }
    }

    pub(crate) async fn embed(
        &self,
        worker: Option<&Rc<Worker>>,
        texts: &[&str],
        within: Duration,
    ) -> Result<Vec<Vector>, Unembedded> {
        match self {
            Self::Local(embedding) => embedding.embed(texts, within).await,
            Self::Remote(remote) => match worker {
                Some(worker) => remote.embed(worker, texts, within).await,
                // Only workers can ask providers.
                None => Err(Unembedded::Failed),
            },
            Self::Absent => Err(Unembedded::Failed),
        }
    }
}

/// One semantic group of a model.
pub(crate) struct SemanticGroup {
    pub(crate) id: u16,
    pub(crate) settings: Arc<Semantic>,
    pub(super) source: Source,
    index: OnceLock<Arc<Comparable>>,
    /// When it was last logged that a prompt could not be compared.
    complained_at: AtomicI64,
}

/// The members that have utterances.
pub(super) struct Comparable {
    index: Index,
    /// Their places in the group.
    members: Vec<usize>,
}

impl Comparable {
    /// From the utterances' vectors, member after member.
    pub(super) fn new(settings: &Semantic, vectors: Vec<Vector>) -> Result<Self, Unembedded> {
        let mut vectors = vectors.into_iter().map(|vector| vector.to_vec());
        let (mut members, mut of_members) = (Vec::new(), Vec::new());
        for (member, utterances) in settings.utterances.iter().enumerate() {
            if !utterances.is_empty() {
                members.push(member);
                of_members.push(vectors.by_ref().take(utterances.len()).collect());
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
        let threshold = settings.threshold_permille as f32 / 1000.0;
        // A threshold of 0 is none: prompts can be as unlike as -1.
        let threshold = if settings.threshold_permille == 0 { -1.0 } else { threshold };
        // Who gets what stays below is the group's to know: the default need not have utterances.
        let made = Index::new(of_members, Settings { threshold, default: None });
        made.map(|index| Self { index, members }).map_err(|_| Unembedded::Failed)
    }

    /// The member that a prompt is like, or that it is like none. `None` for a vector that cannot be compared.
    pub(super) fn choose(&self, prompt: &[f32]) -> Option<Option<usize>> {
        self.choice(prompt).map(|choice| choice.member)
    }

    /// The same, with what was compared.
    pub(super) fn choice(&self, prompt: &[f32]) -> Option<Choice> {
        let found = self.index.choose(prompt)?;
        let member = |place: usize| self.members.get(place).copied();
        Some(Choice {
            member: found.member.and_then(member),
            best: member(found.best)?,
            runner_up: found.runner_up.and_then(|(place, score)| Some((member(place)?, score))),
            ..found
        })
    }
}

impl SemanticGroup {
    /// Nothing until the utterances' vectors are there.
    pub(super) fn index(&self) -> Option<&Comparable> {
        self.index.get().map(AsRef::as_ref)
    }

    pub(super) fn set_index(&self, index: Comparable) {
        // A second one is made of the same.
        let _ = self.index.set(Arc::new(index));
    }

    /// Takes over the vectors of a group of an earlier configuration, when they would be made of the same by the same.
    pub(crate) fn go_on(&self, before: &[Self]) {
        let is_same = |other: &&Self| self.settings == other.settings && self.source.is_same(&other.source);
        if let Some(index) = before.iter().find(is_same).and_then(|other| other.index.get()) {
            let _ = self.index.set(Arc::clone(index));
        }
    }

    /// Logs that a prompt could not be compared, unless that was said not long ago.
    pub(super) fn complain(&self, model: &str, reason: &'static str, now: Micros) {
        let before = self.complained_at.load(Ordering::Relaxed);
        let is_due = before == 0 || now - before > COMPLAINT_US;
        if is_due
            && self.complained_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            let policy = self.settings.on_error;
            tracing::warn!(
                model,
                reason,
                ?policy,
                "a prompt of a semantic route cannot be compared: 'on_error' decides"
            );
        }
    }
}

/// The semantic groups of a model, those of its fallbacks included.
pub(crate) fn groups(model: &Model, sources: &Sources) -> Box<[SemanticGroup]> {
    let fallbacks = &model.fallbacks;
    let others = [&fallbacks.default, &fallbacks.context_window, &fallbacks.content_policy];
    let mut found = Vec::new();
    std::iter::once(&model.group)
        .chain(others.into_iter().flatten())
        .for_each(|group| gather(group, sources, &mut found));
    found.into()
}

fn gather(group: &Group, sources: &Sources, found: &mut Vec<SemanticGroup>) {
    if let Some(settings) = group.strategy.meaning() {
        found.push(SemanticGroup {
            id: group.id,
            settings: Arc::clone(settings),
            source: sources.named(&settings.embedder),
            index: OnceLock::new(),
            complained_at: AtomicI64::new(0),
        });
    }
    for member in &group.members {
        if let Destination::Group(inner) = &member.to {
            gather(inner, sources, found);
        }
    }
}

#[cfg(test)]
mod tests;

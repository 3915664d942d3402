//! Computes the vectors of utterances for whatever configuration is in force, behind the requests' backs: one worker
//! does it, since only workers can ask providers. Nothing waits for it. It must not look at prompts.

use super::groups::{Comparable, SemanticGroup};
use crate::embedding::{Unembedded, Vector};
use crate::live::Live;
use crate::worker::Worker;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;

/// Texts that are asked for at once.
const BATCH: usize = 64;

/// How long one such question may take.
const WITHIN: Duration = Duration::from_secs(60);

/// The first pause after a failure; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs for ever; to be spawned on one worker's thread.
pub async fn keep_routes(worker: Rc<Worker>) {
    let mut changes = worker.gateway().changes();
    loop {
        let live = worker.gateway().live();
        tokio::select! {
            () = fill_all(&worker, &live) => {}
            changed = changes.changed() => if changed.is_ok() { continue },
        }
        drop(live);
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Until every group has its vectors.
async fn fill_all(worker: &Rc<Worker>, live: &Live) {
    let mut pause = FIRST_PAUSE;
    loop {
        let mut failed = false;
        for (model, group) in live.semantic_groups() {
            if group.index().is_some() {
                continue;
            }
            match fill(Some(worker), group).await {
                Ok(index) => {
                    group.set_index(index);
                    tracing::info!(model, "the utterances of a semantic route are ready");
                }
                Err(why) => {
                    failed = true;
                    tracing::warn!(model, %why, "the utterances of a semantic route have no vectors yet");
                }
            }
        }
        if !failed {
            return;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The utterances' vectors of a group. Without a worker no provider is asked.
pub(super) async fn fill(
    worker: Option<&Rc<Worker>>,
    group: &SemanticGroup,
) -> Result<Comparable, Unembedded> {
    let texts: Vec<&str> = group.settings.utterances.iter().flatten().map(|text| &**text).collect();
    let mut vectors: Vec<Option<Vector>> = texts.iter().map(|text| group.source.cached(text)).collect();
    let missing: Vec<usize> =
        vectors.iter().enumerate().filter(|(_, vector)| vector.is_none()).map(|(at, _)| at).collect();
    for places in missing.chunks(BATCH) {
        let batch: Vec<&str> = places.iter().filter_map(|at| texts.get(*at).copied()).collect();
        let made = group.source.embed(worker, &batch, WITHIN).await?;
        for (at, vector) in places.iter().zip(made) {
            if let Some(place) = vectors.get_mut(*at) {
                *place = Some(vector);
            }
        }
    }
    let vectors = vectors.into_iter().collect::<Option<Vec<_>>>().ok_or(Unembedded::Failed)?;
    let settings = std::sync::Arc::clone(&group.settings);
    // A thousand vectors take some milliseconds, which the worker's requests need not wait.
    let made = tokio::task::spawn_blocking(move || Comparable::new(&settings, vectors)).await;
    made.unwrap_or(Err(Unembedded::Failed))
}

/// Tells that another configuration is in force.
#[derive(Debug)]
pub(crate) struct Changes(watch::Sender<()>);

impl Default for Changes {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Changes {
    pub(crate) fn tell(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn follow(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

//! The implementation by gw-embed: each model on threads of its own. It must not run one on a thread that serves requests.

use super::super::embeddings::Reading;
use gw_config::ConfigErrors;
use gw_config::compile::LocalModelFolder;
use gw_embed::{
    ClassModel, EntityModel, LoadError, Pool, PoolError, PoolSettings, Precision, Reader, joined,
};
use gw_guard::asked::{AskFault, AskedText, LocalFinding, Question};
use gw_model::guardrail::{AskSpec, Asked, LocalModel};
use gw_pipeline::{Gateway, LocalModels};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;

/// One for the process: weights are shared by configurations.
static HOST: OnceLock<Arc<Host>> = OnceLock::new();

#[derive(Debug, Default)]
struct Host {
    models: Mutex<HashMap<Key, Slot>>,
}

/// A model, and what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    model: LocalModel,
    is_classifier: bool,
}

/// Nothing while the weights are being read, and nothing ever again when they can not be used.
type Slot = watch::Receiver<Option<Running>>;

#[derive(Clone, Debug)]
enum Running {
    Entities(Pool<EntityModel>),
    Classes(Pool<ClassModel>),
}

fn host() -> &'static Arc<Host> {
    HOST.get_or_init(Arc::default)
}

fn key(who: &Asked) -> Option<Key> {
    let is_classifier = matches!(who, Asked::Classifier { .. });
    who.local().map(|model| Key { model: model.clone(), is_classifier })
}

pub(super) fn read(folder: &LocalModelFolder, reading: Reading) -> Result<(), ConfigErrors> {
    let Some(key) = key(&folder.who) else { return Ok(()) };
    check(folder, &key)?;
    let is_there = |slot: &Slot| slot.borrow().is_some() || slot.has_changed().is_ok();
    if host().models.lock().get(&key).is_some_and(is_there) {
        return Ok(());
    }
    let (done, slot) = watch::channel(None);
    match reading {
        Reading::Now => drop(done.send_replace(Some(start(&key).map_err(|why| folder.refused(&why))?))),
        Reading::Later => {
            let key = key.clone();
            let read = move || match start(&key) {
                Ok(running) => drop(done.send_replace(Some(running))),
                Err(error) => tracing::error!(%error, "the weights of a guardrail's model cannot be used"),
            };
            // Nobody waits for it: a process that ends meanwhile has nothing to save.
            let thread = std::thread::Builder::new().name("model-load".to_owned()).spawn(read);
            thread.map_err(|error| folder.refused(&format!("its thread cannot be started: {error}")))?;
        }
    }
    host().models.lock().insert(key, slot);
    Ok(())
}

/// Looks at all but the weights: quick.
fn check(folder: &LocalModelFolder, key: &Key) -> Result<(), ConfigErrors> {
    let at = Path::new(&*key.model.folder);
    let names = if key.is_classifier { ClassModel::check(at) } else { EntityModel::check(at) };
    let names = names.map_err(|error: LoadError| folder.refused(&error.to_string()))?;
    let (Asked::Entities { entities: wanted, .. } | Asked::Classifier { labels: wanted, .. }) = &folder.who
    else {
        return Ok(());
    };
    let unknown = wanted.iter().find(|name| !names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    unknown.map_or(Ok(()), |name| Err(folder.unknown(name, &names)))
}

/// Reads the weights: some tenths of a second.
fn start(key: &Key) -> Result<Running, String> {
    let at = Path::new(&*key.model.folder);
    let precision = if key.model.int8 { Precision::Int8 } else { Precision::F32 };
    let text = |error: LoadError| error.to_string();
    Ok(if key.is_classifier {
        Running::Classes(pool(ClassModel::load(at, precision).map_err(text)?, key)?)
    } else {
        Running::Entities(pool(EntityModel::load(at, precision).map_err(text)?, key)?)
    })
}

fn pool<M: Reader>(model: M, key: &Key) -> Result<Pool<M>, String> {
    // How long a text may be is the guardrail's to say.
    let settings =
        PoolSettings { threads: key.model.threads, max_text_bytes: usize::MAX, ..PoolSettings::default() };
    Pool::start(Arc::new(model), settings).map_err(|error| format!("its threads cannot be started: {error}"))
}

/// Models that no guardrail asks any more go, and their threads with them.
pub(super) fn put_in_force(folders: &[LocalModelFolder], gateway: &Gateway) {
    let wanted: Vec<Key> = folders.iter().filter_map(|folder| key(&folder.who)).collect();
    host().models.lock().retain(|key, _| wanted.contains(key));
    if !wanted.is_empty() {
        gateway.set_local_models(Arc::<Host>::clone(host()));
    }
}

impl LocalModels for Host {
    fn ask<'a>(&'a self, spec: &'a AskSpec, question: &'a Question<'a>) -> gw_pipeline::Reading<'a> {
        let slot = key(&spec.who).and_then(|key| self.models.lock().get(&key).cloned());
        Box::pin(async move {
            let bytes: usize = question.texts.iter().map(|asked| asked.text.len()).sum();
            if bytes > spec.max_text_bytes {
                return Err(AskFault::TooLong);
            }
            let mut slot = slot.ok_or(AskFault::Unusable)?;
            let running = slot.wait_for(Option::is_some).await.map(|running| running.clone());
            let within = Duration::from_millis(spec.timeout_ms);
            match (running, &spec.who) {
                (Ok(Some(Running::Entities(pool))), Asked::Entities { entities, min_score, .. }) => {
                    let least = f32::from(*min_score) / 100.0;
                    entities_of(&pool, question.texts, within, entities, least).await
                }
                (Ok(Some(Running::Classes(pool))), Asked::Classifier { labels, min_score, .. }) => {
                    let least = f32::from(*min_score) / 100.0;
                    labels_of(&pool, question.texts, within, labels, least).await
                }
                _ => Err(AskFault::Unusable),
            }
        })
    }
}

/// One text after the other: those of one call must not take the places of other calls in the queue.
async fn entities_of(
    pool: &Pool<EntityModel>,
    texts: &[&AskedText],
    within: Duration,
    wanted: &[Arc<str>],
    least: f32,
) -> Result<Vec<LocalFinding>, AskFault> {
    let mut found = Vec::new();
    for (text, asked) in texts.iter().enumerate() {
        let words = pool.read(&asked.text, within).await.map_err(fault)?;
        for entity in joined(&words, least) {
            let Some(kind) = pool.model().kinds().get(entity.kind) else { continue };
            if wanted.is_empty() || wanted.iter().any(|name| name.eq_ignore_ascii_case(kind)) {
                let bytes = Some((entity.bytes.start, entity.bytes.end));
                found.push(LocalFinding { text, bytes, kind: Arc::clone(kind), score: entity.score });
            }
        }
    }
    Ok(found)
}

async fn labels_of(
    pool: &Pool<ClassModel>,
    texts: &[&AskedText],
    within: Duration,
    wanted: &[Arc<str>],
    least: f32,
) -> Result<Vec<LocalFinding>, AskFault> {
    let mut found = Vec::new();
    for (text, asked) in texts.iter().enumerate() {
        if asked.text.trim().is_empty() {
            continue;
        }
        let chances = pool.read(&asked.text, within).await.map_err(fault)?;
        for (label, chance) in pool.model().labels().iter().zip(chances.iter()) {
            if *chance >= least && wanted.iter().any(|name| name.eq_ignore_ascii_case(label)) {
                found.push(LocalFinding { text, bytes: None, kind: Arc::clone(label), score: *chance });
            }
        }
    }
    Ok(found)
}

const fn fault(error: PoolError) -> AskFault {
    match error {
        PoolError::Busy => AskFault::Busy,
        PoolError::TimedOut => AskFault::Timeout,
        PoolError::TooLong { .. } => AskFault::TooLong,
        PoolError::Stopped => AskFault::Unusable,
    }
}

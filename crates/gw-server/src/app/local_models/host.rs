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
use std::fs::{self, Metadata};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// How long a model stays that no guardrail asks any more: calls that are under way still do.
const GRACE: Duration = Duration::from_secs(600);

/// One for the process: weights are shared by configurations.
static HOST: OnceLock<Arc<Host>> = OnceLock::new();

#[derive(Debug, Default)]
struct Host {
    models: Mutex<HashMap<Key, Entry>>,
    /// How many configurations were put in force.
    number: AtomicU64,
}

/// A model, and what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    model: LocalModel,
    is_classifier: bool,
}

/// A model that is loaded, or being loaded.
#[derive(Clone, Debug)]
struct Entry {
    slot: Slot,
    stamp: Stamp,
    /// The configuration since which none names it.
    left: Option<u64>,
}

/// Nothing while the weights are being read, and nothing ever again when they can not be used.
type Slot = watch::Receiver<Option<Running>>;

/// What tells one content of a folder from another without reading it.
type Stamp = [Option<(SystemTime, u64)>; 3];

#[derive(Clone, Debug)]
enum Running {
    Entities(Pool<EntityModel>),
    Classes(Pool<ClassModel>),
}

/// Models that were looked at for a configuration, and are in force with it.
#[derive(Debug)]
pub(crate) struct Loaded(Vec<(Key, Entry)>);

fn host() -> &'static Arc<Host> {
    HOST.get_or_init(Arc::default)
}

fn key(who: &Asked) -> Option<Key> {
    let is_classifier = matches!(who, Asked::Classifier { .. });
    who.local().map(|model| Key { model: model.clone(), is_classifier })
}

fn stamp(folder: &Path) -> Stamp {
    let stamp = |found: Metadata| Some((found.modified().ok()?, found.len()));
    ["config.json", "tokenizer.json", "model.safetensors"]
        .map(|name| fs::metadata(folder.join(name)).ok().and_then(stamp))
}

pub(super) fn read_all(folders: &[LocalModelFolder], reading: Reading) -> Result<Loaded, ConfigErrors> {
    let mut loaded: Vec<(Key, Entry)> = Vec::new();
    for folder in folders {
        let Some(key) = key(&folder.who) else { continue };
        check(folder, &key)?;
        if loaded.iter().all(|(known, _)| *known != key) {
            let entry = read(folder, &key, reading)?;
            loaded.push((key, entry));
        }
    }
    Ok(Loaded(loaded))
}

/// The model that is there, where its files are still the same; else one that is read now, or behind the caller's back.
fn read(folder: &LocalModelFolder, key: &Key, reading: Reading) -> Result<Entry, ConfigErrors> {
    let stamp = stamp(Path::new(&*key.model.folder));
    let known = host().models.lock().get(key).cloned();
    let is_good = |entry: &Entry| {
        let is_there = entry.slot.borrow().is_some() || entry.slot.has_changed().is_ok();
        is_there && entry.stamp == stamp
    };
    if let Some(entry) = known.filter(is_good) {
        return Ok(entry);
    }
    let (done, slot) = watch::channel(None);
    match reading {
        Reading::Now => drop(done.send_replace(Some(start(key).map_err(|why| folder.refused(&why))?))),
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
    Ok(Entry { slot, stamp, left: None })
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
    // How long a text may be is the guardrail's to say, and texts are read one by one as it is.
    let settings = PoolSettings {
        threads: key.model.threads,
        batch: 1,
        max_text_bytes: usize::MAX,
        ..PoolSettings::default()
    };
    Pool::start(Arc::new(model), settings).map_err(|error| format!("its threads cannot be started: {error}"))
}

/// Models that no guardrail asks any more go after a while, and their threads with them.
pub(super) fn put_in_force(loaded: Loaded, gateway: &Gateway) {
    let is_any = !loaded.0.is_empty();
    let number = host().number.fetch_add(1, Ordering::Relaxed);
    let mut models = host().models.lock();
    let had: Vec<Key> =
        models.iter().filter(|(_, entry)| entry.left.is_none()).map(|(key, _)| key.clone()).collect();
    models.values_mut().for_each(|entry| entry.left = entry.left.or(Some(number)));
    models.extend(loaded.0.into_iter().map(|(key, entry)| (key, Entry { left: None, ..entry })));
    let is_left = had.iter().any(|key| models.get(key).is_some_and(|entry| entry.left.is_some()));
    drop(models);
    if is_left {
        let forget = move || {
            std::thread::sleep(GRACE);
            host().models.lock().retain(|_, entry| entry.left.is_none_or(|left| left > number));
        };
        // Without it they go with the next one that is left.
        if let Err(error) = std::thread::Builder::new().name("model-forget".to_owned()).spawn(forget) {
            tracing::warn!(%error, "a model that nobody asks stays in memory");
        }
    }
    if is_any {
        gateway.set_local_models(Arc::<Host>::clone(host()));
    }
}

impl LocalModels for Host {
    fn ask<'a>(&'a self, spec: &'a AskSpec, question: &'a Question<'a>) -> gw_pipeline::Reading<'a> {
        let slot = key(&spec.who).and_then(|key| Some(self.models.lock().get(&key)?.slot.clone()));
        Box::pin(async move {
            let mut slot = slot.ok_or(AskFault::Unusable)?;
            let running = slot.wait_for(Option::is_some).await.map(|running| running.clone());
            match (running, &spec.who) {
                (Ok(Some(Running::Entities(pool))), Asked::Entities { entities, min_score, .. }) => {
                    let least = f32::from(*min_score) / 100.0;
                    entities_of(&pool, spec, question.texts, entities, least).await
                }
                (Ok(Some(Running::Classes(pool))), Asked::Classifier { labels, min_score, .. }) => {
                    let least = f32::from(*min_score) / 100.0;
                    labels_of(&pool, spec, question.texts, labels, least).await
                }
                _ => Err(AskFault::Unusable),
            }
        })
    }
}

/// Errors: files have changed since the configuration was looked at, and what it wants is not found any more.
fn check_names(known: &[Arc<str>], wanted: &[Arc<str>]) -> Result<(), AskFault> {
    let is_known = |name: &Arc<str>| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    if wanted.iter().all(is_known) { Ok(()) } else { Err(AskFault::Unusable) }
}

/// Errors: what has to be read is more than may be. What was read before is not: in a conversation, that is most of it.
fn check_size<M: Reader>(pool: &Pool<M>, spec: &AskSpec, texts: &[&AskedText]) -> Result<(), AskFault> {
    let fresh = texts.iter().filter(|asked| pool.cached(&asked.text).is_none());
    let bytes: usize = fresh.map(|asked| asked.text.len()).sum();
    if bytes > spec.max_text_bytes { Err(AskFault::TooLong) } else { Ok(()) }
}

/// One text after the other: those of one call must not take the places of other calls in the queue.
async fn entities_of(
    pool: &Pool<EntityModel>,
    spec: &AskSpec,
    texts: &[&AskedText],
    wanted: &[Arc<str>],
    least: f32,
) -> Result<Vec<LocalFinding>, AskFault> {
    check_names(pool.model().kinds(), wanted)?;
    check_size(pool, spec, texts)?;
    let within = Duration::from_millis(spec.timeout_ms);
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
    spec: &AskSpec,
    texts: &[&AskedText],
    wanted: &[Arc<str>],
    least: f32,
) -> Result<Vec<LocalFinding>, AskFault> {
    check_names(pool.model().labels(), wanted)?;
    check_size(pool, spec, texts)?;
    let within = Duration::from_millis(spec.timeout_ms);
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
        PoolError::Garbled => AskFault::Malformed,
        PoolError::Stopped => AskFault::Unusable,
    }
}

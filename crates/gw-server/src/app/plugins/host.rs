//! The implementation by gw-wasm: a few threads that run plugins, one question after the other, and the files behind them.
//! A file that changes is read anew at the next question; one that can not be read any more leaves the old plugin in force.
//! It must not run a plugin on a thread that serves requests.

use gw_guard::asked::{AskFault, PluginAnswer, PluginFinding, PluginVerdict, Question};
use gw_model::guardrail::{AskSpec, Asked};
use gw_pipeline::{Answering, Gateway, Plugins};
use gw_wasm::{Answer, Bounds, Engine, Plugin, RunError, Verdict};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;
use tokio::sync::oneshot;

/// Threads that run plugins.
const THREADS: usize = 2;

/// Questions that may wait for one.
const QUEUE: usize = 256;

/// Largest file of a plugin, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// One for the process: compiled code is shared by configurations.
static HOST: OnceLock<Result<Arc<Host>, String>> = OnceLock::new();

struct Host {
    engine: Engine,
    files: Mutex<HashMap<Arc<str>, Arc<File>>>,
    queue: SyncSender<Job>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

/// One plugin's file.
#[derive(Default)]
struct File(Mutex<Read>);

#[derive(Default)]
struct Read {
    plugin: Option<Plugin>,
    stamp: Option<Stamp>,
}

/// What tells one content of a file from another without reading it.
type Stamp = (Option<SystemTime>, u64);

struct Job {
    file: Arc<str>,
    question: gw_wasm::Question,
    bounds: Bounds,
    answer: oneshot::Sender<Result<Answer, AskFault>>,
}

fn host() -> Result<&'static Arc<Host>, String> {
    HOST.get_or_init(start).as_ref().map_err(Clone::clone)
}

fn start() -> Result<Arc<Host>, String> {
    let engine = Engine::new().map_err(|error| format!("plugins can not be run here: {error}"))?;
    let (queue, jobs) = sync_channel(QUEUE);
    let host = Arc::new(Host { engine, files: Mutex::default(), queue });
    let jobs = Arc::new(Mutex::new(jobs));
    for number in 0..THREADS {
        let (host, jobs) = (Arc::clone(&host), Arc::clone(&jobs));
        let thread = std::thread::Builder::new().name(format!("plugins-{number}"));
        let started = thread.spawn(move || work(&host, &jobs));
        started.map_err(|error| format!("a thread for plugins cannot be started: {error}"))?;
    }
    Ok(host)
}

/// Runs what comes, one question at a time.
fn work(host: &Host, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let Ok(job) = jobs.lock().recv() else { return };
        // Whoever asked may have left.
        if !job.answer.is_closed() {
            let ran = host.run(&job);
            let _ = job.answer.send(ran);
        }
    }
}

pub(super) fn check(file: &str) -> Result<(), String> {
    let host = host()?;
    host.current(file).map(|_| ())
}

pub(super) fn put_in_force(gateway: &Gateway) {
    if let Ok(host) = host() {
        gateway.set_plugins(Arc::<Host>::clone(host));
    }
}

impl Host {
    /// The plugin in a file as it is now. Errors: in words; a plugin that was there stays.
    fn current(&self, file: &str) -> Result<Plugin, String> {
        let entry = Arc::clone(self.files.lock().entry(file.into()).or_default());
        let mut read = entry.0.lock();
        let found = fs::metadata(file).map_err(|error| error.to_string());
        let stamp = found.as_ref().ok().map(|found: &Metadata| (found.modified().ok(), found.len()));
        if let Some(plugin) = read.plugin.as_ref().filter(|_| stamp == read.stamp) {
            return Ok(plugin.clone());
        }
        read.stamp = stamp;
        let loaded = found.and_then(|found| self.read(file, &found));
        match loaded {
            Ok(plugin) => {
                if read.plugin.replace(plugin.clone()).is_some() {
                    tracing::info!(file, "a plugin was read anew");
                }
                Ok(plugin)
            }
            Err(why) => {
                if read.plugin.is_some() {
                    tracing::error!(file, %why, "a plugin's file can not be used; the one before stays in force");
                }
                Err(why)
            }
        }
    }

    fn read(&self, file: &str, found: &Metadata) -> Result<Plugin, String> {
        if found.len() > MAX_FILE_BYTES {
            return Err(format!("it has more than {MAX_FILE_BYTES} bytes"));
        }
        let bytes = fs::read(file).map_err(|error| error.to_string())?;
        self.engine.load(&bytes).map_err(|error| error.to_string())
    }

    fn run(&self, job: &Job) -> Result<Answer, AskFault> {
        let before = || {
            let entry = self.files.lock().get(&job.file).map(Arc::clone)?;
            entry.0.lock().plugin.clone()
        };
        let plugin = self.current(&job.file).ok().or_else(before).ok_or(AskFault::Unusable)?;
        let answer = self.engine.judge(&plugin, &job.question, job.bounds);
        answer.map_err(|error| match error {
            RunError::OutOfTime => AskFault::Timeout,
            RunError::OutOfFuel => AskFault::OutOfFuel,
            RunError::OutOfMemory => AskFault::OutOfMemory,
            RunError::Trapped => AskFault::Trapped,
            RunError::Malformed => AskFault::Malformed,
        })
    }
}

impl Plugins for Host {
    fn ask<'a>(&'a self, spec: &'a AskSpec, question: &'a Question<'a>) -> Answering<'a> {
        let Asked::Plugin { file, settings, max_memory_bytes, max_fuel } = &spec.who else {
            return Box::pin(std::future::ready(Err(AskFault::Unusable)));
        };
        let (answer, answered) = oneshot::channel();
        let job = Job {
            file: Arc::clone(file),
            question: gw_wasm::Question {
                guardrail: question.guardrail.to_owned(),
                side: question.side.as_str(),
                model: question.about.model.clone(),
                settings: settings.to_string(),
                texts: question
                    .texts
                    .iter()
                    // The contract of plugins has no other name for what a model says.
                    .map(|asked| (asked.place.told(false).speaker.as_str(), asked.text.clone()))
                    .collect(),
            },
            bounds: Bounds {
                timeout_ms: spec.timeout_ms,
                max_fuel: *max_fuel,
                max_memory_bytes: *max_memory_bytes,
            },
            answer,
        };
        let queued = self.queue.try_send(job).map_err(|_| AskFault::Busy);
        Box::pin(async move {
            queued?;
            answered.await.unwrap_or(Err(AskFault::Unusable)).map(told)
        })
    }
}

fn told(answer: Answer) -> PluginAnswer {
    let verdict = match answer.verdict {
        Verdict::Allow => PluginVerdict::Allow,
        Verdict::Flag => PluginVerdict::Flag,
        Verdict::Replace => PluginVerdict::Replace,
        Verdict::Block => PluginVerdict::Block,
    };
    let finding = |found: gw_wasm::Finding| PluginFinding {
        text: found.text,
        start: found.start,
        end: found.end,
        kind: found.kind,
        replacement: found.replacement,
    };
    PluginAnswer { verdict, findings: answer.findings.into_iter().map(finding).collect() }
}

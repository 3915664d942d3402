//! The systems measured: how each is installed, configured and started. Every setting that is not
//! the system's own default stands here with its reason. No measuring.

mod gatewright;
mod hyper;
mod install;
mod litellm;
mod nginx;
mod portkey;
mod redis;

use crate::error::BenchError;
use crate::load::{Expect, Prompt, RequestSpec, Template, call, get};
use crate::process::{Child, Pin};
use crate::wire::{Mode, Wire};
pub(crate) use gatewright::{Counted, Setting};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long one call may take.
const CALL_PATIENCE: Duration = Duration::from_secs(10);

/// A system that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub(crate) enum System {
    /// The load generator straight at the mock: the instrument's own floor.
    Direct,
    /// nginx as a bare reverse proxy.
    Nginx,
    /// A bare proxy on the same HTTP library (not among the defaults).
    Hyper,
    /// The same on a work-stealing runtime (not among the defaults).
    HyperStealing,
    /// This repository's gateway with everything on.
    Gatewright,
    /// Another build of the gateway (`--baseline PATH`), configured in the same way.
    Baseline,
    /// LiteLLM's proxy, one worker, one key, no database.
    Litellm,
    /// Portkey's gateway, which has no keys and no limits.
    Portkey,
}

impl System {
    /// Name in tables and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::Hyper => "hyper",
            Self::HyperStealing => "hyper-stealing",
            Self::Gatewright => "gatewright",
            Self::Baseline => "baseline",
            Self::Litellm => "litellm",
            Self::Portkey => "portkey",
        }
    }

    /// Whether it takes many times as much as the others, so that noise does not matter.
    pub(crate) fn is_far(self) -> bool {
        matches!(self, Self::Litellm | Self::Portkey)
    }

    /// Whether its configuration holds keys, limits, budgets and prices of ours.
    pub(crate) fn is_gatewright(self) -> bool {
        matches!(self, Self::Gatewright | Self::Baseline)
    }
}

/// What starting a system needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    /// Work directory; everything installed and written stands below it.
    pub(crate) work: PathBuf,
    /// Port of the mock upstream.
    pub(crate) mock_port: u16,
    /// The core of the system under test.
    pub(crate) pin: Pin,
    /// The gateway's binary, or why there is none.
    pub(crate) gatewright: Result<PathBuf, String>,
    /// The other build, if one is to be compared.
    pub(crate) baseline: Option<PathBuf>,
    /// Further arguments for `gatewright serve`.
    pub(crate) gatewright_args: Vec<String>,
    /// Further top-level YAML for the gateway's configuration.
    pub(crate) gatewright_yaml: String,
    /// When a system counts as started.
    pub(crate) ready: Ready,
}

/// When a system counts as started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// It has answered a small call rightly.
    Called,
    /// It takes connections, and the gateway says that it is ready. Nobody has called anything yet.
    Listening,
}

/// A system that answers.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) system: System,
    pub(crate) version: String,
    pub(crate) port: u16,
    /// Headers beside the key that its callers send.
    pub(crate) headers: Vec<(String, String)>,
    /// Keys that it knows.
    pub(crate) keys: Vec<String>,
    /// `None` for the mock itself.
    child: Option<Child>,
    /// A server that it needs, and that is not measured.
    _needs: Option<Child>,
    /// Time from its start to its first answer.
    pub(crate) started_in: Duration,
}

impl Running {
    /// The root of its process tree.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// The template of the requests it gets.
    pub(crate) fn template(&self, wire: Wire, mode: Mode, model: &str, prompt: Prompt) -> Template {
        let headers = &self.headers;
        Template::new(&RequestSpec { wire, mode, model, headers, keys: &self.keys, prompt })
    }

    /// What its answers must hold. Only the gateway has to hide usage that was not asked for.
    pub(crate) fn expect(&self, caller: Wire, upstream: Wire, mode: Mode) -> Expect {
        Expect::new(caller, upstream, mode, self.system.is_gatewright())
    }

    /// One small call.
    pub(crate) fn call_once(&self) -> Result<(), BenchError> {
        let mut template = self.template(Wire::Chat, Mode::Whole, Mode::Whole.model(), Prompt::Small);
        let expect = self.expect(Wire::Chat, Wire::Chat, Mode::Whole);
        call(self.port, &mut template, &expect, CALL_PATIENCE)
    }

    fn probe(&self) -> Result<(), BenchError> {
        if self.system.is_gatewright() {
            return get(self.port, "/readyz", "", CALL_PATIENCE).map(drop);
        }
        let to = (Ipv4Addr::LOCALHOST, self.port);
        TcpStream::connect(to).map(drop).map_err(BenchError::socket("reach a system"))
    }

    /// Waits until it counts as started.
    fn wait_ready(mut self, bench: &Bench, log: &Path, patience: Duration) -> Result<Self, BenchError> {
        let begin = Instant::now();
        loop {
            let tried = match bench.ready {
                Ready::Called => self.call_once(),
                Ready::Listening => self.probe(),
            };
            let failure = match tried {
                Ok(()) => {
                    self.started_in = begin.elapsed();
                    return Ok(self);
                }
                Err(failure) => failure,
            };
            let ended = self.child.as_mut().and_then(Child::ended);
            if ended.is_some() || begin.elapsed() > patience {
                let how = ended
                    .unwrap_or_else(|| format!("no right answer in {} s ({failure})", patience.as_secs()));
                let detail = format!("{how}; its output ends: {}", tail(log));
                return Err(BenchError::Start { system: self.system.name().to_owned(), detail });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Starts a system and waits until it answers. `setting` is for those that are ours.
pub(crate) fn start(system: System, bench: &Bench, setting: Setting) -> Result<Running, BenchError> {
    match system {
        System::Direct => Ok(Running {
            system,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            port: bench.mock_port,
            headers: Vec::new(),
            keys: vec!["none".to_owned()],
            child: None,
            _needs: None,
            started_in: Duration::ZERO,
        }),
        System::Nginx => nginx::start(bench),
        System::Hyper | System::HyperStealing => hyper::start(bench, system),
        System::Gatewright => gatewright::start(system, &bench.gatewright, bench, setting),
        System::Baseline => {
            let binary = bench.baseline.clone().ok_or_else(|| "give its path with --baseline".to_owned());
            gatewright::start(system, &binary, bench, setting)
        }
        System::Litellm => litellm::start(bench),
        System::Portkey => portkey::start(bench),
    }
}

/// A loopback port that was free a moment ago.
fn free_port() -> Result<u16, BenchError> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(BenchError::socket("find a free port"))?;
    Ok(listener.local_addr().map_err(BenchError::socket("find a free port"))?.port())
}

/// An empty directory for one start of a system.
fn fresh_directory(bench: &Bench, name: &str) -> Result<PathBuf, BenchError> {
    let directory = bench.work.join("run").join(name);
    if directory.exists() {
        std::fs::remove_dir_all(&directory).map_err(BenchError::file(&directory))?;
    }
    std::fs::create_dir_all(&directory).map_err(BenchError::file(&directory))?;
    Ok(directory)
}

fn write(path: &Path, text: &str) -> Result<(), BenchError> {
    std::fs::write(path, text).map_err(BenchError::file(path))
}

/// The end of a log, on one line.
fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let end = String::from_utf8_lossy(&text[text.len().saturating_sub(600)..]).into_owned();
    end.split_whitespace().collect::<Vec<_>>().join(" ")
}

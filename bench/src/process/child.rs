//! A child process that cannot outlive the benchmark: ended when dropped, and by the kernel
//! (`setpriv --pdeathsig`) when the benchmark itself is killed.

use crate::error::BenchError;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where a child may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    /// On this core only.
    Core(usize),
    /// Anywhere: the machine has one core.
    Anywhere,
}

/// How long a child may take to end after SIGTERM.
const TERM_GRACE: Duration = Duration::from_secs(5);

/// A running child.
#[derive(Debug)]
pub(crate) struct Child {
    inner: std::process::Child,
}

impl Child {
    /// Starts a program in its own process group; its output goes to `log`.
    pub(crate) fn start(
        program: &Path,
        args: &[String],
        env: &[(String, String)],
        directory: &Path,
        log: &Path,
        pin: Pin,
    ) -> Result<Self, BenchError> {
        let out = File::create(log).map_err(BenchError::file(log))?;
        let err = out.try_clone().map_err(BenchError::file(log))?;
        // Both wrappers replace themselves, so the child's id is the program's.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]);
        match pin {
            Pin::Core(core) => command.args(["taskset", "--cpu-list", &core.to_string()]),
            Pin::Anywhere => &mut command,
        };
        command.arg(program).args(args).envs(env.iter().map(|(name, value)| (name, value)));
        command.current_dir(directory).stdin(Stdio::null()).stdout(out).stderr(err);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let inner = command.spawn().map_err(|source| BenchError::Spawn {
            program: format!("setpriv (of util-linux) with {}", program.display()),
            source,
        })?;
        Ok(Self { inner })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.inner.id()
    }

    /// Whether it has ended, and how.
    pub(crate) fn ended(&mut self) -> Option<String> {
        self.inner.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let Some(group) = i32::try_from(self.inner.id()).ok().and_then(Pid::from_raw) else { return };
        // Errors mean that it is gone already.
        let _ = kill_process_group(group, Signal::TERM);
        let begin = Instant::now();
        while begin.elapsed() < TERM_GRACE {
            if !matches!(self.inner.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Also what the program left behind in its group.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.inner.wait();
    }
}

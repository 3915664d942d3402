//! The machine: pinning of the benchmark itself, its limit of open handles, and the facts that
//! stand in every result.

use super::child::Pin;
use crate::error::BenchError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Raises the limit of open handles as far as the machine lets us; returns the new limit. The
/// children inherit it.
pub(crate) fn raise_handles() -> Result<u64, BenchError> {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, wanted)
        .map_err(|source| BenchError::Machine { operation: "raise the limit of open handles", source })?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

/// Pins this thread (and those it starts) to the last usable core; the first is returned for the
/// system under test.
pub(crate) fn pin_self() -> Result<Pin, BenchError> {
    let usable = sched_getaffinity(None)
        .map_err(|source| BenchError::Machine { operation: "read the usable cores", source })?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| usable.is_set(*core)).collect();
    let (Some(first), Some(last)) = (cores.first(), cores.last()) else { return Ok(Pin::Anywhere) };
    if first == last {
        return Ok(Pin::Anywhere);
    }
    let mut own = CpuSet::new();
    own.set(*last);
    sched_setaffinity(None, &own)
        .map_err(|source| BenchError::Machine { operation: "pin the load generator", source })?;
    Ok(Pin::Core(*first))
}

/// What a reader must know of the machine.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Facts {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) memory_mib: u64,
    pub(crate) date: String,
}

/// Reads the facts.
pub(crate) fn facts() -> Facts {
    let first = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    let memory = first("/proc/meminfo", "MemTotal").unwrap_or_default();
    Facts {
        cpu: first("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
        cores: processors(),
        kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        memory_mib: memory.trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024,
        date: today(),
    }
}

/// Today in UTC, as `2026-01-31`.
fn today() -> String {
    let days = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| i64::try_from(elapsed.as_secs() / 86_400).unwrap_or(0));
    // Days to civil date, counted in years that begin in March so that the leap day is the last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// All cores of the machine, usable by this process or not.
fn processors() -> usize {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines().filter(|line| line.starts_with("processor")).count()
}

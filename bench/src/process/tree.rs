//! CPU time and memory of a process and all its descendants, from `/proc`. Reading only.

use std::collections::HashMap;
use std::fs;

/// What a process tree has used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TreeUse {
    /// User and system time since start, ended children included, in microseconds.
    pub(crate) cpu_us: u64,
    /// Resident memory, in KiB.
    pub(crate) rss_kib: u64,
    /// The sum of each process's highest resident memory since the last [`reset_peak`], in KiB.
    pub(crate) peak_kib: u64,
    /// Processes in the tree.
    pub(crate) processes: usize,
}

struct Stat {
    parent: u32,
    ticks: u64,
}

/// Reads what the tree under `root` has used so far.
pub(crate) fn usage(root: u32) -> TreeUse {
    let tick_us = tick_us();
    let mut total = TreeUse::default();
    for (pid, stat) in tree(root) {
        total.cpu_us += stat.ticks * tick_us;
        total.processes += 1;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        total.rss_kib += kib(&status, "VmRSS:");
        total.peak_kib += kib(&status, "VmHWM:");
    }
    total
}

/// CPU time of this process alone (load generator and mock), in microseconds.
pub(crate) fn own_cpu_us() -> u64 {
    let line = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = line.rsplit_once(')').map_or("", |(_, rest)| rest).split_ascii_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks * tick_us()
}

fn tick_us() -> u64 {
    1_000_000 / rustix::param::clock_ticks_per_second().max(1)
}

/// Sets the peak of every process of the tree back to what it holds now.
pub(crate) fn reset_peak(root: u32) {
    for pid in tree(root).into_keys() {
        // A process that has just ended has no peak; that is no failure.
        let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
    }
}

fn tree(root: u32) -> HashMap<u32, Stat> {
    let mut all = HashMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        if let Some(stat) = fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|line| parse(&line))
        {
            all.insert(pid, stat);
        }
    }
    let mut members = HashMap::new();
    let mut found = vec![root];
    while let Some(pid) = found.pop() {
        if let Some(stat) = all.remove(&pid) {
            found.extend(all.iter().filter(|(_, child)| child.parent == pid).map(|(child, _)| *child));
            members.insert(pid, stat);
        }
    }
    members
}

/// The fields after the command name, which may hold spaces and parentheses of its own.
fn parse(line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    // utime, stime, and the same of ended children.
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Stat { parent, ticks })
}

fn kib(status: &str, name: &str) -> u64 {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_name_with_parentheses_is_skipped() {
        let stat = parse("12 (a (b) c) S 7 12 12 0 -1 0 0 0 0 0 100 50 3 2 20 0 1 0 0").unwrap();
        assert_eq!(stat.parent, 7);
        assert_eq!(stat.ticks, 155);
    }

    #[test]
    fn this_process_uses_memory() {
        let own = usage(std::process::id());
        assert!(own.rss_kib > 0 && own.peak_kib > 0 && own.processes >= 1);
    }
}

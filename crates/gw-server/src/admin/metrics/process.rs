//! The process itself, under the names that all of Prometheus' client libraries use, and which build it is. Read from `/proc` when
//! somebody asks; on a system without it only the build is told.

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};
use std::fmt::Write as _;

/// What the system says of the process.
struct Process {
    cpu_seconds: f64,
    started_at: f64,
    virtual_bytes: u64,
    resident_bytes: u64,
    threads: u64,
    open_files: usize,
    most_files: Option<u64>,
}

impl Process {
    fn read() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name, in brackets, may hold anything.
        let (_, stat) = stat.rsplit_once(')')?;
        let fields: Vec<u64> = stat.split_whitespace().skip(1).map(|f| f.parse().unwrap_or(0)).collect();
        // Numbered as in proc(5), where the first one behind the state is the fourth.
        let field = |number: usize| fields.get(number - 4).copied();
        let ticks = clock_ticks_per_second() as f64;
        let booted = std::fs::read_to_string("/proc/stat").ok()?;
        let booted: f64 = booted.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) as f64 / ticks,
            started_at: booted + field(22)? as f64 / ticks,
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * page_size() as u64,
            threads: field(20)?,
            // Looking takes one.
            open_files: std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1),
            most_files: getrlimit(Resource::Nofile).current,
        })
    }
}

/// All of it as OpenMetrics, without the end mark.
pub(super) fn text() -> String {
    let mut out = String::new();
    let mut one = |name: &str, kind: &str, help: &str, sample: &str| {
        // A text takes what is written to it.
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name}{sample}");
    };
    let build = format!("_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    one("gatewright_build", "info", "The version that runs.", &build);
    let Some(process) = Process::read() else { return out };
    let cpu = format!("_total {}", process.cpu_seconds);
    one("process_cpu_seconds", "counter", "Time of processors, of user and system, in seconds.", &cpu);
    let mut gauge = |name: &str, help: &str, value: f64| one(name, "gauge", help, &format!(" {value}"));
    gauge(
        "process_start_time_seconds",
        "When the process began, in seconds since the epoch.",
        process.started_at,
    );
    gauge("process_virtual_memory_bytes", "Size of its address space.", process.virtual_bytes as f64);
    gauge("process_resident_memory_bytes", "Memory that it has.", process.resident_bytes as f64);
    gauge("process_threads", "Its threads.", process.threads as f64);
    gauge("process_open_fds", "Its open file handles.", process.open_files as f64);
    if let Some(most) = process.most_files {
        gauge("process_max_fds", "Most file handles that it may have open.", most as f64);
    }
    out
}

//! One run from start to end: mock, systems, scenarios, report. The order of things stands here;
//! how each is done stands in its own module.

use crate::cli::Cli;
use crate::error::BenchError;
use crate::memory::{self, Sizes};
use crate::mock;
use crate::process::{self, Pin};
use crate::report::{self, MemoryRow, Report, SpeedRow, note};
use crate::run::{self, Timing};
use crate::scenario::{Lane, Scenario};
use crate::soak::{self, Soak};
use crate::systems::{self, Bench, Counted, Ready, Running, Setting, System};
use crate::{build, cli, probe, programs};
use std::time::Duration;

struct Plan {
    systems: Vec<System>,
    scenarios: Vec<Scenario>,
    timing: Timing,
    sizes: Sizes,
}

/// Does what the command line says.
pub(crate) fn run(cli: &cli::Cli) -> Result<(), BenchError> {
    let handles = process::raise_handles()?;
    if let Some((port, mock_port)) = cli.probe {
        return probe::run(probe::Probe {
            port,
            mock_port,
            threads: cli.probe_threads.into(),
            stealing: cli.probe_stealing,
        });
    }
    // Before pinning: the build may use every core.
    let gatewright = if cli.mock.is_some() { Err(String::new()) } else { build::gatewright(cli) };
    let machine = process::facts();
    let pin = process::pin_self()?;
    if let Some(port) = cli.mock {
        return serve_mock(port);
    }
    let mock = mock::start(0)?;
    let work = build::workspace().join("bench/.work");
    std::fs::create_dir_all(&work).map_err(BenchError::file(&work))?;
    let bench = Bench {
        work,
        mock_port: mock.port,
        pin,
        gatewright,
        baseline: cli.baseline.clone(),
        gatewright_args: cli.gatewright_arg.clone(),
        gatewright_yaml: cli.gatewright_yaml.iter().map(|line| format!("{line}\n")).collect(),
        ready: Ready::Called,
    };
    if let Some(seconds) = cli.soak {
        return soak::run(&bench, Soak { length: Duration::from_secs(seconds), rate: cli.soak_rate });
    }
    let plan = plan(cli);
    if handles < 2 * plan.sizes.streams as u64 + 1000 && plan.scenarios.contains(&Scenario::Streams) {
        note(&format!("only {handles} open handles are allowed: the streams scenario may fail"));
    }
    let (speed, memory, versions, missing) = measure(&plan, &bench, cli.keys as usize);
    let method = method(&plan, pin, &built(&bench));
    let programs = if plan.scenarios.contains(&Scenario::Programs) { programs::run(cli) } else { Vec::new() };
    let report = Report { machine, versions, missing, method, speed, memory, programs };
    publish(cli, &report)
}

fn serve_mock(port: u16) -> Result<(), BenchError> {
    let mock = mock::start(port)?;
    report::print(&format!("mock upstream on http://127.0.0.1:{}\n", mock.port));
    loop {
        std::thread::sleep(Duration::from_secs(10));
        let (open, requests) = (&mock.stats.open, &mock.stats.requests);
        let relaxed = std::sync::atomic::Ordering::Relaxed;
        note(&format!("{} connections open, {} requests so far", open.load(relaxed), requests.load(relaxed)));
    }
}

fn plan(cli: &Cli) -> Plan {
    let systems = match (cli.systems.is_empty(), cli.quick) {
        (false, _) => cli.systems.clone(),
        (true, true) => vec![System::Nginx, System::Gatewright],
        (true, false) => {
            vec![System::Direct, System::Nginx, System::Gatewright, System::Litellm, System::Portkey]
        }
    };
    let mut systems = systems;
    if cli.baseline.is_some() && !systems.contains(&System::Baseline) {
        systems.push(System::Baseline);
    }
    let scenarios = match (cli.scenarios.is_empty(), cli.quick) {
        (false, _) => cli.scenarios.clone(),
        (true, true) => vec![Scenario::WholeC64, Scenario::BurstC64, Scenario::PacedC256],
        (true, false) => <Scenario as clap::ValueEnum>::value_variants().to_vec(),
    };
    // Added latency needs the mock's own.
    if scenarios.iter().any(|scenario| scenario.is_latency()) && !systems.contains(&System::Direct) {
        systems.insert(0, System::Direct);
    }
    let (rounds, window, warmup) = if cli.quick { (2, 3.0, 1.0) } else { (3, 5.0, 2.0) };
    let timing = Timing {
        rounds: cli.rounds.unwrap_or(rounds),
        far_rounds: cli.far_rounds.or(cli.rounds).unwrap_or(rounds),
        window: Duration::from_secs_f64(cli.window_seconds.unwrap_or(window)),
        warmup: Duration::from_secs_f64(cli.warmup_seconds.unwrap_or(warmup)),
    };
    let sustained = Duration::from_secs_f64(cli.sustained_seconds);
    Plan { systems, scenarios, timing, sizes: Sizes { streams: cli.streams as usize, sustained } }
}

type Outcome = (Vec<SpeedRow>, Vec<MemoryRow>, Vec<(String, String)>, Vec<(String, String)>);

fn measure(plan: &Plan, bench: &Bench, keys: usize) -> Outcome {
    let (mut speed, mut memory, mut versions, mut missing) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut started: Vec<System> = Vec::new();
    // Those that are far slower come in a pass of their own: an interpreter goes on working on what a window left
    // undone, and that would fall on whoever is measured next.
    let (far, near): (Vec<System>, Vec<System>) = plan.systems.iter().partition(|system| system.is_far());
    for systems in [near, far] {
        let running = start(&systems, bench, &mut missing);
        for system in &running {
            versions.push((system.system.name().to_owned(), system.version.clone()));
            started.push(system.system);
        }
        let all: Vec<&Running> = running.iter().collect();
        speed.extend(run::speed(&all, &plan.scenarios, plan.timing, bench.pin));
    }
    // Rows of one scenario stand together.
    speed.sort_by_key(|row: &SpeedRow| plan.scenarios.iter().position(|scenario| *scenario == row.scenario));
    // The remaining scenarios start their own instances; nothing else runs beside them.
    let side_by_side: [(Scenario, &[Setting]); 6] = [
        (Scenario::Keys, &[Setting::Keys(1), Setting::Keys(keys)]),
        (Scenario::Levels, &[Setting::Bare, Setting::LEVELS]),
        (
            Scenario::Shared,
            &[Setting::LEVELS, Setting::Levels(Counted::Leased), Setting::Levels(Counted::Strict)],
        ),
        (Scenario::Hits, &[Setting::Keys(1), Setting::Cache]),
        (Scenario::Guards, &[Setting::Keys(1), Setting::Guards]),
        (Scenario::FirstText, &[Setting::Keys(1), Setting::Guards]),
    ];
    for (scenario, settings) in side_by_side {
        if plan.scenarios.contains(&scenario) && started.contains(&System::Gatewright) {
            speed.extend(beside(bench, scenario, settings, plan.timing));
        }
    }
    let fresh =
        [Scenario::Idle, Scenario::BigBody, Scenario::Streams, Scenario::Sustained, Scenario::ManyKeys];
    for scenario in fresh {
        if plan.scenarios.contains(&scenario) {
            for system in started.iter().filter(|system| scenario.concerns(**system)) {
                memory.extend(memory::measure(scenario, *system, bench, plan.sizes));
            }
        }
    }
    (speed, memory, versions, missing)
}

/// Starts those that can be started; why others cannot goes to `missing`.
fn start(systems: &[System], bench: &Bench, missing: &mut Vec<(String, String)>) -> Vec<Running> {
    let mut running = Vec::new();
    for system in systems {
        match systems::start(*system, bench, Setting::Keys(1)) {
            Ok(started) => running.push(started),
            Err(error) => {
                note(&format!("{} is left out: {error}", system.name()));
                missing.push((system.name().to_owned(), error.to_string()));
            }
        }
    }
    running
}

/// The gateway in some settings, side by side.
fn beside(bench: &Bench, scenario: Scenario, settings: &[Setting], timing: Timing) -> Vec<SpeedRow> {
    let all: Result<Vec<Running>, BenchError> =
        settings.iter().map(|setting| systems::start(System::Gatewright, bench, *setting)).collect();
    let all = match all {
        Ok(all) => all,
        Err(error) => {
            let label = settings.last().map_or_else(String::new, |setting| setting.label());
            let mut row = SpeedRow::new(scenario, label, System::Gatewright);
            row.problem = Some(error.to_string());
            return vec![row];
        }
    };
    let load = match scenario {
        Scenario::Guards => Scenario::BurstC64,
        Scenario::FirstText => Scenario::PacedC256,
        _ => Scenario::WholeC64,
    };
    let Some(mut speed) = load.speed() else { return Vec::new() };
    if scenario == Scenario::FirstText {
        // Nobody waits for a core.
        speed.connections = 16;
    }
    let lane = |(running, setting): (_, &Setting)| Lane { label: setting.label(), speed, running };
    let lanes: Vec<Lane<'_>> = all.iter().zip(settings).map(lane).collect();
    run::rounds(scenario, &lanes, timing, bench.pin)
}

/// How the gateway was built, as far as its place tells.
fn built(bench: &Bench) -> String {
    let folder = build::workspace().join("target/dist");
    match &bench.gatewright {
        Ok(path) if path.starts_with(folder) => "built by `cargo xtask dist`".to_owned(),
        Ok(path) if path.ends_with("target/release/gatewright") => {
            "built by `cargo build --release`".to_owned()
        }
        _ => "a binary of another place".to_owned(),
    }
}

fn method(plan: &Plan, pin: Pin, built: &str) -> String {
    let pinning = match pin {
        Pin::Core(core) => format!(
            "The system under test runs on core {core} alone (taskset, child processes included); load generator and \
             mock upstream share the last core."
        ),
        Pin::Anywhere => "The machine has one core; nothing is pinned.".to_owned(),
    };
    format!(
        "{pinning} All traffic is loopback HTTP/1.1 without TLS, TCP_NODELAY on both sides, connections kept.\n\
         The mock answers from memory on one thread. Whole answers are a chat completion of about 570 bytes with usage. Streams are \
         50 frames of about 280 bytes and the end mark, each frame an HTTP chunk of its own; `burst` sends head and \
         all chunks in one write, `paced` one frame every {} ms. As at the real provider, usage comes only when \
         `include_usage` is asked for, and then every frame carries `\"usage\":null`.\n\
         Translated calls carry a system prompt of 2 KiB; beside them stand the same call without translation, and through \
         nginx, both with an upstream that speaks the caller's format.\n\
         The load generator is a closed loop. It checks every answer: status, all text pieces in order, the end mark, and for \
         Gatewright that usage which the caller did not ask for stays hidden. A system with more than 1 % wrong answers has no figure.\n\
         CPU per request is user and system time of the whole process tree (/proc/PID/stat) in the window over the requests \
         completed in it. Each of {} rounds runs every system once per scenario, LiteLLM and Portkey in a pass of their own after the others ({} rounds):  {:.1} s warm-up (longer, until each key was used once) and {:.1} s window (longer, up to \
         45 s, until each connection has had two answers); figures are medians over the rounds, ratios the medians of the \
         ratios within a round. Added p99 is the p99 minus that of the load generator straight at the mock in the same round. `cores kept awake`: \
         beside everything a loop of idle priority (SCHED_IDLE) runs on each core, so that a virtual core is not given back to \
         the host between two requests, which costs every system tens of microseconds.\n\
         Memory is VmRSS of the process tree; the 10 MiB figure is the rise of its peak (VmHWM, reset before) during one \
         request; open streams ({}) have sent their first frames and stand still. Each memory figure comes from a fresh start.\n\
         Figures without a socket come from examples of the crates, CPU time of the process or the thread; which: `bench/src/programs.rs`.\n\n\
         Gatewright ({built}): one worker, a key with request, token and parallel limits and a monthly budget, priced models, every call \
         recorded to SQLite; over Redis: one server on the load generator's core. nginx: one worker, kept upstream connections, no buffering, no log. LiteLLM: one worker, one key, no \
         database. Portkey: no keys, no limits. Exact configurations: `bench/src/systems/`.",
        crate::wire::PACE_MS,
        plan.timing.rounds,
        plan.timing.far_rounds,
        plan.timing.warmup.as_secs_f64(),
        plan.timing.window.as_secs_f64(),
        plan.sizes.streams,
    )
}

fn publish(cli: &Cli, report: &Report) -> Result<(), BenchError> {
    let json = || serde_json::to_string_pretty(report).unwrap_or_default();
    match cli.json.as_deref() {
        Some(path) if path.as_os_str() == "-" => report::print(&format!("{}\n", json())),
        Some(path) => {
            std::fs::write(path, json()).map_err(BenchError::file(path))?;
            report::print(&report::text(report));
        }
        None => report::print(&report::text(report)),
    }
    if cli.write {
        let path = build::workspace().join("bench/RESULTS.md");
        std::fs::write(&path, report::markdown(report)).map_err(BenchError::file(&path))?;
        note(&format!("written: {}", path.display()));
    }
    Ok(())
}

//! `gatewright drill`: failures of providers, played against a gateway. Exit codes: 0 every objective held, 1 one was
//! missed or a drill could not be run, 2 the command line or a scenario is wrong.

use super::output;
use clap::Args;
use gw_drill::{BUILTIN, Builtin, DrillError, Report, Rig, Scenario};
use gw_model::catalog::Catalog;
use std::fs::File;
use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

/// Threads of load, emulators and timeline together.
const THREADS: usize = 2;

/// Arguments of `drill`.
#[derive(Debug, Args)]
pub(crate) struct DrillArguments {
    /// Scenarios: names of built-in ones, or files.
    #[arg(value_name = "NAME|FILE", required_unless_present_any = ["all", "list"])]
    scenarios: Vec<String>,
    /// Run every built-in scenario.
    #[arg(long, conflicts_with = "scenarios")]
    all: bool,
    /// List the built-in scenarios.
    #[arg(long)]
    list: bool,
    /// Print the files of the scenarios instead of running them.
    #[arg(long)]
    print: bool,
    /// Print JSON, for machines.
    #[arg(long)]
    json: bool,
    /// Shorter timelines; recovery is not judged.
    #[arg(long)]
    quick: bool,
    /// Drill this running gateway instead of one of the drill's own.
    #[arg(long, requires_all = ["key", "emulators"])]
    url: Option<String>,
    /// Master key of the running gateway.
    #[arg(long, env = "GATEWRIGHT_MASTER_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Alias of the running gateway to call.
    #[arg(long, default_value = "drill")]
    model: String,
    /// Emulator behind a target of the running gateway, by its provider's name there; may stand several times.
    #[arg(long = "emulator", value_name = "NAME=URL", requires = "url")]
    emulators: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &DrillArguments) -> ExitCode {
    if arguments.list {
        return list();
    }
    let chosen: Vec<&str> = if arguments.all {
        BUILTIN.iter().map(|builtin| builtin.name).collect()
    } else {
        arguments.scenarios.iter().map(String::as_str).collect()
    };
    if arguments.print {
        return print(&chosen);
    }
    let prepared = rig(arguments).and_then(|rig| {
        let scenarios: Result<Vec<Scenario>, DrillError> = chosen.iter().map(|name| scenario(name)).collect();
        Ok((rig, scenarios?))
    });
    let (rig, scenarios) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return failed(&error),
    };
    let quick = |scenario: Scenario| if arguments.quick { scenario.quick() } else { scenario };
    let mut reports = Vec::new();
    let scenarios: Vec<Scenario> = scenarios.into_iter().map(quick).collect();
    let ended = drill(&scenarios, &rig, arguments.all, &mut reports);
    // What was found before something failed is worth its time.
    if arguments.json {
        output::line(gw_drill::json(&reports));
    } else if !reports.is_empty() {
        output::line(gw_drill::markdown(&reports).trim_end());
    }
    match ended {
        Err(error) => failed(&error),
        Ok(()) if reports.iter().all(Report::passed) => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
    }
}

/// Runs the scenarios one after the other; ends early, with all that was started, when asked to stop.
fn drill(
    scenarios: &[Scenario],
    rig: &Rig,
    is_all: bool,
    reports: &mut Vec<Report>,
) -> Result<(), DrillError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build().map_err(
            |source| DrillError::Setup { doing: "start threads".to_owned(), source: source.into() },
        )?;
    gw_ingress::listen::nofile::raise();
    let all = async {
        for (at, scenario) in scenarios.iter().enumerate() {
            let (number, count) = (at + 1, scenarios.len());
            output::note(format!(
                "[{number}/{count}] {}: {} ({:.0} s)",
                scenario.name,
                scenario.about,
                scenario.seconds()
            ));
            let report = match gw_drill::run(scenario, rig).await {
                Ok(report) => report,
                // Who asks for all of them asks for those that can be run here.
                Err(error @ DrillError::Missing(_)) if is_all => {
                    output::note(format!("[{number}/{count}] {}: SKIPPED: {error}", scenario.name));
                    continue;
                }
                Err(error) => return Err(error),
            };
            output::note(format!("[{number}/{count}] {}", report.line()));
            reports.push(report);
        }
        Ok(())
    };
    runtime.block_on(async {
        tokio::select! {
            done = all => done,
            () = crate::serve::shutdown::asked_to_stop() => Err(DrillError::Stopped),
        }
    })
}

fn rig(arguments: &DrillArguments) -> Result<Rig, DrillError> {
    let Some(url) = &arguments.url else {
        let executable = std::env::current_exe().map_err(|source| DrillError::Setup {
            doing: "find this program's own executable".to_owned(),
            source: source.into(),
        })?;
        return Ok(Rig::Own { executable });
    };
    let emulator = |text: &String| match text.split_once('=') {
        Some((name, url)) => Ok((name.to_owned(), url.to_owned())),
        None => Err(DrillError::Usage(format!("--emulator {text}: write NAME=URL"))),
    };
    Ok(Rig::Running {
        url: url.clone(),
        key: arguments.key.clone().unwrap_or_default(),
        model: arguments.model.clone(),
        emulators: arguments.emulators.iter().map(emulator).collect::<Result<_, _>>()?,
    })
}

fn scenario(name: &str) -> Result<Scenario, DrillError> {
    let catalog: Arc<dyn Catalog> = Arc::new(gw_providers::catalog());
    let (source, text) = match Builtin::find(name) {
        Some(builtin) => (format!("{name}.yaml"), builtin.text.to_owned()),
        None => (name.to_owned(), file(name)?),
    };
    Scenario::read(&source, &text, &catalog).map_err(DrillError::Scenario)
}

/// Bytes of a file that are read; no scenario has as many.
const MAX_FILE_BYTES: u64 = 2 << 20;

/// A file's text; a name that is neither a file nor built in is told what there is.
fn file(name: &str) -> Result<String, DrillError> {
    let read = || {
        let mut text = String::new();
        File::open(name)?.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|error: std::io::Error| {
        let known: Vec<&str> = BUILTIN.iter().map(|builtin| builtin.name).collect();
        DrillError::Usage(format!(
            "'{name}' is no built-in scenario ({}) and cannot be read as a file: {error}",
            known.join(", ")
        ))
    })
}

fn list() -> ExitCode {
    for builtin in BUILTIN {
        match scenario(builtin.name) {
            Ok(scenario) => output::line(format!("{:<20} {}", builtin.name, scenario.about)),
            Err(error) => return failed(&error),
        }
    }
    ExitCode::SUCCESS
}

fn print(names: &[&str]) -> ExitCode {
    for name in names {
        let text = Builtin::find(name).map_or_else(|| file(name), |builtin| Ok(builtin.text.to_owned()));
        match text {
            Ok(text) => output::line(text.trim_end()),
            Err(error) => return failed(&error),
        }
    }
    ExitCode::SUCCESS
}

/// Faults of a file stand by themselves, each line with its place.
fn failed(error: &DrillError) -> ExitCode {
    match error {
        DrillError::Scenario(faults) => {
            output::note(faults);
            ExitCode::from(error.exit_code())
        }
        _ => output::fail(error, error.exit_code()),
    }
}

//! Runs other programs: shown, timed, and with their output passed through as it comes.

use crate::args::root;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// `cargo` of the tool chain that runs this task, in the workspace's root.
pub(crate) fn cargo<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(args: I) -> Command {
    let name = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(name);
    command.args(args).current_dir(root());
    command
}

/// Any program, in the workspace's root.
pub(crate) fn program<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(name: &str, args: I) -> Command {
    let mut command = Command::new(name);
    command.args(args).current_dir(root());
    command
}

/// Runs it; its output goes to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|e| format!("{}: {e}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", shown(command))) }
}

/// Runs it and gives what it wrote to stdout.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let out = command.stderr(Stdio::inherit()).output().map_err(|e| format!("{}: {e}", shown(command)))?;
    if !out.status.success() {
        return Err(format!("`{}` failed ({})", shown(command), out.status));
    }
    String::from_utf8(out.stdout).map_err(|e| format!("{}: {e}", shown(command)))
}

/// Runs it, passes stdout and stderr through line by line, and shows each line to `see`. `Ok(false)` when
/// the program failed.
pub(crate) fn watch(command: &mut Command, see: &mut dyn FnMut(&str)) -> Result<bool, String> {
    println!("$ {}", shown(command));
    let fault = |e: std::io::Error| e.to_string();
    let (reader, writer) = std::io::pipe().map_err(fault)?;
    command.stdout(writer.try_clone().map_err(fault)?).stderr(writer);
    let mut child = command.spawn().map_err(|e| format!("{}: {e}", shown(command)))?;
    // The command holds our ends of the pipe; with them open the reading would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.map_err(fault)?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        see(&line);
    }
    std::io::stdout().flush().map_err(fault)?;
    Ok(child.wait().map_err(fault)?.success())
}

/// True when a program of that name can be started.
pub(crate) fn exists(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|dir| dir.join(name).is_file())
}

fn shown(command: &Command) -> String {
    let name = command.get_program().to_string_lossy();
    let name = name.rsplit('/').next().unwrap_or_default().to_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(name).chain(args).collect::<Vec<_>>().join(" ")
}

//! A PostgreSQL server of a test's own: on a free port, in a temporary folder, with what the machine has installed. It
//! ends with its handle. Tests of other crates include this file, so it uses nothing but the standard library and rustix.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::Permissions;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest time for a start or an end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub(crate) struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    options: Vec<String>,
    child: Child,
    port: u16,
}

impl Postgres {
    /// Starts one; `None`, and a word of it, where the programs are missing. The gate installs them.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[], &[])
    }

    /// The same with files of these names and contents in its data directory, and these settings. The password of the
    /// only user is `geheim`, where it is asked for.
    pub(crate) fn start_with(files: &[(&str, &str)], settings: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("SKIPPED: PostgreSQL is missing");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        give(folder.path());
        let password = folder.path().join("password");
        std::fs::write(&password, "geheim\n").unwrap();
        give(&password);
        let data = folder.path().join("data");
        let made = as_user(&programs.join("initdb"))
            .args([
                "--auth=trust",
                "--username=gatewright",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(&data)
            .arg("--pwfile")
            .arg(&password)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success(), "initdb");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        for (name, content) in files {
            std::fs::write(data.join(name), content).unwrap();
            give(&data.join(name));
            std::fs::set_permissions(data.join(name), Permissions::from_mode(0o600)).unwrap();
        }
        let options: Vec<String> =
            settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
        let child = spawn(&programs, folder.path(), port, &options);
        let server = Self { folder, programs, options, child, port };
        server.is_there();
        Some(server)
    }

    /// The address of a database; `postgres` is there from the start.
    pub(crate) fn url(&self, database: &str) -> String {
        self.url_as("gatewright", "127.0.0.1", database)
    }

    /// The same as this user, who may have a password, and by this name of the host.
    pub(crate) fn url_as(&self, user: &str, host: &str, database: &str) -> String {
        format!("postgres://{user}@{host}:{}/{database}", self.port)
    }

    /// Runs statements as a person would, in a database; what they print.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> String {
        let output = Command::new(self.programs.join("psql"))
            .env("PGPASSWORD", "geheim")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements])
            .arg(self.url(database))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A fresh database; its address.
    pub(crate) fn database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(name)
    }

    /// Holds the server with all its processes, as if the machine stood still.
    pub(crate) fn hold(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.signal_all(Signal::CONT);
    }

    /// kill -9 of all its processes.
    pub(crate) fn kill(&mut self) {
        self.signal_all(Signal::KILL);
        self.child.wait().unwrap();
    }

    /// Starts it again, with what it had.
    pub(crate) fn back(&mut self) {
        self.child = spawn(&self.programs, self.folder.path(), self.port, &self.options);
        self.is_there();
    }

    fn signal_all(&self, signal: Signal) {
        let main = self.child.id();
        for id in std::iter::once(main).chain(children(main)) {
            // One of the children may have ended meanwhile.
            let _ = kill_process(Pid::from_raw(id.cast_signed()).unwrap(), signal);
        }
    }

    fn is_there(&self) {
        let deadline = Instant::now() + PATIENCE;
        let ready = || {
            let mut asked = Command::new(self.programs.join("pg_isready"));
            asked.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]).status().unwrap().success()
        };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() || !ready() {
            assert!(Instant::now() < deadline, "PostgreSQL does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.go_on();
        self.signal_all(Signal::KILL);
        let _ = self.child.wait();
    }
}

fn spawn(programs: &Path, folder: &Path, port: u16, options: &[String]) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    as_user(&programs.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "fsync=off", "-c", "shared_buffers=16MB"])
        .args(["-c", "max_connections=60", "-c", "autovacuum_naptime=1h", "-k"])
        .arg(folder)
        .args(options)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Where the server's programs are: in the path, or where Debian puts them; the newest.
fn programs() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    places.extend(versions.into_iter().rev());
    let all = ["postgres", "initdb", "psql", "pg_isready"];
    places.into_iter().find(|place| all.iter().all(|program| place.join(program).is_file()))
}

/// PostgreSQL refuses to run as root: then as the user that its package makes, or nobody.
fn other_user() -> Option<(u32, u32)> {
    if !rustix::process::getuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2);
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    };
    user("postgres").or_else(|| user("nobody"))
}

/// Makes a file or folder the property of the user that the server runs as.
fn give(path: &Path) {
    if let Some((user, group)) = other_user() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

fn as_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C").env("TZ", "UTC");
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command
}

/// Processes that a process started.
fn children(of: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let id = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let parent = |id: u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    all.filter_map(id).filter(|id| parent(*id) == Some(of)).collect()
}

//! What the compiler's own programs leave is read, and what is none of it is refused.

use super::{HEAD, MAGIC, Profile, VERSION};
use std::path::Path;
use std::process::Command;

const SOURCE: &str = "#[inline(never)]
fn odd(x: u64) -> u64 { if x % 3 == 0 { x + 1 } else { x * 2 } }
fn main() { println!(\"{}\", (0..std::env::args().count() as u64 * 300).map(odd).sum::<u64>()); }";

fn ran(command: &mut Command) {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// Compiles a program with counters in it, runs it twice, and reads what it left.
fn counted(folder: &Path) -> Profile {
    let (source, binary) = (folder.join("counts.rs"), folder.join("counts"));
    std::fs::write(&source, SOURCE).unwrap();
    let flags =
        ["-Copt-level=2", "-Cllvm-args=--disable-vp=true", "-Cllvm-args=-enable-name-compression=false"];
    let mut rustc = Command::new("rustc");
    rustc.args(flags).arg(format!("-Cprofile-generate={}", folder.display()));
    ran(rustc.arg("-o").arg(&binary).arg(&source));
    let mut profile = Profile::default();
    for (name, args) in [("one.profraw", 0), ("two.profraw", 1)] {
        let path = folder.join(name);
        ran(Command::new(&binary).args(vec!["more"; args]).env("LLVM_PROFILE_FILE", &path));
        profile.add(&std::fs::read(path).unwrap()).unwrap();
    }
    profile
}

#[test]
fn what_programs_counted_is_added_up() {
    let folder = tempfile::tempdir().unwrap();
    let profile = counted(folder.path());
    let text = profile.text();
    assert!(text.starts_with(":ir\n"), "{text}");
    let part = text.split("\n\n").find(|part| part.lines().next().is_some_and(|name| name.contains("3odd")));
    let counts: Vec<u64> = part.expect("the function").lines().skip(3).map(|n| n.parse().unwrap()).collect();
    // 300 times and 600 times; every third of them the other way.
    assert!(counts.contains(&900) && (counts.contains(&300) || counts.contains(&600)), "{counts:?}");
    let (functions, called) = profile.len();
    assert!(called >= 2 && functions >= called);
}

#[test]
fn what_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    counted(folder.path());
    let whole = std::fs::read(folder.path().join("one.profraw")).unwrap();
    let why = |bytes: &[u8]| Profile::default().add(bytes).unwrap_err();
    assert_eq!(why(b""), "it is cut off");
    assert_eq!(why(&[0; HEAD]), "it is no raw profile of LLVM");
    let older: Vec<u8> = [MAGIC, VERSION - 1].iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(why(&older), "it has version 0x9; version 10 is known here");
    for end in (16..whole.len()).step_by(8) {
        // Cut anywhere it never comes to more than a refusal; padding at its end may go.
        let _ = Profile::default().add(&whole[..end]);
    }
    assert_eq!(why(&whole[..HEAD]), "it is cut off");
    for field in 2..11 {
        let mut wrong = whole.clone();
        wrong[field * 8..field * 8 + 8].fill(0xff);
        let _ = Profile::default().add(&wrong);
    }
}

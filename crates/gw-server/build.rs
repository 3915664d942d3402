//! Lists the built dashboard (`dashboard/dist`) for embedding, with the digest of each file and its packed form where there is
//! one. It must not build the dashboard: a build of the gateway needs no Node.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let crate_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = crate_dir.join("../../dashboard/dist");
    println!("cargo:rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    files.sort();
    let mut code = String::from("&[\n");
    for path in files.iter().filter(|path| path.extension().is_none_or(|ending| ending != "gz")) {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&dist).map_err(io::Error::other)?;
        let name =
            name.to_str().ok_or_else(|| io::Error::other("a name that is not UTF-8"))?.replace('\\', "/");
        let packed = PathBuf::from(format!("{}.gz", path.display()));
        let gzip = if packed.is_file() {
            format!("Some(include_bytes!({:?}))", packed.display().to_string())
        } else {
            "None".to_owned()
        };
        let digest = digest(&fs::read(path)?);
        let _ = writeln!(
            code,
            "Asset {{ path: {name:?}, etag: \"\\\"{digest:016x}\\\"\", bytes: include_bytes!({:?}), gzip: {gzip} }},",
            path.display().to_string()
        );
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(Path::new(&out).join("dashboard_assets.rs"), code)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// FNV-1a: tells one build's file from another's; nothing depends on it being hard to forge.
fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

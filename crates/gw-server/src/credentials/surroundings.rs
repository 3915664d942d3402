//! What the process's surroundings say about identities: environment variables and files, as the clouds' own SDKs
//! read them. It must not keep what it reads.

use gw_model::Secret;
use gw_providers::token::TokenError;
use std::io::Read as _;
use std::path::PathBuf;

/// Largest file, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// A variable that is set and not blank.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// A file's text. Files may lie on slow mounts, so the reading is done elsewhere.
pub(super) async fn text(path: &str) -> Result<String, TokenError> {
    let bytes = bytes(path).await?;
    String::from_utf8(bytes).map_err(|_| file_error(path, "it is not UTF-8"))
}

/// A file's content.
pub(super) async fn bytes(path: &str) -> Result<Vec<u8>, TokenError> {
    let owned = PathBuf::from(path);
    let reading = tokio::task::spawn_blocking(move || {
        let mut content = Vec::new();
        #[expect(clippy::disallowed_methods, reason = "limited by `take`")]
        std::fs::File::open(owned)?.take(MAX_FILE + 1).read_to_end(&mut content)?;
        Ok::<_, std::io::Error>(content)
    });
    let content = match reading.await {
        Ok(read) => read.map_err(|error| file_error(path, &error.to_string()))?,
        Err(_) => return Err(file_error(path, "the reading was broken off")),
    };
    if content.len() as u64 > MAX_FILE {
        return Err(file_error(path, "it is larger than 1 MiB"));
    }
    Ok(content)
}

/// A file with one secret: its first line that is not blank.
pub(super) async fn secret(path: &str) -> Result<Secret, TokenError> {
    let text = text(path).await?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    match line {
        Some(line) if line.bytes().all(|b| b.is_ascii_graphic()) => Ok(Secret::new(line.to_owned())),
        Some(_) => Err(file_error(path, "its first line holds spaces, control or non-ASCII characters")),
        None => Err(file_error(path, "it is empty")),
    }
}

/// The shared files of AWS: configuration and credentials. A missing one is empty, as long as the other is there.
pub(super) async fn aws_files() -> Result<(String, String), TokenError> {
    let home = variable("HOME").unwrap_or_default();
    let path = |name: &str, usual: &str| variable(name).unwrap_or_else(|| format!("{home}/.aws/{usual}"));
    let config = text(&path("AWS_CONFIG_FILE", "config")).await;
    let credentials = text(&path("AWS_SHARED_CREDENTIALS_FILE", "credentials")).await;
    match (config, credentials) {
        (Err(error), Err(_)) => Err(error),
        (config, credentials) => Ok((config.unwrap_or_default(), credentials.unwrap_or_default())),
    }
}

fn file_error(path: &str, reason: &str) -> TokenError {
    TokenError::File { path: path.to_owned(), reason: reason.to_owned() }
}

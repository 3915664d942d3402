//! Exports of records, resolved. Whether a bucket is there is known only when something is sent to it.

use super::filters::FILTERS;
use super::url;
use crate::errors::Faults;
use crate::settings::exports::{EveryName, ExportBlock, FormatName, S3Block, ScheduleBlock, ToName};
use crate::shape::{NamedEntry, Text};
use gw_model::Secret;
use gw_model::snapshot::ConnectOptions;
use std::path::PathBuf;

/// Most schedules.
const MAX_SCHEDULES: usize = 50;

/// Where files go, and what is exported by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSettings {
    /// Of files; `None` for the one in the data directory.
    pub directory: Option<PathBuf>,
    /// Object storage.
    pub s3: Option<S3Settings>,
    /// Days that what is known of an export is kept.
    pub retention_days: u64,
    /// What is exported by itself.
    pub schedules: Vec<Schedule>,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Settings {
    /// Its name.
    pub bucket: String,
    /// What names of objects begin with.
    pub prefix: String,
    /// The region that requests are signed for.
    pub region: String,
    /// Scheme, host and port.
    pub endpoint: String,
    /// Names the credential; `None` leaves it to the environment, as the secret.
    pub access_key_id: Option<String>,
    /// The secret.
    pub secret_access_key: Option<Secret>,
    /// Goes with temporary credentials.
    pub session_token: Option<Secret>,
    /// How to connect.
    pub connect: ConnectOptions,
    /// Longest wait for an answer.
    pub timeout_ms: u64,
}

/// A file for each hour or day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// By hour, else by day.
    pub is_hourly: bool,
    /// Minutes after the end of a stretch.
    pub delay_minutes: u64,
    /// Parquet, else JSON.
    pub is_parquet: bool,
    /// To the bucket, else to the directory.
    pub to_s3: bool,
    /// With bodies.
    pub with_bodies: bool,
    /// Which records, as parameters of their list.
    pub filter: Vec<(String, String)>,
}

pub(super) fn exports(block: &ExportBlock, faults: &mut Faults) -> ExportSettings {
    let s3 = block.s3.as_ref().and_then(|s3| bucket(&s3.value, faults));
    let entries = &block.schedules.value.0;
    if let Some(beyond) = entries.get(MAX_SCHEDULES) {
        faults.add(beyond.place, format!("there are more than {MAX_SCHEDULES} schedules: remove some"));
    }
    let schedules = entries.iter().take(MAX_SCHEDULES);
    ExportSettings {
        directory: block.directory.as_ref().map(|path| PathBuf::from(path.value.as_str())),
        retention_days: block.retention_days.value.get(),
        schedules: schedules.map(|entry| schedule(entry, block.s3.is_some(), faults)).collect(),
        s3,
    }
}

pub(super) fn bucket(block: &S3Block, faults: &mut Faults) -> Option<S3Settings> {
    let text = |text: &Text| text.as_str().to_owned();
    let name = text(&block.bucket.value);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if !(3..=63).contains(&name.len()) || !name.chars().all(fits) {
        faults.add(block.bucket.place, "'bucket' must be 3 to 63 small letters, digits, dots and dashes");
    }
    let prefix = block.prefix.as_ref().map(|prefix| text(&prefix.value)).unwrap_or_default();
    let region = text(&block.region.value);
    let endpoint = match &block.endpoint {
        None => format!("https://s3.{region}.amazonaws.com"),
        Some(given) => match url::parse(given.value.as_str()) {
            Ok(url) if url.text.matches('/').count() == 2 => url.text,
            Ok(_) => {
                faults.add(
                    given.place,
                    "'endpoint' may not hold a path: write https://host or https://host:port",
                );
                return None;
            }
            Err(why) => {
                faults.add(given.place, format!("'endpoint' {why}"));
                return None;
            }
        },
    };
    if block.access_key_id.is_some() != block.secret_access_key.is_some() {
        faults.add(block.place, "'access_key_id' and 'secret_access_key' go together: give both, or none");
    }
    Some(S3Settings {
        bucket: name,
        prefix: prefix.trim_start_matches('/').to_owned(),
        region,
        endpoint,
        access_key_id: block.access_key_id.as_ref().map(|id| text(&id.value)),
        secret_access_key: block.secret_access_key.as_ref().map(|secret| secret.value.clone()),
        session_token: block.session_token.as_ref().map(|token| token.value.clone()),
        connect: ConnectOptions {
            ca_file: block.ca_file.as_ref().map(|file| file.value.as_str().into()),
            proxy: block.proxy.as_ref().map(|proxy| proxy.value.as_str().into()),
            ..ConnectOptions::default()
        },
        timeout_ms: block.timeout_ms.value.get(),
    })
}

fn schedule(entry: &NamedEntry<ScheduleBlock>, has_s3: bool, faults: &mut Faults) -> Schedule {
    let block = &entry.value;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if entry.name.len() > 64 || !entry.name.chars().all(fits) {
        faults.add(
            entry.place,
            "names of schedules are at most 64 letters, digits, '-' and '_': files are called so",
        );
    }
    let to_s3 = block.to.value == ToName::S3;
    if to_s3 && !has_s3 {
        faults.add(block.to.place, "'to: s3' needs 'exports.s3': say which bucket");
    }
    for filter in &block.filter.value.0 {
        if !FILTERS.contains(&filter.name.as_str()) {
            let text = format!("there is no filter '{}'; there are {}", filter.name, FILTERS.join(", "));
            faults.add(filter.place, text);
        }
    }
    let filter = block.filter.value.0.iter();
    Schedule {
        name: entry.name.clone(),
        is_hourly: block.every.value == EveryName::Hour,
        delay_minutes: block.delay_minutes.value.get(),
        is_parquet: block.format.value == FormatName::Parquet,
        to_s3,
        with_bodies: block.with_bodies.value,
        filter: filter.map(|one| (one.name.clone(), one.value.as_str().to_owned())).collect(),
    }
}

#[cfg(test)]
mod tests;

//! Puts another encryption key in place of the one that there is: all that is sealed is sealed again, and the pepper of the old
//! one is kept, so that keys that were handed out go on working. Whoever is stopped in the midst does it again: what was
//! done is found done, and until all is, both keys are there or asked for. It must not run beside a gateway that does not know
//! both, and must not print anything.

mod error;
mod sealers;
mod tables;

pub use error::RotationError;
pub use sealers::Part;
pub(crate) use tables::{Cell, Dialect, Kind, Resealed, SealedRow, SealedTable};

use crate::audit::{AuditDraft, AuditOutcome, Origin};
use crate::data_dir::{self, BODIES_DIR, IN_POSTGRES, database_of};
use crate::error::StoreError;
use crate::keys;
use crate::peppers;
use crate::postgres::PostgresStore;
use crate::seal::Renewed;
use crate::sqlite::SqliteStore;
use crate::traits::Database;
use gw_model::{Micros, RequestId, Secret};
use sealers::Sealers;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Duration;
use tables::TABLES;

/// A gateway that seals with a key that is replaced looks several times a second, and is out of the database by then.
const HEARD_AFTER: Duration = Duration::from_secs(10);

/// How it is to be done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// Only count.
    pub dry_run: bool,
    /// What no key opens stays as it is, and is nothing to stop for.
    pub leave_unreadable: bool,
    /// Gateways may run: each of them knows both keys, and seals with the new one.
    pub online: bool,
    /// When it is.
    pub now: Micros,
}

/// How much there is of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Of what.
    pub part: Part,
    /// Sealed with the newest key.
    pub current: u64,
    /// Sealed with an older one.
    pub older: u64,
    /// Not opened by any.
    pub unreadable: u64,
}

/// Says what becomes of the sealed bodies of a call, where they become something else.
pub(crate) type EachBody<'a> = dyn FnMut(RequestId, &[u8]) -> Result<Option<Vec<u8>>, StoreError> + 'a;

/// A store of which everything sealed can be sealed again.
pub(crate) trait SealedStore: Database {
    /// Rows behind that one, in the order of their keys.
    fn sealed_rows(
        &self,
        table: &SealedTable,
        behind: Option<&SealedRow>,
    ) -> Result<Vec<SealedRow>, StoreError>;

    /// Replaces what is sealed in rows where it is still what was read, in one transaction.
    fn reseal_rows(&self, table: &SealedTable, rows: &[Resealed]) -> Result<(), StoreError>;

    /// Shows bodies of calls that stand outside of the tables, and replaces those that come back as others.
    fn each_body(&self, _each: &mut EachBody<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Rotates the encryption key of a data directory whose database is a file. `given` are the keys of the environment, where
/// those count: the new one, and behind it those before. Else they stand in the directory, and a new one is made there.
///
/// # Errors
/// A gateway has it in use; something that is sealed is opened by no key; something cannot be read or written.
pub fn in_data_dir(
    dir: &Path,
    database: Option<&Path>,
    given: Option<Vec<Secret>>,
    rotation: Rotation,
) -> Result<Vec<Counted>, RotationError> {
    let source = database_of(dir).map_err(|error| match error {
        StoreError::InPostgres { .. } => RotationError::NoAddress { scheme: IN_POSTGRES },
        other => other.into(),
    })?;
    if let Some(given) = database {
        let is_it = |path: &Path| Some(path.canonicalize().ok()? == source.canonicalize().ok()?);
        if is_it(given) != Some(true) {
            return Err(RotationError::OtherDatabase { given: given.to_owned(), known: source });
        }
    }
    // Neither is made here.
    std::fs::metadata(&source).map_err(StoreError::io("read", &source))?;
    let _lock = data_dir::lock(dir)?;
    let is_given = given.is_some();
    let mut known = match given {
        Some(keys) => keys,
        None => keys::present_encryption_keys(dir)?,
    };
    if known.len() < 2 {
        if is_given {
            return Err(RotationError::OneKey);
        }
        known.insert(0, keys::new_encryption_key()?);
    }
    let store = SqliteStore::open(&source)?;
    store.keep_bodies_in(dir.join(BODIES_DIR), None);
    let begin = || if is_given { Ok(()) } else { keys::write_encryption_keys(dir, &known) };
    let counted = run(&store, &known, rotation, begin)?;
    if !rotation.dry_run && !is_given {
        keys::write_encryption_keys(dir, known.get(..1).unwrap_or(&known))?;
    }
    Ok(counted)
}

/// The same of an installation in PostgreSQL. Its keys are always given.
///
/// # Errors
/// As above; a gateway is connected to the database, and not all know both keys.
pub fn in_postgres(
    url: &Secret,
    dir: &Path,
    given: Option<Vec<Secret>>,
    rotation: Rotation,
) -> Result<Vec<Counted>, RotationError> {
    let known = given.ok_or(StoreError::NoEncryptionKey)?;
    if known.len() < 2 {
        return Err(RotationError::OneKey);
    }
    let store = PostgresStore::open_to_rotate(url, &known, dir)?;
    let connected = if rotation.online || rotation.dry_run { 0 } else { store.others_connected()? };
    if connected > 0 {
        return Err(RotationError::Connected { connections: connected });
    }
    let counted = run(&store, &known, rotation, || store.note_rotation(true))?;
    if !rotation.dry_run {
        store.note_rotation(false)?;
    }
    Ok(counted)
}

/// Looks at everything, and then seals it again. From `begin` on both keys are needed. What is counted is what there was.
fn run<S: SealedStore>(
    store: &S,
    known: &[Secret],
    rotation: Rotation,
    begin: impl FnOnce() -> Result<(), StoreError>,
) -> Result<Vec<Counted>, RotationError> {
    let sealers = Sealers::new(known);
    let counted = pass(store, &sealers, false)?;
    if rotation.dry_run {
        return Ok(counted);
    }
    if !rotation.leave_unreadable && counted.iter().any(|part| part.unreadable > 0) {
        return Err(RotationError::Unreadable { counted });
    }
    begin()?;
    if rotation.online {
        std::thread::sleep(HEARD_AFTER);
    }
    for key in known.iter().skip(1) {
        for kept in peppers::sealed(sealers.vault(), key, rotation.now)? {
            match store.create_credential(&kept) {
                // An earlier try did.
                Ok(()) | Err(StoreError::NameTaken { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    pass(store, &sealers, true)?;
    // Whoever still seals with the old key would lose that with it.
    let left: u64 = pass(store, &sealers, false)?.iter().map(|part| part.older).sum();
    if left > 0 {
        return Err(RotationError::Unfinished { left });
    }
    store.audited_all(sealers.audit(), &[entry(&counted, rotation.now)], &mut |_| Ok(true))?;
    // The old key goes next.
    store.sync()?;
    Ok(counted)
}

fn entry(counted: &[Counted], now: Micros) -> AuditDraft {
    let parts = counted.iter().filter(|part| part.older > 0);
    let told: Map<String, Value> =
        parts.map(|part| (part.part.as_str().to_owned(), part.older.into())).collect();
    AuditDraft {
        time: now,
        origin: Origin::system(),
        action: "encryption.rotate",
        kind: "encryption",
        id: String::new(),
        name: String::new(),
        places: Vec::new(),
        outcome: AuditOutcome::Success,
        before: None,
        after: Some(json!({ "sealed_again": told })),
    }
}

/// Goes through everything once.
fn pass<S: SealedStore>(store: &S, sealers: &Sealers, write: bool) -> Result<Vec<Counted>, StoreError> {
    let mut counted: Vec<Counted> = Vec::new();
    for table in TABLES {
        let mut last: Option<SealedRow> = None;
        loop {
            let rows = store.sealed_rows(table, last.as_ref())?;
            let Some(end) = rows.last().cloned() else { break };
            last = Some(end);
            let mut changed = Vec::new();
            for row in rows {
                let renewed = sealers.renew(table.part, &row)?;
                count(&mut counted, table.part, &renewed);
                if let Renewed::Again(sealed) = renewed
                    && write
                {
                    changed.push(Resealed { row, sealed });
                }
            }
            if !changed.is_empty() {
                store.reseal_rows(table, &changed)?;
            }
        }
    }
    store.each_body(&mut |request, sealed| {
        let renewed = sealers.renew_bodies(request, sealed)?;
        count(&mut counted, Part::Bodies, &renewed);
        Ok(match renewed {
            Renewed::Again(sealed) if write => Some(sealed),
            _ => None,
        })
    })?;
    Ok(counted)
}

fn count(counted: &mut Vec<Counted>, part: Part, renewed: &Renewed) {
    let at = counted.iter().position(|known| known.part == part).unwrap_or(counted.len());
    if at == counted.len() {
        counted.push(Counted { part, current: 0, older: 0, unreadable: 0 });
    }
    let Some(row) = counted.get_mut(at) else { return };
    match renewed {
        Renewed::Current => row.current += 1,
        Renewed::Again(_) => row.older += 1,
        Renewed::Unreadable => row.unreadable += 1,
    }
}

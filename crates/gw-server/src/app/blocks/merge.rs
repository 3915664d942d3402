//! The configuration of the file and the blocks of the database together.

use super::{BlockError, Kind, secrets};
use crate::app::state::App;
use gw_config::{Settings, StoredEntry, StoredFault, compile_stored};
use gw_model::Snapshot;
use gw_model::guardrail::GuardrailSpec;
use gw_store::types::StoredBlock;
use serde_json::{Map, Value};
use std::cell::OnceCell;
use std::sync::Arc;

/// What the file says: its configuration, and the settings that it was made from.
#[derive(Clone)]
pub(crate) struct OfFile {
    pub(crate) snapshot: Snapshot,
    pub(crate) declared: Arc<Settings>,
}

/// A block that is to be, or to be no more.
pub(super) struct Candidate<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    /// All of it, secrets too; nothing where it is to go.
    pub(super) document: Option<Map<String, Value>>,
}

/// A block with its secrets.
struct Opened {
    kind: Kind,
    name: String,
    document: Value,
}

impl Opened {
    fn entry(&self) -> StoredEntry<'_> {
        StoredEntry { kind: self.kind.stored(), name: &self.name, document: &self.document }
    }
}

/// The blocks that can be opened and whose names the file leaves free.
fn opened(app: &App, file: &OfFile) -> Result<Vec<Opened>, BlockError> {
    let mut all = Vec::new();
    for block in app.storage.database.blocks()? {
        let Some(kind) = Kind::of(&block) else { continue };
        if kind.is_in(&file.snapshot, &block.name) {
            tracing::warn!(
                kind = block.kind,
                name = block.name,
                "the file has one of this name, which holds"
            );
            continue;
        }
        match secrets::open(app, &block) {
            Some((whole, _)) => {
                all.push(Opened { kind, name: block.name, document: Value::Object(whole) });
            }
            None => {
                tracing::error!(
                    kind = block.kind,
                    name = block.name,
                    "what is sealed cannot be opened: left out"
                );
            }
        }
    }
    Ok(all)
}

fn compile(file: &OfFile, blocks: &[Opened]) -> Result<Snapshot, Vec<StoredFault>> {
    if blocks.is_empty() {
        return Ok(file.snapshot.clone());
    }
    let entries: Vec<StoredEntry<'_>> = blocks.iter().map(Opened::entry).collect();
    compile_stored(&file.snapshot, &file.declared, &entries)
}

/// With the blocks that go with the file and each other; the others are left out and logged.
pub(super) fn with_most(app: &App, file: &OfFile) -> Result<Snapshot, BlockError> {
    let (snapshot, out, _) = most(file, opened(app, file)?);
    for (kind, name, why) in &out {
        tracing::error!(kind = kind.as_str(), name, why, "a block of the configuration is left out");
    }
    with_stand_ins(app, snapshot, None)
}

/// What must not go on as if those blocks were not there that are left out: every call is refused as long as one of the stored guardrails
/// that look at all of them is among them, and the name of an alias stands for nothing else.
fn with_stand_ins(
    app: &App,
    mut snapshot: Snapshot,
    candidate: Option<&Candidate<'_>>,
) -> Result<Snapshot, BlockError> {
    for block in app.storage.database.blocks()? {
        let Some(kind) = Kind::of(&block) else { continue };
        if candidate.is_some_and(|one| one.kind == kind && one.name == block.name)
            || kind.is_in(&snapshot, &block.name)
        {
            continue;
        }
        let name = &block.name;
        match kind {
            Kind::Guardrail if stops_all(&block.document) => {
                tracing::error!(guardrail = name, "a mandatory guardrail cannot be used: calls are refused");
                snapshot.guardrails.push(Arc::new(GuardrailSpec::stand_in(name)));
            }
            Kind::Model => {
                Arc::make_mut(&mut snapshot.absent).insert(name.as_str().into());
            }
            _ => {}
        }
    }
    Ok(snapshot)
}

/// Does that guardrail look at every call, and do more than note what it finds? One that cannot be read may.
fn stops_all(document: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(document) else { return true };
    let is_usual = document["mandatory"] == true || document["default"] == true;
    is_usual && document["shadow"] != true && document["action"] != "flag"
}

/// Who is left out, each with the first thing that is wrong.
type LeftOut = Vec<(Kind, String, String)>;

fn most(file: &OfFile, mut blocks: Vec<Opened>) -> (Snapshot, LeftOut, Vec<Opened>) {
    let mut out = Vec::new();
    loop {
        let faults = match compile(file, &blocks) {
            Ok(snapshot) => return (snapshot, out, blocks),
            Err(faults) => faults,
        };
        let why = |index: usize| {
            let fault = faults.iter().find(|fault| fault.entry == Some(index))?;
            Some(format!("{}: {}", fault.pointer, fault.message))
        };
        // One whose fault has no place may be any of them.
        let is_of_none = faults.iter().all(|fault| fault.entry.is_none());
        let first = faults.first().map(|fault| fault.message.clone()).unwrap_or_default();
        let mut kept = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.into_iter().enumerate() {
            match why(index).or_else(|| is_of_none.then(|| first.clone())) {
                Some(why) => out.push((block.kind, block.name, why)),
                None => kept.push(block),
            }
        }
        blocks = kept;
    }
}

/// Why blocks that are stored are not in force: compiled when it is first asked, and once however many are asked for.
#[derive(Default)]
pub(super) struct Problems(OnceCell<Option<LeftOut>>);

impl Problems {
    pub(super) fn of(&self, app: &App, block: &StoredBlock) -> Option<String> {
        let left_out = self.0.get_or_init(|| {
            let file = app.file.load_full();
            let (_, out, _) = most(&file, opened(app, &file).ok()?);
            Some(out)
        });
        let found = left_out
            .as_ref()?
            .iter()
            .find(|(kind, name, _)| kind.as_str() == block.kind && *name == block.name);
        Some(found.map_or_else(|| "it is about to be in force".to_owned(), |(_, _, why)| why.clone()))
    }
}

/// With all of them. Errors: one does not go with the file.
pub(crate) fn with_all(app: &App, file: &OfFile) -> Result<Snapshot, BlockError> {
    let snapshot = compile(file, &opened(app, file)?).map_err(BlockError::Faults)?;
    with_stand_ins(app, snapshot, None)
}

/// With the candidate in the place of what is stored of it. Errors: its faults, or who needs it as it is.
pub(super) fn with(app: &App, file: &OfFile, candidate: &Candidate<'_>) -> Result<Snapshot, BlockError> {
    let is_it = |one: &Opened| one.kind == candidate.kind && one.name == candidate.name;
    let replaced = |mut blocks: Vec<Opened>| {
        blocks.retain(|one| !is_it(one));
        blocks.extend(candidate.document.clone().map(|document| Opened {
            kind: candidate.kind,
            name: candidate.name.to_owned(),
            document: Value::Object(document),
        }));
        blocks
    };
    // What does not work now does not keep others from changing.
    let (_, left_out, blocks) = most(file, opened(app, file)?);
    let blocks = replaced(blocks);
    let place = candidate.document.is_some().then(|| blocks.len() - 1);
    let mut compiled = compile(file, &blocks).map_err(|faults| {
        let (own, others): (Vec<_>, Vec<_>) =
            faults.into_iter().partition(|fault| fault.entry.is_none() || fault.entry == place);
        if !own.is_empty() {
            return BlockError::Faults(own);
        }
        let name = |fault: &StoredFault| {
            let of = fault.entry.and_then(|index| blocks.get(index))?;
            Some(format!("the {} '{}'", of.kind.as_str(), of.name))
        };
        let mut who: Vec<String> = others.iter().filter_map(name).collect();
        who.dedup();
        BlockError::InUse(who)
    })?;
    if !left_out.is_empty() {
        // It may be what the others were left out for.
        let (mended, still_out, _) = most(file, replaced(opened(app, file)?));
        let is_candidate =
            |(kind, name, _): &(Kind, String, String)| *kind == candidate.kind && *name == candidate.name;
        if still_out.len() < left_out.len() && !still_out.iter().any(is_candidate) {
            compiled = mended;
        }
    }
    with_stand_ins(app, compiled, Some(candidate))
}

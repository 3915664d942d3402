//! What is sealed, by what it is, and how each of it is sealed again. It must not print anything.

use super::tables::{Cell, SealedRow};
use crate::audit::{AuditSeal, Head, Link};
use crate::bodies::BodySealer;
use crate::datasets::ItemSealer;
use crate::error::StoreError;
use crate::objects::Sealer;
use crate::seal::Renewed;
use crate::types::{DatasetId, EvaluationId, ItemId};
use crate::vault::{self, Vault};
use gw_model::{RequestId, Secret};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Credentials of providers, and older peppers.
    Credentials,
    /// Secrets of providers that the API manages.
    Blocks,
    /// Secrets of channels of alerts.
    Channels,
    /// Secrets of users' second factors.
    SecondFactors,
    /// What identity providers said of who signed in.
    Sessions,
    /// Answers that may be given again.
    Answers,
    /// Stored responses and what belongs to them.
    Objects,
    /// Items of datasets.
    Items,
    /// Results of evaluations.
    Results,
    /// Bodies of calls.
    Bodies,
    /// Entries of the audit log.
    Audit,
    /// Where the audit log begins and ends.
    AuditHead,
}

impl Part {
    /// In words, for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Blocks => "managed providers and models",
            Self::Channels => "channels of alerts",
            Self::SecondFactors => "second factors",
            Self::Sessions => "sessions",
            Self::Answers => "answers for idempotency keys",
            Self::Objects => "stored responses",
            Self::Items => "items of datasets",
            Self::Results => "results of evaluations",
            Self::Bodies => "bodies of calls",
            Self::Audit => "entries of the audit log",
            Self::AuditHead => "end of the audit log",
        }
    }
}

/// All that seals.
pub(super) struct Sealers {
    vault: Vault,
    objects: Sealer,
    bodies: BodySealer,
    items: ItemSealer,
    results: ItemSealer,
    audit: AuditSeal,
}

impl Sealers {
    pub(super) fn new(keys: &[Secret]) -> Self {
        Self {
            vault: Vault::new(keys),
            objects: Sealer::new(keys),
            bodies: BodySealer::new(keys),
            items: ItemSealer::new(keys),
            results: ItemSealer::of_results(keys),
            audit: AuditSeal::new(keys),
        }
    }

    pub(super) const fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(super) const fn audit(&self) -> &AuditSeal {
        &self.audit
    }

    pub(super) fn renew_bodies(&self, request: RequestId, sealed: &[u8]) -> Result<Renewed, StoreError> {
        self.bodies.renew(request, sealed)
    }

    /// A row of that part, sealed again. What is not as it was ever written is unreadable. Errors: there is no randomness.
    pub(super) fn renew(&self, part: Part, row: &SealedRow) -> Result<Renewed, StoreError> {
        self.try_renew(part, row).unwrap_or(Ok(Renewed::Unreadable))
    }

    fn try_renew(&self, part: Part, row: &SealedRow) -> Option<Result<Renewed, StoreError>> {
        let SealedRow { cells, sealed } = row;
        let text = |at: usize| match cells.get(at)? {
            Cell::Text(text) => Some(text.as_str()),
            _ => None,
        };
        let by_name = |name: String| Some(self.vault.renew(&name, sealed));
        match part {
            Part::Credentials => by_name(text(0)?.to_owned()),
            Part::Blocks => by_name(vault::name_of_block(text(0)?, text(1)?)),
            Part::Channels => by_name(vault::name_of_channel(text(0)?)),
            Part::SecondFactors => by_name(vault::name_of_second_factor(text(0)?)),
            Part::Sessions => by_name(vault::name_of_session(text(0)?)),
            Part::Answers => by_name(vault::name_of_answer(text(0)?)),
            Part::Items => {
                let (dataset, item): (DatasetId, ItemId) = (text(0)?.parse().ok()?, text(1)?.parse().ok()?);
                Some(self.items.renew(dataset, item, sealed))
            }
            Part::Results => {
                let (evaluation, item): (EvaluationId, ItemId) =
                    (text(0)?.parse().ok()?, text(1)?.parse().ok()?);
                // They are sealed as if their evaluation were a dataset.
                Some(self.results.renew(DatasetId(evaluation.0), item, sealed))
            }
            Part::Objects => {
                let kind = u8::try_from(number(cells, 0)?).ok()?;
                Some(self.objects.renew(kind, bytes(cells, 2)?, text(1)?, sealed))
            }
            Part::Bodies => {
                let request = RequestId(u128::from_be_bytes(bytes(cells, 0)?.try_into().ok()?));
                Some(self.bodies.renew(request, sealed))
            }
            Part::Audit => {
                let seal = sealed.as_slice().try_into().ok()?;
                Some(Ok(self.audit.renew(&Link { hash: hash(cells, 1)?, seal })))
            }
            Part::AuditHead => {
                let (first, last) = (number(cells, 1)?, number(cells, 3)?);
                let head = Head { first, base: hash(cells, 2)?, last, hash: hash(cells, 4)? };
                Some(Ok(self.audit.renew_head(&head, sealed)))
            }
        }
    }
}

fn number(cells: &[Cell], at: usize) -> Option<i64> {
    match cells.get(at)? {
        Cell::Number(number) => Some(*number),
        _ => None,
    }
}

fn bytes(cells: &[Cell], at: usize) -> Option<&[u8]> {
    match cells.get(at)? {
        Cell::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn hash(cells: &[Cell], at: usize) -> Option<[u8; 32]> {
    bytes(cells, at)?.try_into().ok()
}

//! What a store offers, in small traits, so that one may be kept in another database than SQLite. All of it
//! blocks: call it from a thread that may wait, never from a worker of the request path.

mod alerts;
mod people;
mod records;

use crate::audit::{AuditDraft, AuditFilter, AuditPage, AuditRow, AuditSeal, Repeatable};
use crate::error::StoreError;
use crate::journal::{IntentFrame, OwnedFrame, RecordFrame, SegmentId};
use crate::memory::{Counter, SpentByPeriod};
use crate::objects::{Object, ObjectKind, ObjectList, ObjectWrite};
use crate::types::{
    AccountFilter, AccountLabel, AccountProfile, Change, Doomed, Folded, GivenAnswer, KeyLabel, KeyUpdate,
    MadeAccount, NewKey, NewSecret, PendingIntent, RouteDraft, Spending, SpendingOf, SpentElsewhere,
    StoredAccount, StoredBlock, StoredCredential, StoredKey, StoredRoute, TenantBatch, Watermark,
};
pub use alerts::{AlertLog, AlertObjectStore};
use gw_model::{AccountId, KeyId, Micros};
pub(crate) use people::NO_ISSUER;
pub use people::{GroupStore, SignInStore, TokenStore};
pub use records::{
    Analytics, DatasetStore, EvaluationStore, ExportStore, Keep, RecordStore, RecostStore, Reports,
    SegmentStore, ViewStore,
};
use std::sync::Arc;
use std::time::Duration;

/// Virtual keys and what changed about them.
pub trait Directory: Send + Sync {
    /// Adds a key. Errors: [`StoreError::NameTaken`].
    fn create_key(&self, key: &NewKey, now: Micros) -> Result<StoredKey, StoreError>;
    /// Changes a key that is not revoked; `None` when there is none of that id. Errors:
    /// [`StoreError::NameTaken`].
    fn update_key(&self, id: KeyId, update: &KeyUpdate, now: Micros)
    -> Result<Option<StoredKey>, StoreError>;
    /// Revokes a key for good; false when there is none of that id, or it is revoked already.
    fn revoke_key(&self, id: KeyId, now: Micros) -> Result<bool, StoreError>;
    /// Gives a key that is not revoked another secret; `None` when there is none of that id. The present one stays good
    /// for a while, and one before it ends. Errors: [`StoreError::Changed`] when the revision is not the expected one.
    fn rotate_key(
        &self,
        id: KeyId,
        secret: &NewSecret,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredKey>, StoreError>;
    /// The key of that id, revoked or not.
    fn key(&self, id: KeyId) -> Result<Option<StoredKey>, StoreError>;
    /// The keys of these ids, revoked or not, in any order.
    fn keys_of(&self, ids: &[KeyId]) -> Result<Vec<StoredKey>, StoreError> {
        ids.iter().filter_map(|id| self.key(*id).transpose()).collect()
    }
    /// Keys that are not revoked, in the order of ids, from behind `after`, at most `limit`.
    fn keys(&self, after: Option<KeyId>, limit: usize) -> Result<Vec<StoredKey>, StoreError>;
    /// Notes the names of keys that are managed elsewhere (the configuration file), for reports.
    fn label_keys(&self, labels: &[KeyLabel]) -> Result<(), StoreError>;
    /// Notes the names of accounts above and beside keys, for reports.
    fn label_accounts(&self, labels: &[AccountLabel]) -> Result<(), StoreError>;
    /// Changes after a revision, in order, at most `limit`.
    fn changes_after(&self, revision: i64, limit: usize) -> Result<Vec<Change>, StoreError>;
    /// The latest revision; 0 when nothing ever changed.
    fn revision(&self) -> Result<i64, StoreError>;
}

/// What stands above and beside keys, and plans. Each change is listed among [`Directory::changes_after`].
pub trait AccountStore: Send + Sync {
    /// A page of accounts.
    fn accounts(&self, filter: &AccountFilter) -> Result<Vec<StoredAccount>, StoreError>;
    /// The account of that id.
    fn account(&self, id: AccountId) -> Result<Option<StoredAccount>, StoreError>;
    /// The accounts of these ids, in any order.
    fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<StoredAccount>, StoreError> {
        ids.iter().filter_map(|id| self.account(*id).transpose()).collect()
    }
    /// Adds an account. Whether the parent and the plan exist is the caller's to see. Errors:
    /// [`StoreError::NameTaken`].
    fn create_account(
        &self,
        id: AccountId,
        parent: Option<AccountId>,
        profile: &AccountProfile,
        now: Micros,
    ) -> Result<StoredAccount, StoreError>;
    /// Adds, in their order, those of which neither the id nor the name is there, as long as what they belong to is.
    fn create_missing(&self, accounts: &[MadeAccount], now: Micros) -> Result<(), StoreError>;
    /// Changes an account; `None` when there is none of that id. Errors: [`StoreError::NameTaken`], and
    /// [`StoreError::Changed`] when the revision is not the expected one.
    fn update_account(
        &self,
        id: AccountId,
        profile: &AccountProfile,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredAccount>, StoreError>;
    /// Removes accounts with their memberships, and revokes keys, all or nothing. The first of the accounts must be at
    /// the expected revision; errors as above.
    fn delete_accounts(
        &self,
        doomed: &Doomed,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<(), StoreError>;
}

/// Many accounts and keys at once, as documents want them.
pub trait BulkStore: Send + Sync {
    /// Makes all of the changes in one transaction, or none, and notes what the document manages. Whether parents, plans
    /// and teams exist is the caller's to see. Errors: [`StoreError::OneOfMany`] says which change could not be made, and
    /// why: [`StoreError::NameTaken`], [`StoreError::Changed`] when its revision is not the expected one, or
    /// [`StoreError::Gone`].
    fn write_tenants(&self, batch: &TenantBatch<'_>, now: Micros) -> Result<(), StoreError>;
    /// Ids of what a document manages, those that are gone meanwhile included, in their order.
    fn managed_by(&self, document: &str) -> Result<Vec<String>, StoreError>;
    /// Which of these ids a document manages, each with that document.
    fn managers(&self, ids: &[String]) -> Result<Vec<(String, String)>, StoreError>;
}

/// Answers to writes that are given again when the same write comes again.
pub trait AnswerStore: Send + Sync {
    /// The answer that was given under that name, at or after a time.
    fn given_answer(&self, name: &str, since: Micros) -> Result<Option<GivenAnswer>, StoreError>;
    /// Notes, within the change that it is about, that an answer is to come. False where another write of that name was
    /// made and is not forgotten; the same one may be noted again.
    fn claim_answer(&self, claim: &Repeatable, now: Micros) -> Result<bool, StoreError>;
    /// Keeps an answer, in place of a claim or of one that is older than `since`; forgets those, and the oldest beyond `most`.
    fn keep_answer(
        &self,
        name: &str,
        answer: &GivenAnswer,
        since: Micros,
        most: usize,
    ) -> Result<(), StoreError>;
}

/// Providers and models that the API manages, as blocks of the configuration.
pub trait BlockStore: Send + Sync {
    /// All of them, by kind and name.
    fn blocks(&self) -> Result<Vec<StoredBlock>, StoreError>;
    /// Adds one. Errors: [`StoreError::NameTaken`].
    fn create_block(&self, new: &StoredBlock) -> Result<(), StoreError>;
    /// Replaces all but kind, name and time of making; its revision must be the one behind the present one. False when there
    /// is none of that kind, name and revision before.
    fn update_block(&self, changed: &StoredBlock) -> Result<bool, StoreError>;
    /// Removes one, of that revision where one is named; false when there is none.
    fn delete_block(&self, kind: &str, name: &str, revision: Option<i64>) -> Result<bool, StoreError>;
}

/// Credentials of providers, sealed by [`crate::Vault`] before they come here.
pub trait CredentialStore: Send + Sync {
    /// All of them, by name.
    fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError>;
    /// Adds one. Errors: [`StoreError::NameTaken`].
    fn create_credential(&self, new: &StoredCredential) -> Result<(), StoreError>;
    /// Replaces all but name and time of making in the row that was last changed at `changed.updated_at`; false when there is none
    /// like that.
    fn update_credential(&self, changed: &StoredCredential, now: Micros) -> Result<bool, StoreError>;
    /// Removes the one of that name that was last changed at `seen`; false when there is none like that.
    fn delete_credential(&self, name: &str, seen: Micros) -> Result<bool, StoreError>;
}

/// Dynamic routes and their versions.
pub trait RouteStore: Send + Sync {
    /// All of them, by name.
    fn routes(&self) -> Result<Vec<StoredRoute>, StoreError>;
    /// The route of that id.
    fn route(&self, id: &str) -> Result<Option<StoredRoute>, StoreError>;
    /// Adds one, with a draft. Errors: [`StoreError::NameTaken`].
    fn create_route(
        &self,
        id: &str,
        name: &str,
        draft: &RouteDraft,
        now: Micros,
    ) -> Result<StoredRoute, StoreError>;
    /// Writes the draft, in place of an earlier one; `None` when there is no such route. Errors:
    /// [`StoreError::Changed`] when the revision is not the expected one, as below.
    fn save_draft(
        &self,
        id: &str,
        draft: &RouteDraft,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredRoute>, StoreError>;
    /// Makes a version the published one; the one before is archived. `None` when there is no such route or version.
    fn publish_route(
        &self,
        id: &str,
        number: i64,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredRoute>, StoreError>;
    /// Removes a route with its versions; false when there is none.
    fn delete_route(&self, id: &str, if_revision: Option<i64>) -> Result<bool, StoreError>;
}

/// Where the journal is folded into: ledger, budgets, usage and records, moved together.
pub trait Ledger: Send + Sync {
    /// Runs `work` in one transaction: all that it puts into the batch is stored, or nothing. Gives what was added.
    fn fold(
        &self,
        work: &mut dyn FnMut(&mut dyn Batch) -> Result<(), StoreError>,
    ) -> Result<Folded, StoreError>;
    /// A store may write sums (usage, spending) later than the records that they sum up, as long as nobody can
    /// tell from its answers and no crash loses them. Writes those that are due, or all. Called when there
    /// is nothing to fold, and at the end.
    fn sum_up(&self, all: bool) -> Result<(), StoreError> {
        let _ = all;
        Ok(())
    }
    /// Returns when all that was folded would survive a power cut.
    fn sync(&self) -> Result<(), StoreError>;
    /// How far each chain of this node's segments is folded.
    fn watermarks(&self, node: u64) -> Result<Vec<Watermark>, StoreError>;
    /// Intents kept by [`Batch::keep_pending`].
    fn pending(&self, node: u64) -> Result<Vec<PendingIntent>, StoreError>;
    /// What each key spent in the windows that hold `now`.
    fn spent(&self, now: Micros) -> Result<Vec<(KeyId, SpentByPeriod)>, StoreError>;
    /// What was spent in the windows that hold `now` behind the budgets of dynamic routes, of at most so many subjects,
    /// the latest first. Who spent nothing this month is left out, unless its budget `counts_ever`. Days that count no
    /// more are forgotten.
    fn tolls(
        &self,
        now: Micros,
        most: usize,
        counts_ever: &dyn Fn(u64) -> bool,
    ) -> Result<Vec<(Counter, SpentByPeriod)>, StoreError>;
    /// What one key spent in the windows that hold `now`.
    fn spent_of(&self, key: KeyId, now: Micros) -> Result<SpentByPeriod, StoreError>;
    /// What each account above and beside keys spent in the windows that hold `now`; one of them if `of` says which.
    fn accounts_spent(
        &self,
        of: Option<AccountId>,
        now: Micros,
    ) -> Result<Vec<(AccountId, SpentByPeriod)>, StoreError>;
    /// What was spent in stretches of time, of accounts of any level; one answer for each, in their order.
    fn spending(&self, of: &[SpendingOf]) -> Result<Vec<Spending>, StoreError>;
    /// Do several nodes spend here? Where not, all that was spent was spent by this one.
    fn is_shared(&self) -> bool {
        false
    }
    /// Where several do: what accounts of any level spent by calls of this node in the windows that hold `now`; one of
    /// them if `of` says which.
    fn spent_here(
        &self,
        _of: Option<AccountId>,
        _now: Micros,
    ) -> Result<Vec<(AccountId, SpentByPeriod)>, StoreError> {
        Ok(Vec::new())
    }
    /// Where several do: as [`Self::spending`], by calls of this node.
    fn spending_here(&self, of: &[SpendingOf]) -> Result<Vec<Spending>, StoreError> {
        self.spending(of)
    }
    /// Where several do: what other nodes' calls spent, by hour from a time on; of all accounts, or of those.
    fn spent_elsewhere(
        &self,
        _from: Micros,
        _of: Option<&[AccountId]>,
    ) -> Result<Vec<SpentElsewhere>, StoreError> {
        Ok(Vec::new())
    }
}

/// One transaction of the fold.
pub trait Batch {
    /// Adds a record with a ledger entry for each attempt, and counts both; once, however often it comes.
    /// If the request was written off as lost, corrects that.
    fn record(&mut self, record: &RecordFrame<'_>) -> Result<(), StoreError>;
    /// Writes down whose an object is; the last word on an id counts.
    fn own(&mut self, owned: &OwnedFrame<'_>) -> Result<(), StoreError>;
    /// Writes a request off as lost: its intents, in the order of attempts and one for each, have no record.
    /// The last one is charged at its hold. Nothing happens when there is a record after all.
    fn lost(&mut self, intents: &[PendingIntent]) -> Result<(), StoreError>;
    /// Keeps an open intent beyond the life of its segment. Of an attempt that comes again with another hold,
    /// the largest is kept.
    fn keep_pending(&mut self, node: u64, intent: &IntentFrame<'_>) -> Result<(), StoreError>;
    /// Forgets the kept intents of a request.
    fn drop_pending(&mut self, node: u64, request: u128) -> Result<(), StoreError>;
    /// Moves a chain's watermark.
    fn advance(&mut self, node: u64, segment: SegmentId, offset: u64) -> Result<(), StoreError>;
    /// Forgets a chain whose segments are all folded and removed.
    fn forget_chain(&mut self, node: u64, segment: SegmentId) -> Result<(), StoreError>;
}

/// Objects that outlive their requests: whose they are, and the sealed contents of those that the gateway keeps.
pub trait ObjectStore: Send + Sync {
    /// Writes all of it, or nothing.
    fn write_objects(&self, writes: &[ObjectWrite<'_>]) -> Result<(), StoreError>;
    /// The object of that id.
    fn object(&self, kind: ObjectKind, id: &str) -> Result<Option<Object>, StoreError>;
    /// Every object of one of these ids, of whatever kind.
    fn objects_named(&self, ids: &[String]) -> Result<Vec<Object>, StoreError>;
    /// The sealed content of the object of that id.
    fn object_state(&self, kind: ObjectKind, id: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// A page of objects.
    fn objects(&self, list: &ObjectList) -> Result<Vec<Object>, StoreError>;
    /// Removes objects whose time is over, at most `limit`; how many it were.
    fn remove_expired(&self, now: Micros, limit: usize) -> Result<usize, StoreError>;
}

/// What the control plane changes, and what is written down of it.
pub trait ControlStore:
    Directory
    + AccountStore
    + AlertObjectStore
    + AnswerStore
    + BlockStore
    + BulkStore
    + CredentialStore
    + DatasetStore
    + EvaluationStore
    + ExportStore
    + GroupStore
    + RecostStore
    + RouteStore
    + SignInStore
    + TokenStore
    + ViewStore
{
}

impl<
    T: Directory
        + AccountStore
        + AlertObjectStore
        + AnswerStore
        + BlockStore
        + BulkStore
        + CredentialStore
        + DatasetStore
        + EvaluationStore
        + ExportStore
        + GroupStore
        + RecostStore
        + RouteStore
        + SignInStore
        + TokenStore
        + ViewStore,
> ControlStore for T
{
}

/// The audit log; see [`crate::audit`].
pub trait AuditLog: Send + Sync {
    /// Runs a change, made through what it is given and on this thread, in one transaction with its entry: both are stored,
    /// or neither. Nothing is when the change says false, which is handed on. Where the chain has no whole end to go on from,
    /// another one is begun with an entry that says so. Errors: [`StoreError::NotAudited`] where the entry cannot be
    /// written, and those of the change.
    fn audited(
        &self,
        seal: &AuditSeal,
        draft: &AuditDraft,
        change: &mut dyn FnMut(&dyn ControlStore) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        self.audited_all(seal, std::slice::from_ref(draft), change)
    }
    /// The same with an entry for each of many things that change together, in their order.
    fn audited_all(
        &self,
        seal: &AuditSeal,
        drafts: &[AuditDraft],
        change: &mut dyn FnMut(&dyn ControlStore) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError>;
    /// Entries, newest first.
    fn audit_page(&self, filter: &AuditFilter) -> Result<AuditPage, StoreError>;
    /// Hands out the head, then every entry by its number, all as of one moment, until `each` says false.
    fn walk_audit(&self, each: &mut dyn FnMut(AuditRow) -> bool) -> Result<(), StoreError>;
    /// Drops entries of before a time, from the first on, at most `most` of them, and writes down in an entry that it did.
    /// How many it were; where there are none, nothing is written. A chain whose head is not whole is left as it is.
    fn prune_audit(
        &self,
        seal: &AuditSeal,
        before: Micros,
        now: Micros,
        most: usize,
    ) -> Result<usize, StoreError>;
}

/// All that a gateway needs of its database.
pub trait Database:
    Directory
    + AccountStore
    + AlertObjectStore
    + AlertLog
    + Analytics
    + BlockStore
    + BulkStore
    + AnswerStore
    + AuditLog
    + CredentialStore
    + DatasetStore
    + EvaluationStore
    + ExportStore
    + GroupStore
    + RecostStore
    + RouteStore
    + SegmentStore
    + SignInStore
    + TokenStore
    + ViewStore
    + Ledger
    + ObjectStore
    + RecordStore
    + Reports
{
    /// Could it be used the last time that somebody tried?
    fn is_up(&self) -> bool {
        true
    }
    /// How many reads were answered by what stood here before, since the server was away. What was read meanwhile may be
    /// older than the changes that are known.
    fn stood_in(&self) -> u64 {
        0
    }
    /// Where other nodes write too: what waits for their changes. `None` where there are no others.
    fn watch(self: Arc<Self>) -> Option<Box<dyn Watch>> {
        None
    }
}

/// Waits for what other nodes change. For one thread.
pub trait Watch: Send {
    /// Returns when something may have changed, at the latest after `limit`.
    fn wait(&mut self, limit: Duration);
    /// Does what there is to do beside: writes what had to wait, and renews what stands in for the database while it is
    /// away, when that is due or `all` is wanted.
    fn tend(&mut self, now: Micros, all: bool) -> Result<(), StoreError>;
}

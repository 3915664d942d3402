//! What a store offers, in small traits, so that one may be kept in another database than SQLite. All of it
//! blocks: call it from a thread that may wait, never from a worker of the request path.

use crate::analytics::{RollupFirsts, RollupLimits, RollupQuery, RollupRow, Span};
use crate::audit::{AuditDraft, AuditFilter, AuditPage, AuditRow, AuditSeal, Repeatable};
use crate::error::StoreError;
use crate::journal::{IntentFrame, OwnedFrame, RecordFrame, SegmentId};
use crate::memory::{Counter, SpentByPeriod};
use crate::objects::{Object, ObjectKind, ObjectList, ObjectWrite};
use crate::types::{
    AccountFilter, AccountLabel, AccountProfile, Change, DatasetId, Doomed, Feedback, Folded, GivenAnswer,
    GroupId, ItemChanges, ItemId, KeyLabel, KeyUpdate, LogFilter, LogPage, LogRow, MadeAccount, NewKey,
    NewSecret, PendingIntent, RouteDraft, SealedBodies, SessionHolder, SessionId, Spending, SpendingOf,
    SpentElsewhere, StoredAccount, StoredCredential, StoredDataset, StoredGroup, StoredItem, StoredKey,
    StoredLogin, StoredRoute, StoredSession, StoredToken, StoredView, TenantBatch, TokenId, UpstreamUsage,
    UsageFilter, UsageRow, ViewId, Watermark,
};
use gw_model::{AccountId, KeyId, Micros, RequestId};
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

/// Credentials of providers, sealed by [`crate::Vault`] before they come here.
pub trait CredentialStore: Send + Sync {
    /// All of them, by name.
    fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError>;
    /// Adds one. Errors: [`StoreError::NameTaken`].
    fn create_credential(&self, new: &StoredCredential) -> Result<(), StoreError>;
    /// Replaces all but name and time of making; false when there is none of that name.
    fn update_credential(&self, changed: &StoredCredential, now: Micros) -> Result<bool, StoreError>;
    /// Removes one; false when there is none of that name.
    fn delete_credential(&self, name: &str) -> Result<bool, StoreError>;
}

/// Admin tokens. They are read whenever one is shown, so that a change is in force at once at every node.
pub trait TokenStore: Send + Sync {
    /// All of them, in the order of ids.
    fn admin_tokens(&self) -> Result<Vec<StoredToken>, StoreError>;
    /// The token of that id.
    fn admin_token(&self, id: TokenId) -> Result<Option<StoredToken>, StoreError>;
    /// The token of that digest, or of which it was the digest before.
    fn admin_token_of(&self, digest: &[u8; 32]) -> Result<Option<StoredToken>, StoreError>;
    /// Adds one.
    fn create_admin_token(&self, new: &StoredToken) -> Result<(), StoreError>;
    /// Replaces all but holder, maker and time of making; its revision must be the one behind the present one. False when
    /// there is none of that id and of the revision before.
    fn update_admin_token(&self, changed: &StoredToken) -> Result<bool, StoreError>;
    /// Removes one; false when there is none of that id.
    fn delete_admin_token(&self, id: TokenId) -> Result<bool, StoreError>;
}

/// In place of an issuer, beside the ids of users who were removed.
pub(crate) const NO_ISSUER: &str = "";

/// How people sign in, and who is signed in. Sessions are read whenever one is shown, so that one that is ended is so at once at
/// every node. Those of a user go with him, and when he is disabled; so does what he signs in with when he goes. What issuers call
/// him stays.
pub trait SignInStore: Send + Sync {
    /// How a user signs in; `None` where nothing was ever said about that.
    fn login(&self, user: AccountId) -> Result<Option<StoredLogin>, StoreError>;
    /// The login whose link has that digest.
    fn login_of_link(&self, digest: &[u8; 32]) -> Result<Option<StoredLogin>, StoreError>;
    /// Writes it; its revision must be the one behind the present one, 1 where there is none. False when it is not.
    fn save_login(&self, login: &StoredLogin) -> Result<bool, StoreError>;
    /// Whom an issuer calls so, or whom it called so who was removed since.
    fn identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountId>, StoreError>;
    /// Was there a user of that id, who was removed?
    fn was_removed(&self, user: AccountId) -> Result<bool, StoreError> {
        Ok(self.identity(NO_ISSUER, &user.to_string())?.is_some())
    }
    /// Notes whom an issuer calls so; false when it calls somebody so who is there.
    fn create_identity(
        &self,
        issuer: &str,
        subject: &str,
        user: AccountId,
        now: Micros,
    ) -> Result<bool, StoreError>;
    /// The session of that digest.
    fn session_of(&self, digest: &[u8; 32]) -> Result<Option<StoredSession>, StoreError>;
    /// Sessions of a holder, the latest first.
    fn sessions_of(&self, holder: SessionHolder) -> Result<Vec<StoredSession>, StoreError>;
    /// Adds one. Errors: [`StoreError::Gone`] when its holder is a user who is disabled or removed by now, at whatever node.
    fn create_session(&self, new: &StoredSession) -> Result<(), StoreError>;
    /// Notes that it is used.
    fn touch_session(&self, id: SessionId, now: Micros) -> Result<(), StoreError>;
    /// Removes one; false when there is none of that id.
    fn delete_session(&self, id: SessionId) -> Result<bool, StoreError>;
    /// Removes all of a holder but that one; how many it were.
    fn delete_sessions_of(&self, holder: SessionHolder, but: Option<SessionId>) -> Result<usize, StoreError>;
    /// Removes those that ended before `now`, or were not used since `idle_since`; how many it were.
    fn delete_sessions_over(&self, now: Micros, idle_since: Micros) -> Result<usize, StoreError>;
}

/// Saved views of the explorer.
pub trait ViewStore: Send + Sync {
    /// All of them, in the order of ids.
    fn views(&self) -> Result<Vec<StoredView>, StoreError>;
    /// The view of that id.
    fn view(&self, id: ViewId) -> Result<Option<StoredView>, StoreError>;
    /// Adds one.
    fn create_view(&self, new: &StoredView) -> Result<(), StoreError>;
    /// Replaces all but owner and time of making; its revision must be the one behind the present one. False when there is
    /// none of that id and of the revision before.
    fn update_view(&self, changed: &StoredView) -> Result<bool, StoreError>;
    /// Removes one; false when there is none of that id.
    fn delete_view(&self, id: ViewId) -> Result<bool, StoreError>;
}

/// Datasets and what is in them, sealed by [`crate::datasets::ItemSealer`] before it comes here.
pub trait DatasetStore: Send + Sync {
    /// All of them with how many items each has, in the order of ids.
    fn datasets(&self) -> Result<Vec<(StoredDataset, usize)>, StoreError>;
    /// The dataset of that id.
    fn dataset(&self, id: DatasetId) -> Result<Option<(StoredDataset, usize)>, StoreError>;
    /// Adds one.
    fn create_dataset(&self, new: &StoredDataset) -> Result<(), StoreError>;
    /// Replaces all but owner and time of making; its revision must be the one behind the present one. False when there is
    /// none of that id and of the revision before.
    fn update_dataset(&self, changed: &StoredDataset) -> Result<bool, StoreError>;
    /// Removes one with all that is in it; false when there is none of that id.
    fn delete_dataset(&self, id: DatasetId) -> Result<bool, StoreError>;
    /// Items in the order of ids, from behind `after`, at most `limit`.
    fn items(
        &self,
        dataset: DatasetId,
        after: Option<ItemId>,
        limit: usize,
    ) -> Result<Vec<StoredItem>, StoreError>;
    /// The requests that items were made of, in the order of ids.
    fn item_sources(&self, dataset: DatasetId) -> Result<Vec<RequestId>, StoreError>;
    /// Changes items, all or nothing. False when there is no such dataset, or it would have too many.
    fn change_items(&self, dataset: DatasetId, changes: &ItemChanges) -> Result<bool, StoreError>;
}

/// Groups that directories tell of over SCIM.
pub trait GroupStore: Send + Sync {
    /// All of an organization, or of all of them, in the order of ids.
    fn groups(&self, organization: Option<AccountId>) -> Result<Vec<StoredGroup>, StoreError>;
    /// The group of that id.
    fn group(&self, id: GroupId) -> Result<Option<StoredGroup>, StoreError>;
    /// Adds one. Errors: [`StoreError::NameTaken`].
    fn create_group(&self, new: &StoredGroup) -> Result<(), StoreError>;
    /// Replaces all but organization and time of making; its revision must be the one behind the present one. False when
    /// there is none of that id and of the revision before. Errors: [`StoreError::NameTaken`].
    fn update_group(&self, changed: &StoredGroup) -> Result<bool, StoreError>;
    /// Removes one; false when there is none of that id.
    fn delete_group(&self, id: GroupId) -> Result<bool, StoreError>;
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
    + AnswerStore
    + BulkStore
    + CredentialStore
    + DatasetStore
    + GroupStore
    + RouteStore
    + SignInStore
    + TokenStore
    + ViewStore
{
}
impl<
    T: Directory
        + AccountStore
        + AnswerStore
        + BulkStore
        + CredentialStore
        + DatasetStore
        + GroupStore
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

/// What is done about records besides writing and reading them.
pub trait RecordStore: Send + Sync {
    /// Prepares records that are old enough for quick searches, at most so many stretches of them; how many it were. For a
    /// database that has no need of that, there are none.
    fn describe_records(&self, _now: Micros, _most: usize) -> Result<usize, StoreError> {
        Ok(0)
    }
    /// Keeps bodies of calls; those of a call that has some already take their place.
    fn write_bodies(&self, bodies: &[SealedBodies]) -> Result<(), StoreError>;
    /// Removes bodies whose time is over, at most so many; how many it were.
    fn remove_expired_bodies(&self, now: Micros, most: usize) -> Result<usize, StoreError>;
    /// Removes records of before a time with all that belongs to them, at most so many; how many it were. What they were
    /// summed up to stays.
    fn remove_records(&self, before: Micros, most: usize) -> Result<usize, StoreError>;
    /// Keeps what somebody says about a call, unless so much was said about it already; false then.
    fn add_feedback(&self, feedback: &Feedback, most: usize) -> Result<bool, StoreError>;
    /// What was said about a call, the first first.
    fn feedback(&self, request: RequestId) -> Result<Vec<Feedback>, StoreError>;
}

/// Says of a record that was found whether it is wanted.
pub type Keep<'a> = dyn FnMut(&LogRow) -> bool + 'a;

/// Reports for people and for the admin API.
pub trait Reports: Send + Sync {
    /// Records that a filter lets through, and then `keep`, newest first. When `limit` is over, which is looked at between
    /// stretches of records, the page says how far the search came.
    fn search(
        &self,
        filter: &LogFilter,
        limit: Option<Duration>,
        keep: &mut Keep<'_>,
    ) -> Result<LogPage, StoreError>;
    /// All records that a filter lets through, newest first, however long it takes.
    fn logs(&self, filter: &LogFilter) -> Result<LogPage, StoreError> {
        self.search(filter, None, &mut |_| true)
    }
    /// Those of these records that a filter lets through, in any order.
    fn records_of(&self, ids: &[RequestId], filter: &LogFilter) -> Result<Vec<LogRow>, StoreError>;
    /// Where several nodes write: ids of records from one on, the newest `most` of them. Where not, this node knows itself
    /// which it stores, and there are none.
    fn ids_since(&self, _from: RequestId, _most: usize) -> Result<Vec<RequestId>, StoreError> {
        Ok(Vec::new())
    }
    /// What was used at a provider from one time to another, by day and by the name of the model there, in this order. Of a
    /// call with several attempts, each counts for where it went.
    fn upstream_usage(
        &self,
        provider: &str,
        between: (Micros, Micros),
    ) -> Result<Vec<UpstreamUsage>, StoreError>;
    /// Sums by one dimension.
    fn usage(&self, filter: &UsageFilter) -> Result<Vec<UsageRow>, StoreError>;
}

/// Sums of calls by time; see [`crate::analytics`].
pub trait Analytics: Send + Sync {
    /// Sums by time and one dimension, in that order.
    fn rollups(&self, query: &RollupQuery) -> Result<Vec<RollupRow>, StoreError>;
    /// What was used for the first time in the minute of `since` or later, as far back as roll-ups go.
    fn first_uses(&self, since: Micros) -> Result<RollupFirsts, StoreError>;
    /// Removes some of the sums of before a time; how many it were, 0 when there are none left.
    fn remove_rollups(&self, span: Span, before: Micros) -> Result<usize, StoreError>;
    /// Sets how much is told apart of callers from now on.
    fn limit_rollups(&self, limits: RollupLimits);
}

/// All that a gateway needs of its database.
pub trait Database:
    Directory
    + AccountStore
    + Analytics
    + BulkStore
    + AnswerStore
    + AuditLog
    + CredentialStore
    + DatasetStore
    + GroupStore
    + RouteStore
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

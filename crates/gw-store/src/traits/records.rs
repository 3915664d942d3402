//! Records of calls: kept, searched, summed, exported.

use crate::analytics::{RollupFirsts, RollupLimits, RollupQuery, RollupRow, Span};
use crate::error::StoreError;
use crate::types::{
    DatasetId, EvaluationId, FarSegment, Feedback, FormerCost, ItemChanges, ItemId, KeptPart, LocalSegment,
    LogFilter, LogPage, LogRow, NamesSwept, PageSize, PricePage, Rating, Recost, ResultFigures, Rewrite,
    SealedBodies, StoredDataset, StoredEvaluation, StoredExport, StoredItem, StoredRecosting, StoredResult,
    StoredView, Swept, UpstreamUsage, UsageFilter, UsageRow, ViewId, Whose, Written,
};
use gw_model::{KeyId, Micros, RequestId};
use std::time::Duration;

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
    /// A page of items in the order of ids, from behind `after`.
    fn items(
        &self,
        dataset: DatasetId,
        after: Option<ItemId>,
        page: PageSize,
    ) -> Result<Vec<StoredItem>, StoreError>;
    /// The requests that items were made of, in the order of ids.
    fn item_sources(&self, dataset: DatasetId) -> Result<Vec<RequestId>, StoreError>;
    /// Changes items, all or nothing. False when there is no such dataset, or it would have too many or too large ones.
    fn change_items(&self, dataset: DatasetId, changes: &ItemChanges) -> Result<bool, StoreError>;
}

/// Evaluations: what is to be done, how far it is, and how each item fared, sealed by [`crate::datasets::ItemSealer`].
pub trait EvaluationStore: Send + Sync {
    /// A page of those of before an id, the latest first.
    fn evaluations(
        &self,
        before: Option<EvaluationId>,
        page: PageSize,
    ) -> Result<Vec<StoredEvaluation>, StoreError>;
    /// A page of those that wait or are run, the first first, from behind an id.
    fn open_evaluations(
        &self,
        after: Option<EvaluationId>,
        page: PageSize,
    ) -> Result<Vec<StoredEvaluation>, StoreError>;
    /// The evaluation of that id.
    fn evaluation(&self, id: EvaluationId) -> Result<Option<StoredEvaluation>, StoreError>;
    /// Adds one.
    fn create_evaluation(&self, new: &StoredEvaluation) -> Result<(), StoreError>;
    /// Replaces all but owner and place; its revision must be the one behind the present one. False when it is not.
    fn change_evaluation(&self, changed: &StoredEvaluation) -> Result<bool, StoreError>;
    /// Removes one with its results; false when there is none of that id.
    fn delete_evaluation(&self, id: EvaluationId) -> Result<bool, StoreError>;
    /// Removes some of those that are over and were last touched before a time, with their results; how many it were.
    fn remove_evaluations(&self, before: Micros, most: usize) -> Result<usize, StoreError>;
    /// Keeps a result, in place of the one of the same item and model. False when there is no such evaluation.
    fn put_result(&self, evaluation: EvaluationId, result: &StoredResult) -> Result<bool, StoreError>;
    /// Results of items from behind one, in the order of items and models, at most so many.
    fn results(
        &self,
        evaluation: EvaluationId,
        after: Option<(ItemId, i16)>,
        limit: usize,
    ) -> Result<Vec<StoredResult>, StoreError>;
    /// The figures of all results, in the same order.
    fn result_figures(&self, evaluation: EvaluationId) -> Result<Vec<ResultFigures>, StoreError>;
}

/// Exports of records: what is to be written, and how far it is.
pub trait ExportStore: Send + Sync {
    /// Those of before an id, the latest first.
    fn exports(&self, before: Option<u128>, limit: usize) -> Result<Vec<StoredExport>, StoreError>;
    /// Those that wait or are being written, the first first.
    fn open_exports(&self, limit: usize) -> Result<Vec<StoredExport>, StoreError>;
    /// The export of that id.
    fn export(&self, id: u128) -> Result<Option<StoredExport>, StoreError>;
    /// Adds one; false when there is one of that id.
    fn add_export(&self, new: &StoredExport) -> Result<bool, StoreError>;
    /// Replaces all of it; its revision must be the one behind the present one. False when it is not.
    fn change_export(&self, changed: &StoredExport) -> Result<bool, StoreError>;
    /// Removes some of those that are over and were last touched before a time, and gives them.
    fn remove_exports(&self, before: Micros, most: usize) -> Result<Vec<StoredExport>, StoreError>;
}

/// Prices that were in force, and costs of past calls that are computed again.
pub trait RecostStore: Send + Sync {
    /// The pages of a book of prices, the first first.
    fn price_pages(&self, book: &str) -> Result<Vec<PricePage>, StoreError>;
    /// Adds a page, unless the latest one says the same; the oldest beyond `most` are forgotten. False when it was there.
    fn add_price_page(&self, book: &str, page: &PricePage, most: usize) -> Result<bool, StoreError>;
    /// Re-costings of before an id, the latest first.
    fn recostings(&self, before: Option<u128>, limit: usize) -> Result<Vec<StoredRecosting>, StoreError>;
    /// The one that waits or runs.
    fn open_recosting(&self) -> Result<Option<StoredRecosting>, StoreError>;
    /// The re-costing of that id.
    fn recosting(&self, id: u128) -> Result<Option<StoredRecosting>, StoreError>;
    /// Adds one; false when another one waits or runs.
    fn add_recosting(&self, new: &StoredRecosting) -> Result<bool, StoreError>;
    /// Replaces all of it; its revision must be the one behind the present one. False when it is not.
    fn change_recosting(&self, changed: &StoredRecosting) -> Result<bool, StoreError>;
    /// Removes some of those that are over and were last touched before a time; how many it were.
    fn remove_recostings(&self, before: Micros, most: usize) -> Result<usize, StoreError>;
    /// Writes what records cost from now on, to them and to all sums of them but budgets, and how far the re-costing is: all of
    /// it in one transaction, or nothing.
    fn recost(&self, progress: &StoredRecosting, records: &[Recost]) -> Result<Written, StoreError>;
    /// What a record cost before; `None` where it costs what it was charged.
    fn former_cost(&self, request: RequestId) -> Result<Option<FormerCost>, StoreError>;
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
    /// Removes what is of before a time and of some calls only: looks at most at so many, in the order of ids, from behind one.
    fn sweep(
        &self,
        kept: KeptPart,
        whose: &Whose,
        after: RequestId,
        before: Micros,
        most: usize,
    ) -> Result<Swept, StoreError>;
    /// Removes what records have in common once none of them has it any more: goes on with a look through all records, at
    /// most so many of them at once, or begins one. For a database whose records have all of it themselves, it is over at once.
    fn sweep_names(&self, _most: usize) -> Result<NamesSwept, StoreError> {
        Ok(NamesSwept { is_over: true, ..NamesSwept::default() })
    }
    /// Keeps what somebody says about a call, in the place of what has the same id, unless so much was said about it already; false
    /// then.
    fn add_feedback(&self, feedback: &Feedback, most: usize) -> Result<bool, StoreError>;
    /// What was said about a call, the first first.
    fn feedback(&self, request: RequestId) -> Result<Vec<Feedback>, StoreError>;
    /// What was said about several calls, each named once, without what is said in words only; those of a call one behind the
    /// other, the first first.
    fn ratings(&self, requests: &[RequestId]) -> Result<Vec<Rating>, StoreError>;
}

/// Segments of bodies on their way to object storage, and what becomes of them there. For one thread of a node, which asks what
/// is to be done, does it, and says that it did.
pub trait SegmentStore: Send + Sync {
    /// Segments of this node that are only here and to which nothing is written any more, the oldest first; one that was looked
    /// at for `age` is ended for it. What is to go early is overwritten in them. None where nothing is sent.
    fn segments_to_send(&self, now: Micros, age: Micros) -> Result<Vec<LocalSegment>, StoreError>;
    /// A segment stands in the object storage, and goes from here. False where it is not wanted any more: it is to be removed.
    fn segment_sent(&self, segment: FarSegment) -> Result<bool, StoreError>;
    /// Segments in the object storage of which nothing is left to be kept, at most so many.
    fn segments_to_remove(&self, most: usize) -> Result<Vec<FarSegment>, StoreError>;
    /// A segment is in the object storage no more.
    fn segment_removed(&self, segment: FarSegment) -> Result<(), StoreError>;
    /// Segments in the object storage of which some is to go early, at most so many.
    fn segments_to_rewrite(&self, most: usize) -> Result<Vec<FarSegment>, StoreError>;
    /// What of it is to go, and that it is this node's to do until a time; `None` where another node is at it, or nothing of the
    /// segment is left to be kept: it is to be removed then.
    fn begin_rewrite(
        &self,
        segment: FarSegment,
        now: Micros,
        until: Micros,
    ) -> Result<Option<Rewrite>, StoreError>;
    /// What was to go from a segment has gone. It is not forgotten where it was this node's to do no more: somebody does it again.
    /// False where nothing is left of the segment: it is to be removed from the object storage.
    fn end_rewrite(&self, rewrite: &Rewrite) -> Result<bool, StoreError>;
    /// Segments of this node that are to be here only, and are not here.
    fn segments_missing(&self) -> Result<Vec<FarSegment>, StoreError>;
    /// Bytes of segments here.
    fn segment_bytes_here(&self) -> u64;
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
    /// When the latest call of each of these keys ended, at whatever node, to about a minute; those that were never used
    /// are left out.
    fn keys_used(&self, keys: &[KeyId]) -> Result<Vec<(KeyId, Micros)>, StoreError>;
}

/// Sums of calls by time; see [`crate::analytics`].
pub trait Analytics: Send + Sync {
    /// Sums by time and one dimension, in that order.
    fn rollups(&self, query: &RollupQuery) -> Result<Vec<RollupRow>, StoreError> {
        Ok(self.rollups_together(std::slice::from_ref(query))?.pop().unwrap_or_default())
    }
    /// Several of them, all as of one moment; an answer for each, in their order.
    fn rollups_together(&self, queries: &[RollupQuery]) -> Result<Vec<Vec<RollupRow>>, StoreError>;
    /// What was used for the first time in the minute of `since` or later, as far back as roll-ups go.
    fn first_uses(&self, since: Micros) -> Result<RollupFirsts, StoreError>;
    /// Removes some of the sums of before a time; how many it were, 0 when there are none left.
    fn remove_rollups(&self, span: Span, before: Micros) -> Result<usize, StoreError>;
    /// Removes what sums had in common of which none are left; how many it were. It reads all sums: to be asked after the oldest went.
    fn remove_series(&self) -> Result<usize, StoreError>;
    /// Sets how much is told apart of callers from now on.
    fn limit_rollups(&self, limits: RollupLimits);
}

//! Evaluations and their results.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::traits::EvaluationStore;
use crate::types::page::fill;
use crate::types::{
    EvaluationId, EvaluationState, ItemId, PageSize, ResultFigures, StoredEvaluation, StoredResult,
    StoredView, Verdict,
};
use gw_model::{Micros, NanoUsd, RequestId};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str = "id, owner, place, state, node, touched, revision, job";
const FIGURES: &str =
    "item, target, verdict, score, cost, total_us, input, output, tries, request, source, scored";

impl EvaluationStore for SqliteStore {
    fn evaluations(
        &self,
        before: Option<EvaluationId>,
        page: PageSize,
    ) -> Result<Vec<StoredEvaluation>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM evaluations WHERE id < ? ORDER BY id DESC LIMIT ?");
        // Behind every id there is.
        let before = before.map_or_else(|| "f".to_owned(), |id| id.to_string());
        self.paged(&sql, &before, page)
    }

    fn open_evaluations(
        &self,
        after: Option<EvaluationId>,
        page: PageSize,
    ) -> Result<Vec<StoredEvaluation>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM evaluations WHERE state < 2 AND id > ? ORDER BY id LIMIT ?");
        let after = after.map_or_else(String::new, |id| id.to_string());
        self.paged(&sql, &after, page)
    }

    fn evaluation(&self, id: EvaluationId) -> Result<Option<StoredEvaluation>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM evaluations WHERE id = ?");
        self.read("read an evaluation", |db| {
            db.prepare_cached(&sql)?.query_row([id.to_string()], decode).optional()
        })
    }

    fn create_evaluation(&self, new: &StoredEvaluation) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO evaluations ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        let added = self.writer().execute(
            &sql,
            params![
                new.id.to_string(),
                new.owner,
                StoredView::column_of(new.place),
                new.state.code(),
                new.node.cast_signed(),
                new.touched_at,
                new.revision,
                new.job
            ],
        );
        added.map(drop).map_err(StoreError::query("create an evaluation"))
    }

    fn change_evaluation(&self, changed: &StoredEvaluation) -> Result<bool, StoreError> {
        let done = self.writer().execute(
            "UPDATE evaluations SET state = ?2, node = ?3, touched = ?4, revision = ?5, job = ?6 \
             WHERE id = ?1 AND revision = ?5 - 1",
            params![
                changed.id.to_string(),
                changed.state.code(),
                changed.node.cast_signed(),
                changed.touched_at,
                changed.revision,
                changed.job
            ],
        );
        done.map(|rows| rows > 0).map_err(StoreError::query("change an evaluation"))
    }

    fn delete_evaluation(&self, id: EvaluationId) -> Result<bool, StoreError> {
        let done = self.write(|db| {
            db.execute("DELETE FROM evaluation_results WHERE evaluation = ?", [id.to_string()])?;
            let gone = db.execute("DELETE FROM evaluations WHERE id = ?", [id.to_string()])?;
            Ok((gone > 0).then_some(()))
        });
        done.map(|done| done.is_some()).map_err(StoreError::query("delete an evaluation"))
    }

    fn remove_evaluations(&self, before: Micros, most: usize) -> Result<usize, StoreError> {
        let sql = "SELECT id FROM evaluations WHERE state >= 2 AND touched < ? LIMIT ?";
        let values = params![before, i64::try_from(most).unwrap_or(i64::MAX)];
        let old: Vec<String> = self.read("list old evaluations", |db| {
            db.prepare_cached(sql)?.query_map(values, |row| row.get(0))?.collect()
        })?;
        let done = self.write(|db| {
            for id in &old {
                db.execute("DELETE FROM evaluation_results WHERE evaluation = ?", [id])?;
                db.execute("DELETE FROM evaluations WHERE id = ?", [id])?;
            }
            Ok(Some(()))
        });
        done.map(|_| old.len()).map_err(StoreError::query("remove old evaluations"))
    }

    fn put_result(&self, evaluation: EvaluationId, result: &StoredResult) -> Result<bool, StoreError> {
        let sql = format!(
            "INSERT OR REPLACE INTO evaluation_results (evaluation, {FIGURES}, sealed) \
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 \
             WHERE EXISTS (SELECT 1 FROM evaluations WHERE id = ?1)"
        );
        let figures = &result.figures;
        let done = self.writer().execute(
            &sql,
            params![
                evaluation.to_string(),
                figures.item.to_string(),
                figures.target,
                figures.verdict.code(),
                figures.score,
                i64::try_from(figures.cost.0).unwrap_or(i64::MAX),
                figures.total_us,
                figures.input_tokens,
                figures.output_tokens,
                figures.tries,
                bytes(figures.request),
                bytes(figures.source),
                figures.scored,
                result.sealed
            ],
        );
        done.map(|rows| rows > 0).map_err(StoreError::query("keep a result of an evaluation"))
    }

    fn results(
        &self,
        evaluation: EvaluationId,
        after: Option<(ItemId, i16)>,
        limit: usize,
    ) -> Result<Vec<StoredResult>, StoreError> {
        let sql = format!(
            "SELECT {FIGURES}, sealed FROM evaluation_results \
             WHERE evaluation = ? AND (item, target) > (?, ?) ORDER BY item, target LIMIT ?"
        );
        let (item, target) = after.map_or((String::new(), -1), |(item, target)| (item.to_string(), target));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read("read results of an evaluation", |db| {
            let values = params![evaluation.to_string(), item, target, limit];
            let read =
                |row: &Row<'_>| Ok(StoredResult { figures: decode_figures(row)?, sealed: row.get(12)? });
            db.prepare_cached(&sql)?.query_map(values, read)?.collect()
        })
    }

    fn result_figures(&self, evaluation: EvaluationId) -> Result<Vec<ResultFigures>, StoreError> {
        let sql =
            format!("SELECT {FIGURES} FROM evaluation_results WHERE evaluation = ? ORDER BY item, target");
        self.read("read results of an evaluation", |db| {
            db.prepare_cached(&sql)?.query_map([evaluation.to_string()], decode_figures)?.collect()
        })
    }
}

impl SqliteStore {
    fn paged(&self, sql: &str, id: &str, page: PageSize) -> Result<Vec<StoredEvaluation>, StoreError> {
        self.read("list evaluations", |db| {
            let mut query = db.prepare_cached(sql)?;
            let mut rows = query.query(params![id, i64::try_from(page.rows).unwrap_or(i64::MAX)])?;
            fill(page, || rows.next()?.map(decode).transpose(), |one| one.job.len())
        })
    }
}

fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "it can not be read".into())
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredEvaluation> {
    let (id, place): (String, String) = (row.get(0)?, row.get(2)?);
    Ok(StoredEvaluation {
        id: id.parse().map_err(|_| unreadable(0))?,
        owner: row.get(1)?,
        place: StoredView::place_of(&place).ok_or_else(|| unreadable(2))?,
        state: EvaluationState::of_code(row.get(3)?),
        node: row.get::<_, i64>(4)?.cast_unsigned(),
        touched_at: row.get(5)?,
        revision: row.get(6)?,
        job: row.get(7)?,
    })
}

fn bytes(id: Option<RequestId>) -> Option<[u8; 16]> {
    id.map(|id| id_bytes(id.0))
}

const fn id(bytes: [u8; 16]) -> RequestId {
    RequestId(u128::from_be_bytes(bytes))
}

fn decode_figures(row: &Row<'_>) -> rusqlite::Result<ResultFigures> {
    let item: String = row.get(0)?;
    Ok(ResultFigures {
        item: item.parse().map_err(|_| unreadable(0))?,
        target: row.get(1)?,
        verdict: Verdict::of_code(row.get(2)?),
        score: row.get(3)?,
        cost: NanoUsd(row.get::<_, i64>(4)?.cast_unsigned()),
        total_us: row.get(5)?,
        input_tokens: row.get(6)?,
        output_tokens: row.get(7)?,
        tries: row.get(8)?,
        request: row.get::<_, Option<[u8; 16]>>(9)?.map(id),
        source: row.get::<_, Option<[u8; 16]>>(10)?.map(id),
        scored: row.get(11)?,
    })
}

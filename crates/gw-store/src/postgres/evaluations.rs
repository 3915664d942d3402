//! Evaluations and their results.

use super::bytes::{Id, clean, limit, within};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::Values;
use crate::error::StoreError;
use crate::traits::EvaluationStore;
use crate::types::{
    EvaluationId, EvaluationState, ItemId, PageSize, ResultFigures, StoredEvaluation, StoredResult,
    StoredView, Verdict,
};
use gw_model::{Micros, NanoUsd, RequestId};
use tokio_postgres::Row;

const COLUMNS: &str = "id, owner, place, state, node, touched, revision, job";
const FIGURES: &str =
    "item, target, verdict, score, cost, total_us, input, output, tries, request, source, scored";

impl EvaluationStore for PostgresStore {
    fn evaluations(
        &self,
        before: Option<EvaluationId>,
        page: PageSize,
    ) -> Result<Vec<StoredEvaluation>, StoreError> {
        let rows = format!("SELECT {COLUMNS} FROM evaluations WHERE id < $1 ORDER BY id DESC LIMIT $2");
        // Behind every id there is.
        let before = before.map_or_else(|| "f".to_owned(), |id| id.to_string());
        self.paged((&rows, "id DESC"), &before, page)
    }

    fn open_evaluations(
        &self,
        after: Option<EvaluationId>,
        page: PageSize,
    ) -> Result<Vec<StoredEvaluation>, StoreError> {
        let rows =
            format!("SELECT {COLUMNS} FROM evaluations WHERE state < 2 AND id > $1 ORDER BY id LIMIT $2");
        let after = after.map_or_else(String::new, |id| id.to_string());
        self.paged((&rows, "id"), &after, page)
    }

    fn evaluation(&self, id: EvaluationId) -> Result<Option<StoredEvaluation>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM evaluations WHERE id = $1");
        self.run("read an evaluation", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&id.to_string()]).await?.as_ref().map(decode).transpose()
        })
    }

    fn create_evaluation(&self, new: &StoredEvaluation) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO evaluations ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        self.transaction("create an evaluation", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &new.id.to_string(),
                &clean(&new.owner),
                &StoredView::column_of(new.place),
                &new.state.code(),
                &new.node.cast_signed(),
                &new.touched_at,
                &new.revision,
                &clean(&new.job),
            ];
            db.execute(&sql, values).await.map(drop)
        })
    }

    fn change_evaluation(&self, changed: &StoredEvaluation) -> Result<bool, StoreError> {
        let done = self.transaction("change an evaluation", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &changed.id.to_string(),
                &changed.state.code(),
                &changed.node.cast_signed(),
                &changed.touched_at,
                &changed.revision,
                &clean(&changed.job),
            ];
            db.execute(
                "UPDATE evaluations SET state = $2, node = $3, touched = $4, revision = $5, job = $6 \
                 WHERE id = $1 AND revision = $5::bigint - 1",
                values,
            )
            .await
        })?;
        Ok(done > 0)
    }

    fn delete_evaluation(&self, id: EvaluationId) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.transaction("delete an evaluation", BULK_LIMIT, async |db| {
            db.execute("DELETE FROM evaluation_results WHERE evaluation = $1", &[&id]).await?;
            Ok(db.execute("DELETE FROM evaluations WHERE id = $1", &[&id]).await? > 0)
        })
    }

    fn remove_evaluations(&self, before: Micros, most: usize) -> Result<usize, StoreError> {
        self.transaction("remove old evaluations", BULK_LIMIT, async |db| {
            let sql = "DELETE FROM evaluations WHERE id IN \
                       (SELECT id FROM evaluations WHERE state >= 2 AND touched < $1 LIMIT $2) RETURNING id";
            let rows = db.query(sql, &[&before, &limit(most)]).await?;
            for row in &rows {
                let id: &str = row.try_get(0)?;
                db.execute("DELETE FROM evaluation_results WHERE evaluation = $1", &[&id]).await?;
            }
            Ok(rows.len())
        })
    }

    fn put_result(&self, evaluation: EvaluationId, result: &StoredResult) -> Result<bool, StoreError> {
        const IS_THERE: &str = "SELECT 1 FROM evaluations WHERE id = $1 FOR SHARE";
        let sql = format!(
            "INSERT INTO evaluation_results (evaluation, {FIGURES}, sealed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             ON CONFLICT (evaluation, item, target) DO UPDATE SET verdict = excluded.verdict, \
             score = excluded.score, cost = excluded.cost, total_us = excluded.total_us, input = excluded.input, \
             output = excluded.output, tries = excluded.tries, request = excluded.request, \
             source = excluded.source, scored = excluded.scored, sealed = excluded.sealed"
        );
        let (id, figures) = (evaluation.to_string(), &result.figures);
        self.transaction("keep a result of an evaluation", ANSWER_LIMIT, async |db| {
            if db.first(IS_THERE, &[&id]).await?.is_none() {
                return Ok(false);
            }
            let values: Values<'_> = &[
                &id,
                &figures.item.to_string(),
                &figures.target,
                &figures.verdict.code(),
                &figures.score,
                &i64::try_from(figures.cost.0).unwrap_or(i64::MAX),
                &figures.total_us,
                &figures.input_tokens,
                &figures.output_tokens,
                &figures.tries,
                &figures.request.map(|id| Id(id.0)),
                &figures.source.map(|id| Id(id.0)),
                &figures.scored,
                &result.sealed,
            ];
            Ok(db.execute(&sql, values).await? > 0)
        })
    }

    fn results(
        &self,
        evaluation: EvaluationId,
        after: Option<(ItemId, i16)>,
        most: usize,
    ) -> Result<Vec<StoredResult>, StoreError> {
        let sql = format!(
            "SELECT {FIGURES}, sealed FROM evaluation_results \
             WHERE evaluation = $1 AND (item, target) > ($2, $3) ORDER BY item, target LIMIT $4"
        );
        let (item, target) = after.map_or((String::new(), -1), |(item, target)| (item.to_string(), target));
        self.run("read results of an evaluation", BULK_LIMIT, async |db| {
            let rows = db.query(&sql, &[&evaluation.to_string(), &item, &target, &limit(most)]).await?;
            let read =
                |row: &Row| Ok(StoredResult { figures: decode_figures(row)?, sealed: row.try_get(12)? });
            rows.iter().map(read).collect()
        })
    }

    fn result_figures(&self, evaluation: EvaluationId) -> Result<Vec<ResultFigures>, StoreError> {
        let sql =
            format!("SELECT {FIGURES} FROM evaluation_results WHERE evaluation = $1 ORDER BY item, target");
        self.run("read results of an evaluation", BULK_LIMIT, async |db| {
            db.query(&sql, &[&evaluation.to_string()]).await?.iter().map(decode_figures).collect()
        })
    }
}

impl PostgresStore {
    fn paged(
        &self,
        (rows, order): (&str, &str),
        id: &str,
        page: PageSize,
    ) -> Result<Vec<StoredEvaluation>, StoreError> {
        let sql = within(rows, (COLUMNS, "job", order), "$3");
        self.run("list evaluations", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[&id, &limit(page.rows), &limit(page.bytes)];
            db.query(&sql, values).await?.iter().map(decode).collect()
        })
    }
}

fn decode(row: &Row) -> Result<StoredEvaluation, Fault> {
    let damaged = || StoreError::Damaged { what: "an evaluation" };
    let (id, place): (&str, &str) = (row.try_get(0)?, row.try_get(2)?);
    Ok(StoredEvaluation {
        id: id.parse().map_err(|_| damaged())?,
        owner: row.try_get(1)?,
        place: StoredView::place_of(place).ok_or_else(damaged)?,
        state: EvaluationState::of_code(row.try_get(3)?),
        node: row.try_get::<_, i64>(4)?.cast_unsigned(),
        touched_at: row.try_get(5)?,
        revision: row.try_get(6)?,
        job: row.try_get(7)?,
    })
}

fn decode_figures(row: &Row) -> Result<ResultFigures, Fault> {
    let item: &str = row.try_get(0)?;
    Ok(ResultFigures {
        item: item.parse().map_err(|_| StoreError::Damaged { what: "a result of an evaluation" })?,
        target: row.try_get(1)?,
        verdict: Verdict::of_code(row.try_get(2)?),
        score: row.try_get(3)?,
        cost: NanoUsd(row.try_get::<_, i64>(4)?.cast_unsigned()),
        total_us: row.try_get(5)?,
        input_tokens: row.try_get(6)?,
        output_tokens: row.try_get(7)?,
        tries: row.try_get(8)?,
        request: row.try_get::<_, Option<Id>>(9)?.map(|id| RequestId(id.0)),
        source: row.try_get::<_, Option<Id>>(10)?.map(|id| RequestId(id.0)),
        scored: row.try_get(11)?,
    })
}

//! Answers to writes of the admin API, kept for a day for whoever asks again.

use super::db::SqliteStore;
use crate::audit::Repeatable;
use crate::error::StoreError;
use crate::traits::AnswerStore;
use crate::types::GivenAnswer;
use gw_model::Micros;
use rusqlite::{OptionalExtension, params};

impl AnswerStore for SqliteStore {
    fn given_answer(&self, name: &str, since: Micros) -> Result<Option<GivenAnswer>, StoreError> {
        self.read("read an answer", |db| {
            let mut query = db.prepare_cached(
                "SELECT request, status, etag, sealed, created_at FROM given_answers \
                 WHERE idempotency_key = ? AND created_at >= ?",
            )?;
            let found = query.query_row(params![name, since], |row| {
                Ok(GivenAnswer {
                    request: row.get(0)?,
                    status: row.get(1)?,
                    etag: row.get(2)?,
                    sealed: row.get(3)?,
                    created_at: row.get(4)?,
                })
            });
            found.optional()
        })
    }

    fn claim_answer(&self, claim: &Repeatable, now: Micros) -> Result<bool, StoreError> {
        let written = self.write(|tx| {
            tx.execute(
                "DELETE FROM given_answers WHERE idempotency_key = ? AND created_at < ?",
                params![claim.name, claim.since],
            )?;
            // The mark stands where the answer's `ETag` is to stand.
            let written = tx.execute(
                "INSERT INTO given_answers (idempotency_key, request, status, etag, sealed, created_at) \
                 VALUES (?,?,0,?,x'',?) ON CONFLICT (idempotency_key) DO UPDATE SET etag = excluded.etag \
                 WHERE given_answers.status = 0 AND given_answers.etag = excluded.etag",
                params![claim.name, claim.request, claim.mark, now],
            )?;
            Ok(Some(written > 0))
        });
        let written = written.map_err(StoreError::query("note that an answer is to come"))?;
        Ok(written.unwrap_or(false))
    }

    fn keep_answer(
        &self,
        name: &str,
        answer: &GivenAnswer,
        since: Micros,
        most: usize,
    ) -> Result<(), StoreError> {
        let written = self.write(|tx| {
            tx.execute("DELETE FROM given_answers WHERE created_at < ?", [since])?;
            tx.execute(
                "INSERT INTO given_answers (idempotency_key, request, status, etag, sealed, created_at) \
                 VALUES (?,?,?,?,?,?) ON CONFLICT (idempotency_key) DO UPDATE SET status = excluded.status, \
                 etag = excluded.etag, sealed = excluded.sealed WHERE given_answers.status = 0",
                params![name, answer.request, answer.status, answer.etag, answer.sealed, answer.created_at],
            )?;
            let count: i64 = tx.query_row("SELECT COUNT(*) FROM given_answers", [], |row| row.get(0))?;
            let beyond = count.saturating_sub(i64::try_from(most).unwrap_or(i64::MAX));
            if beyond > 0 {
                tx.execute(
                    "DELETE FROM given_answers WHERE idempotency_key IN \
                     (SELECT idempotency_key FROM given_answers ORDER BY created_at LIMIT ?)",
                    [beyond],
                )?;
            }
            Ok(Some(()))
        });
        written.map(drop).map_err(StoreError::query("keep an answer"))
    }
}

//! Answers to writes of the admin API, kept for a day for whoever asks again.

use super::db::SqliteStore;
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
                 VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING",
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

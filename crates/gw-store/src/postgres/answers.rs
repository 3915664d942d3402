//! Answers to writes of the admin API, kept for a day for whoever asks again, at whatever node.

use super::bytes::{limit, small};
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::session::Values;
use crate::error::StoreError;
use crate::traits::AnswerStore;
use crate::types::GivenAnswer;
use gw_model::Micros;

const SELECT: &str = "SELECT request, status, etag, sealed, created_at FROM given_answers \
     WHERE idempotency_key = $1 AND created_at >= $2";
const INSERT: &str = "INSERT INTO given_answers (idempotency_key, request, status, etag, sealed, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
/// All but the latest so many.
const FORGET: &str = "DELETE FROM given_answers WHERE idempotency_key IN \
     (SELECT idempotency_key FROM given_answers ORDER BY created_at DESC OFFSET $1)";

impl AnswerStore for PostgresStore {
    fn given_answer(&self, name: &str, since: Micros) -> Result<Option<GivenAnswer>, StoreError> {
        self.run("read an answer", ANSWER_LIMIT, async |db| {
            let Some(row) = db.first(SELECT, &[&name, &since]).await? else { return Ok(None) };
            Ok(Some(GivenAnswer {
                request: row.try_get(0)?,
                status: small(&row, 1, "the status of an answer")?,
                etag: row.try_get(2)?,
                sealed: row.try_get(3)?,
                created_at: row.try_get(4)?,
            }))
        })
    }

    fn keep_answer(
        &self,
        name: &str,
        answer: &GivenAnswer,
        since: Micros,
        most: usize,
    ) -> Result<(), StoreError> {
        self.retried("keep an answer", ANSWER_LIMIT, async |db| {
            db.execute("DELETE FROM given_answers WHERE created_at < $1", &[&since]).await?;
            let status = i32::from(answer.status);
            let values: Values<'_> =
                &[&name, &answer.request, &status, &answer.etag, &answer.sealed, &answer.created_at];
            db.execute(INSERT, values).await?;
            db.execute(FORGET, &[&limit(most)]).await.map(drop)
        })
    }
}

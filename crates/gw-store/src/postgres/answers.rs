//! Answers to writes of the admin API, kept for a day for whoever asks again, at whatever node.

use super::bytes::{limit, small};
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::session::Values;
use crate::audit::Repeatable;
use crate::error::StoreError;
use crate::traits::AnswerStore;
use crate::types::GivenAnswer;
use gw_model::Micros;

const SELECT: &str = "SELECT request, status, etag, sealed, created_at FROM given_answers \
     WHERE idempotency_key = $1 AND created_at >= $2";
const INSERT: &str = "INSERT INTO given_answers (idempotency_key, request, status, etag, sealed, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (idempotency_key) DO UPDATE SET status = excluded.status, \
     etag = excluded.etag, sealed = excluded.sealed WHERE given_answers.status = 0";
/// The mark stands where the answer's `ETag` is to stand.
const CLAIM: &str = "INSERT INTO given_answers (idempotency_key, request, status, etag, sealed, created_at) \
     VALUES ($1, $2, 0, $3, '', $4) ON CONFLICT (idempotency_key) DO UPDATE SET etag = excluded.etag \
     WHERE given_answers.status = 0 AND given_answers.etag = excluded.etag";
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

    fn claim_answer(&self, claim: &Repeatable, now: Micros) -> Result<bool, StoreError> {
        self.transaction("note that an answer is to come", ANSWER_LIMIT, async |db| {
            let old = "DELETE FROM given_answers WHERE idempotency_key = $1 AND created_at < $2";
            db.execute(old, &[&claim.name, &claim.since]).await?;
            Ok(db.execute(CLAIM, &[&claim.name, &claim.request, &claim.mark, &now]).await? > 0)
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

//! The life of a job, each step one transaction: `queued`, `running`, and then `done`, `failed` or `cancelled` for good.

use serde::{Deserialize, Serialize};
use ulid::Ulid;
use utoipa::ToSchema;

use crate::database::{Database, Push, each, transact};
use crate::error::{Error, Result};
use crate::secrets::{Bound, Part};

/// Attempts that a job has.
pub const ATTEMPTS: i64 = 3;
/// How often a job is set aside for the sake of a machine before it fails: with the rests between, about an hour.
pub const FAULTS: i64 = 64;
/// Longest rest of a job between two faults of machines, seconds.
const LONGEST_REST: i64 = 60;
/// The code of a job whose attempts ended with their workers.
pub const LOST: &str = "worker-lost";
/// Milliseconds over which submissions are counted.
const MINUTE: i64 = 60_000;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// In the queue, for the first time or again.
    Queued,
    /// With a worker.
    Running,
    /// Its proof is there.
    Done,
    /// It has none, and will have none.
    Failed,
    /// Whoever submitted it took it back.
    Cancelled,
}

impl State {
    /// Every state and its name.
    pub const ALL: [(&str, State); 5] = [
        ("queued", State::Queued),
        ("running", State::Running),
        ("done", State::Done),
        ("failed", State::Failed),
        ("cancelled", State::Cancelled),
    ];

    /// Whether nothing changes any more.
    pub fn is_end(self) -> bool {
        !matches!(self, State::Queued | State::Running)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, state)| *state == self).map_or("", |(name, _)| name)
    }
}

/// A job as it is submitted.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The API key's id.
    pub owner: String,
    /// Most jobs of the owner within a minute.
    pub per_minute: u32,
    /// Most jobs of the owner that have not ended.
    pub most_queued: u32,
    /// What the client calls it, so that the same submission again is no new job.
    pub idempotency: Option<String>,
    /// Tells one submission from another.
    pub fingerprint: [u8; 32],
    /// Digest of the model's file.
    pub model: String,
    /// Digest of the proving key's file.
    pub pk: String,
    /// The context, 64 hexadecimal digits.
    pub context: String,
}

impl Submission {
    /// What the secrets of the job belong to.
    pub fn bound<'a>(&'a self, job: &'a str) -> Bound<'a> {
        let Submission { owner, model, pk, context, .. } = self;
        Bound { part: Part::Inputs, job, owner, model, pk, context }
    }
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// A new job.
    New(String),
    /// The job that the same submission made before.
    Known(String),
    /// The name was used for another submission.
    Reused,
    /// Too many within a minute: again after so many seconds.
    TooFast(u64),
    /// Too many have not ended.
    TooMany,
}

/// A job as its owner sees it.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Digest of the model's file.
    pub model: String,
    /// Digest of the proving key's file.
    pub pk: String,
    /// The context.
    pub context: String,
    state: String,
    /// Attempts that were begun.
    pub attempts: i64,
    /// What a worker is doing.
    pub stage: Option<String>,
    /// How much of that is done, 0 to 1.
    pub share: Option<f64>,
    /// Why it failed: a code.
    pub code: Option<String>,
    /// Why it failed and what to do about it, encrypted: it may quote the inputs.
    pub said: Option<Vec<u8>>,
    /// When it was submitted, milliseconds since 1970.
    pub created: i64,
    /// When its first attempt began.
    pub started: Option<i64>,
    /// When it ended.
    pub finished: Option<i64>,
    /// Digest of the proof's file.
    pub digest: Option<String>,
    /// What the proof shows, a JSON document.
    pub answer: Option<String>,
}

impl Job {
    /// Where it is.
    ///
    /// # Errors
    /// The row is damaged.
    pub fn state(&self) -> Result<State> {
        let found = State::ALL.iter().find(|(name, _)| *name == self.state);
        found.map(|(_, state)| *state).ok_or_else(|| Error::Row(format!("job {} has no state", self.id)))
    }
}

/// A job as a worker takes it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Taken {
    /// Digest of the model's file.
    pub model: String,
    /// Digest of the proving key's file.
    pub pk: String,
    /// The context.
    pub context: String,
    /// The API key's id.
    pub owner: String,
    /// The encrypted inputs and salts.
    pub secret: Option<Vec<u8>>,
    /// Attempts, this one included.
    pub attempts: i64,
    /// How often it was set aside for the sake of a machine.
    pub faults: i64,
    /// Milliseconds from its submission to its first attempt, by the database's clock.
    pub waited: i64,
}

impl Taken {
    /// What this job's secrets belong to.
    pub fn bound<'a>(&'a self, part: Part, job: &'a str) -> Bound<'a> {
        let Taken { owner, model, pk, context, .. } = self;
        Bound { part, job, owner, model, pk, context }
    }
}

/// What a worker finds when it takes a job.
#[derive(Clone, Debug)]
pub enum Take {
    /// It is this worker's now.
    Yours(Taken),
    /// It ended before.
    Ended,
    /// Its attempts are used up, and this call has written that down: it is of this model.
    GivenUp(String),
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// A word that stays: the library's, or `worker-lost`, `panic`, `store`, `store-damaged`, `database`, `secrets`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// That of [`LOST`].
    pub fn lost() -> Failure {
        Failure {
            code: LOST.into(),
            message: format!("{ATTEMPTS} attempts ended with their worker"),
            hint: Some("look at the workers' logs and at their memory; then submit the job again".into()),
        }
    }
}

/// What a proof is, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Digest of the file.
    pub digest: String,
    /// The bytes of a `.proof` file.
    pub proof: Vec<u8>,
    /// What it shows, a JSON document.
    pub answer: String,
}

impl Database {
    /// Writes a job down and puts it into the queue, or says why not. `seal` encrypts its secrets under its id.
    ///
    /// # Errors
    /// The database. Then there is no job.
    pub async fn submit(
        &self,
        submission: &Submission,
        seal: impl Fn(&str) -> Result<Vec<u8>>,
    ) -> Result<Submitted> {
        let id = Ulid::generate();
        let (job, fingerprint) = (id.to_string(), hex::encode(submission.fingerprint));
        let secret = seal(&job)?;
        Ok(transact!(self, tx => {
            // One submission of a key after the other: their number is counted.
            sqlx::query("UPDATE assay_keys SET name = name WHERE id = $1")
                .bind(&submission.owner)
                .execute(&mut *tx)
                .await?;
            let (created,): (i64,) = sqlx::query_as(self.timed("SELECT NOW_MS")).fetch_one(&mut *tx).await?;
            let known: Option<(String, String)> = sqlx::query_as(
                "SELECT id, fingerprint FROM assay_jobs WHERE owner = $1 AND idempotency = $2",
            )
            .bind(&submission.owner)
            .bind(&submission.idempotency)
            .fetch_optional(&mut *tx)
            .await?;
            let recent: (i64, Option<i64>) = sqlx::query_as(
                "SELECT COUNT(*), MIN(created) FROM assay_jobs WHERE owner = $1 AND created > $2 AND created < $3",
            )
            .bind(&submission.owner)
            .bind(created.saturating_sub(MINUTE))
            // Where the clock was set back, what lies ahead of it does not lock the key out.
            .bind(created.saturating_add(MINUTE))
            .fetch_one(&mut *tx)
            .await?;
            let open: (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM assay_jobs WHERE owner = $1 AND state IN ('queued', 'running')",
            )
            .bind(&submission.owner)
            .fetch_one(&mut *tx)
            .await?;
            match (known, recent, open) {
                (Some((id, before)), ..) if before == fingerprint => Submitted::Known(id),
                (Some(_), ..) => Submitted::Reused,
                (None, (count, first), _) if count >= i64::from(submission.per_minute) => {
                    let free = first.unwrap_or(created).saturating_add(MINUTE).saturating_sub(created).min(MINUTE);
                    Submitted::TooFast(u64::try_from(free.max(0)).unwrap_or_default().div_ceil(1_000).max(1))
                }
                (None, _, (count,)) if count >= i64::from(submission.most_queued) => Submitted::TooMany,
                (None, ..) => {
                    sqlx::query(
                        "INSERT INTO assay_jobs (id, owner, idempotency, fingerprint, model, pk, context, state, attempts, secret, created)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', 0, $8, $9)",
                    )
                    .bind(&job)
                    .bind(&submission.owner)
                    .bind(&submission.idempotency)
                    .bind(&fingerprint)
                    .bind(&submission.model)
                    .bind(&submission.pk)
                    .bind(&submission.context)
                    .bind(&secret)
                    .bind(created)
                    .execute(&mut *tx)
                    .await?;
                    Push::push(&mut *tx, id).await?;
                    Submitted::New(job)
                }
            }
        }))
    }

    /// A job, if it is this owner's.
    ///
    /// # Errors
    /// The database.
    pub async fn job(&self, owner: &str, id: &str) -> Result<Option<Job>> {
        let sql =
            "SELECT j.id, j.model, j.pk, j.context, j.state, j.attempts, j.stage, j.share, j.code, j.said,
            j.created, j.started, j.finished, r.digest, r.answer
            FROM assay_jobs j LEFT JOIN assay_results r ON r.job = j.id WHERE j.owner = $1 AND j.id = $2";
        Ok(each!(self, pool => sqlx::query_as(sql).bind(owner).bind(id).fetch_optional(pool).await)?)
    }

    /// Takes back a job that no worker has begun, and deletes its secrets. False where it is too late, or there is no such job of this
    /// owner.
    ///
    /// # Errors
    /// The database.
    pub async fn cancel(&self, owner: &str, id: &str) -> Result<bool> {
        Ok(transact!(self, tx => {
            let done = sqlx::query(self.timed(
                "UPDATE assay_jobs SET state = 'cancelled', secret = NULL, finished = NOW_MS
                 WHERE owner = $1 AND id = $2 AND state = 'queued'",
            ))
            .bind(owner)
            .bind(id)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if done == 1 {
                // Where a worker has the task already, it finds the row at its end.
                Push::remove(&mut *tx, id).await?;
            }
            done == 1
        }))
    }

    /// Begins an attempt, unless the job has ended or its attempts are used up: the latter is its end.
    ///
    /// # Errors
    /// The database.
    pub async fn take(&self, id: &str, worker: &str) -> Result<Take> {
        let sql = "UPDATE assay_jobs SET state = 'running', attempts = attempts + 1, worker = $2, stage = NULL, share = NULL,
            started = COALESCE(started, NOW_MS)
            WHERE id = $1 AND state IN ('queued', 'running') AND attempts < $3
            RETURNING model, pk, context, owner, secret, attempts, faults, started - created AS waited";
        // Durable when the result is: an attempt that the machine's loss of power undoes is made again.
        let query = self.timed(sql);
        let taken = match self {
            Database::Sqlite { queue, .. } => {
                sqlx::query_as(query).bind(id).bind(worker).bind(ATTEMPTS).fetch_optional(queue).await
            }
            Database::Postgres(pool) => {
                sqlx::query_as(query).bind(id).bind(worker).bind(ATTEMPTS).fetch_optional(pool).await
            }
        }?;
        if let Some(taken) = taken {
            return Ok(Take::Yours(taken));
        }
        let sql = "UPDATE assay_jobs SET state = 'failed', secret = NULL, code = $2, finished = NOW_MS
            WHERE id = $1 AND state IN ('queued', 'running') AND attempts >= $3 RETURNING model";
        let given_up: Option<(String,)> = each!(self, pool => {
            sqlx::query_as(self.timed(sql))
                .bind(id)
                .bind(LOST)
                .bind(ATTEMPTS)
                .fetch_optional(pool)
                .await
        })?;
        Ok(given_up.map_or(Take::Ended, |(model,)| Take::GivenUp(model)))
    }

    /// Notes what a worker is doing, for whoever watches.
    ///
    /// # Errors
    /// The database.
    pub async fn progress(&self, id: &str, worker: &str, stage: &str, share: f64) -> Result<()> {
        let sql = "UPDATE assay_jobs SET stage = $3, share = $4 WHERE id = $1 AND worker = $2 AND state = 'running'";
        each!(self, pool => {
            sqlx::query(sql).bind(id).bind(worker).bind(stage).bind(share).execute(pool).await.map(drop)
        })?;
        Ok(())
    }

    /// Ends a job with its proof and deletes its secrets. False where it had ended before: then nothing is written.
    ///
    /// # Errors
    /// The database.
    pub async fn finish(&self, id: &str, proven: &Proven) -> Result<bool> {
        Ok(transact!(self, tx => {
            let ended = sqlx::query(self.timed(
                "UPDATE assay_jobs SET state = 'done', secret = NULL, stage = NULL, share = NULL, finished = NOW_MS
                 WHERE id = $1 AND state IN ('queued', 'running')",
            ))
            .bind(id)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if ended == 1 {
                sqlx::query("INSERT INTO assay_results (job, digest, proof, answer) VALUES ($1, $2, $3, $4)")
                    .bind(id)
                    .bind(&proven.digest)
                    .bind(&proven.proof)
                    .bind(&proven.answer)
                    .execute(&mut *tx)
                    .await?;
            }
            ended == 1
        }))
    }

    /// Ends a job without a proof and deletes its secrets. `said` is the encrypted [`Failure`]. False where it had ended before.
    ///
    /// # Errors
    /// The database.
    pub async fn fail(&self, id: &str, code: &str, said: &[u8]) -> Result<bool> {
        let sql = "UPDATE assay_jobs SET state = 'failed', secret = NULL, stage = NULL, share = NULL, code = $2, said = $3,
            finished = NOW_MS WHERE id = $1 AND state IN ('queued', 'running')";
        let done = each!(self, pool => {
            sqlx::query(self.timed(sql))
                .bind(id)
                .bind(code)
                .bind(said)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })?;
        Ok(done == 1)
    }

    /// Ends an attempt that may be made again; the queue has the task still.
    ///
    /// # Errors
    /// The database.
    pub async fn give_back(&self, id: &str, worker: &str) -> Result<()> {
        let sql = "UPDATE assay_jobs SET state = 'queued', stage = NULL, share = NULL
            WHERE id = $1 AND worker = $2 AND state = 'running'";
        each!(self, pool => sqlx::query(sql).bind(id).bind(worker).execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Ends an attempt that failed for the sake of a machine: it does not count, and the job rests before it is tried again, the longer
    /// the more often that was so (`faults` times before).
    ///
    /// # Errors
    /// The database.
    pub async fn set_aside(&self, id: &str, worker: &str, faults: i64) -> Result<()> {
        let rest = u32::try_from(faults).ok().and_then(|faults| 2i64.checked_pow(faults));
        let rest = rest.unwrap_or(LONGEST_REST).min(LONGEST_REST);
        transact!(self, tx => {
            let ended = sqlx::query(
                "UPDATE assay_jobs SET state = 'queued', stage = NULL, share = NULL, attempts = attempts - 1, faults = faults + 1
                 WHERE id = $1 AND worker = $2 AND state = 'running'",
            )
            .bind(id)
            .bind(worker)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if ended == 1 {
                Push::rest(&mut *tx, id, rest).await?;
            }
        });
        Ok(())
    }

    /// The bytes of a proof, if a job of this owner made it.
    ///
    /// # Errors
    /// The database.
    pub async fn proof(&self, owner: &str, digest: &str) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT r.proof FROM assay_results r JOIN assay_jobs j ON j.id = r.job WHERE j.owner = $1 AND r.digest = $2 LIMIT 1";
        let found: Option<(Vec<u8>,)> =
            each!(self, pool => sqlx::query_as(sql).bind(owner).bind(digest).fetch_optional(pool).await)?;
        Ok(found.map(|(proof,)| proof))
    }
}

mod all;
#[cfg(test)]
mod tests;

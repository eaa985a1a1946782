//! All jobs together: how many there are, and those that ended long ago.

use crate::database::{Database, QUEUE, each, transact};
use crate::error::Result;

impl Database {
    /// Jobs that have not ended, by model and state.
    ///
    /// # Errors
    /// The database.
    pub async fn counts(&self) -> Result<Vec<(String, String, i64)>> {
        let sql = "SELECT model, state, COUNT(*) FROM assay_jobs WHERE state IN ('queued', 'running') GROUP BY model, state";
        Ok(each!(self, pool => sqlx::query_as(sql).fetch_all(pool).await)?)
    }

    /// Deletes jobs that ended more than so many milliseconds ago by the database's clock, their results and their tasks. How many.
    ///
    /// # Errors
    /// The database.
    pub async fn purge(&self, keep: i64) -> Result<u64> {
        let purged = transact!(self, tx => {
            let results = "DELETE FROM assay_results WHERE job IN (SELECT id FROM assay_jobs WHERE finished < NOW_MS - $1)";
            sqlx::query(self.timed(results)).bind(keep).execute(&mut *tx).await?;
            // By the first statement's moment or later: a job whose result is there still is not deleted.
            let jobs = "DELETE FROM assay_jobs WHERE finished < NOW_MS - $1 AND id NOT IN (SELECT job FROM assay_results)";
            sqlx::query(self.timed(jobs)).bind(keep).execute(&mut *tx).await?.rows_affected()
        });
        // A task whose job is gone does nothing when its turn comes; those that had theirs are not needed either.
        let seconds = keep / 1_000;
        match self {
            Database::Sqlite { queue, .. } => {
                let sql = "DELETE FROM Jobs WHERE job_type = $1 AND status = 'Done' AND done_at < NOW_MS / 1000 - $2";
                sqlx::query(self.timed(sql)).bind(QUEUE).bind(seconds).execute(queue).await.map(drop)
            }
            Database::Postgres(pool) => {
                let sql = "DELETE FROM apalis.jobs WHERE job_type = $1 AND status = 'Done' AND done_at < now() - make_interval(secs => $2)";
                sqlx::query(sql).bind(QUEUE).bind(seconds as f64).execute(pool).await.map(drop)
            }
        }?;
        Ok(purged)
    }
}

use std::path::Path;

use super::*;
use crate::database::Place;
use crate::keys::{Right, Terms};
use crate::secrets::Secrets;

async fn database(folder: &Path) -> (Database, String) {
    let place = Place::File(folder.join("x.db"));
    let database = Database::open(&place, &Secrets::new(&[7; 32])).await.unwrap();
    let terms = Terms { name: "x".into(), rights: vec![Right::Submit], per_minute: 5, most_queued: 3 };
    let (owner, _) = database.add_key(&terms).await.unwrap();
    (database, owner)
}

fn submission(owner: &str, name: Option<&str>, fingerprint: u8) -> Submission {
    Submission {
        owner: owner.into(),
        per_minute: 5,
        most_queued: 3,
        idempotency: name.map(String::from),
        fingerprint: [fingerprint; 32],
        model: "m".into(),
        pk: "k".into(),
        context: "c".into(),
    }
}

async fn submit(database: &Database, submission: &Submission) -> Submitted {
    database.submit(submission, |_| Ok(vec![1, 2, 3])).await.unwrap()
}

/// Tasks in the queue.
async fn tasks(database: &Database) -> i64 {
    let Database::Sqlite { queue, .. } = database else { panic!() };
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM Jobs").fetch_one(queue).await.unwrap();
    count
}

fn proven() -> Proven {
    Proven { digest: "d".into(), proof: vec![9], answer: "{}".into() }
}

#[tokio::test]
async fn a_submission_is_a_row_and_a_task_or_neither() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    let Submitted::New(id) = submit(&database, &submission(&owner, Some("a"), 1)).await else { panic!() };
    assert_eq!(submit(&database, &submission(&owner, Some("a"), 1)).await, Submitted::Known(id.clone()));
    assert_eq!(submit(&database, &submission(&owner, Some("a"), 2)).await, Submitted::Reused);
    assert!(matches!(submit(&database, &submission("other", Some("a"), 2)).await, Submitted::New(_)));
    assert_eq!(tasks(&database).await, 2);
    let failed = database.submit(&submission(&owner, None, 1), |_| Err(Error::OtherSecret)).await;
    assert!(failed.is_err());
    // Where the queue does not take the task, there is no row.
    let Database::Sqlite { ours, .. } = &database else { panic!() };
    sqlx::query("ALTER TABLE Jobs RENAME TO away").execute(ours).await.unwrap();
    assert!(database.submit(&submission(&owner, None, 1), |_| Ok(vec![])).await.is_err());
    sqlx::query("ALTER TABLE away RENAME TO Jobs").execute(ours).await.unwrap();
    let (rows,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM assay_jobs").fetch_one(ours).await.unwrap();
    assert_eq!((rows, tasks(&database).await), (2, 2));
}

#[tokio::test]
async fn quotas_hold() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let Submitted::New(id) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
        ids.push(id);
    }
    assert_eq!(submit(&database, &submission(&owner, None, 1)).await, Submitted::TooMany);
    assert!(database.cancel(&owner, &ids[0]).await.unwrap());
    assert!(database.fail(&ids[1], "x", &[4]).await.unwrap());
    for _ in 0..2 {
        assert!(matches!(submit(&database, &submission(&owner, None, 1)).await, Submitted::New(_)));
    }
    let Submitted::TooFast(seconds) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(matches!(submit(&database, &submission("other", None, 1)).await, Submitted::New(_)));
}

#[tokio::test]
async fn a_job_goes_forward_only_and_has_one_result() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    let Submitted::New(id) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
    assert!(database.job("other", &id).await.unwrap().is_none());
    let state = async || database.job(&owner, &id).await.unwrap().unwrap().state().unwrap();
    assert_eq!(state().await, State::Queued);
    let Take::Yours(taken) = database.take(&id, "w1").await.unwrap() else { panic!() };
    assert_eq!((taken.attempts, taken.secret.as_deref()), (1, Some(&[1, 2, 3][..])));
    assert_eq!(state().await, State::Running);
    assert!(!database.cancel(&owner, &id).await.unwrap());
    database.progress(&id, "w1", "prove", 0.5).await.unwrap();
    database.progress(&id, "other", "prove", 0.9).await.unwrap();
    assert_eq!(database.job(&owner, &id).await.unwrap().unwrap().share, Some(0.5));
    // Another takes it, since the first was thought dead; both come to the end.
    let Take::Yours(again) = database.take(&id, "w2").await.unwrap() else { panic!() };
    assert_eq!(again.attempts, 2);
    database.give_back(&id, "w1").await.unwrap();
    assert_eq!(state().await, State::Running);
    assert!(database.finish(&id, &proven()).await.unwrap());
    assert!(!database.finish(&id, &Proven { digest: "e".into(), ..proven() }).await.unwrap());
    assert!(!database.fail(&id, "x", &[4]).await.unwrap());
    let job = database.job(&owner, &id).await.unwrap().unwrap();
    assert_eq!((job.state().unwrap(), job.digest.as_deref(), job.code), (State::Done, Some("d"), None));
    assert_eq!(database.proof(&owner, "d").await.unwrap(), Some(vec![9]));
    assert!(database.proof("other", "d").await.unwrap().is_none());
    assert!(database.proof(&owner, "e").await.unwrap().is_none());
    assert!(matches!(database.take(&id, "w3").await.unwrap(), Take::Ended));
    let secret: (Option<Vec<u8>>,) = each!(&database, pool => {
        sqlx::query_as("SELECT secret FROM assay_jobs").fetch_one(pool).await.unwrap()
    });
    assert_eq!(secret.0, None);
}

#[tokio::test]
async fn attempts_are_counted_when_they_begin() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    let Submitted::New(id) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
    for attempt in 1..=ATTEMPTS {
        let Take::Yours(taken) = database.take(&id, "w").await.unwrap() else { panic!() };
        assert_eq!(taken.attempts, attempt);
    }
    let Take::GivenUp(model) = database.take(&id, "w").await.unwrap() else { panic!() };
    assert_eq!(model, "m");
    assert!(matches!(database.take(&id, "w").await.unwrap(), Take::Ended));
    let job = database.job(&owner, &id).await.unwrap().unwrap();
    assert_eq!((job.state().unwrap(), job.code.as_deref()), (State::Failed, Some("worker-lost")));
    assert!(!database.finish(&id, &proven()).await.unwrap());
}

#[tokio::test]
async fn what_ended_long_ago_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    let Submitted::New(done) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
    let Submitted::New(open) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
    assert!(database.finish(&done, &proven()).await.unwrap());
    assert_eq!(database.counts().await.unwrap(), [("m".to_owned(), "queued".to_owned(), 1)]);
    assert_eq!(database.purge(60_000).await.unwrap(), 0);
    assert_eq!(database.purge(-60_000).await.unwrap(), 1);
    assert!(database.job(&owner, &done).await.unwrap().is_none());
    assert!(database.job(&owner, &open).await.unwrap().is_some());
}

#[tokio::test]
async fn faults_of_machines_are_no_attempts_and_have_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    let Submitted::New(id) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
    for faults in 0..2 * ATTEMPTS {
        let Take::Yours(taken) = database.take(&id, "w").await.unwrap() else { panic!() };
        assert_eq!((taken.attempts, taken.faults), (1, faults));
        database.set_aside(&id, "other", faults).await.unwrap();
        database.set_aside(&id, "w", faults).await.unwrap();
        // Its task rests, the longer the more often that was so.
        let Database::Sqlite { queue, .. } = &database else { panic!() };
        let rests = "SELECT run_at - CAST(strftime('%s', 'now') AS INTEGER) FROM Jobs";
        let (rests,): (i64,) = sqlx::query_as(rests).fetch_one(queue).await.unwrap();
        let longest = (1 << faults).min(LONGEST_REST);
        assert!((longest - 1..=longest).contains(&rests), "{faults}: {rests}");
    }
    let Take::Yours(taken) = database.take(&id, "w").await.unwrap() else { panic!() };
    assert_eq!((taken.attempts, taken.faults), (1, 2 * ATTEMPTS));
}

#[tokio::test]
async fn what_is_taken_back_leaves_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    let Submitted::New(id) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
    assert_eq!(tasks(&database).await, 1);
    assert!(!database.cancel("other", &id).await.unwrap());
    assert_eq!(tasks(&database).await, 1);
    assert!(database.cancel(&owner, &id).await.unwrap());
    assert_eq!(tasks(&database).await, 0);
}

#[tokio::test]
async fn quotas_do_not_outlast_a_clock_that_was_set_back() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    for _ in 0..3 {
        let Submitted::New(id) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
        database.cancel(&owner, &id).await.unwrap();
    }
    let Database::Sqlite { ours, .. } = &database else { panic!() };
    sqlx::query("UPDATE assay_jobs SET created = created + 3600000").execute(ours).await.unwrap();
    for _ in 0..5 {
        let Submitted::New(id) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
        database.cancel(&owner, &id).await.unwrap();
    }
    let Submitted::TooFast(seconds) = submit(&database, &submission(&owner, None, 1)).await else { panic!() };
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn secrets_leave_every_file_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let (database, owner) = database(folder.path()).await;
    // Longer than a page.
    let secret: Vec<u8> = (0..9_000u32).map(|i| (i * i % 251) as u8).collect();
    let files = || -> Vec<_> {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let holds = |path: &Path| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(200).any(|window| [&secret[100..300], &secret[8_700..8_900]].contains(&window))
        };
        entries.map(|entry| entry.unwrap().path()).filter(|path| holds(path)).collect()
    };
    for is_closed in [false, true] {
        let submission = submission(&owner, None, 1);
        let Submitted::New(id) = database.submit(&submission, |_| Ok(secret.clone())).await.unwrap() else {
            panic!()
        };
        database.settle().await.unwrap();
        assert!(!files().is_empty());
        assert!(database.finish(&id, &proven()).await.unwrap());
        assert!(!files().is_empty(), "the log has it until it is settled");
        if is_closed {
            database.close().await
        } else {
            database.settle().await.unwrap()
        }
        assert_eq!(files(), [""; 0].map(std::path::PathBuf::from));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("x.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

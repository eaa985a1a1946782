//! The proof service: jobs over HTTP, a queue and its results in a database, workers that prove.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`config`] | what a service is told |
//! | [`database`] | SQLite or Postgres: tables, and the queue beside them |
//! | [`jobs`] | the life of a job, each step one transaction |
//! | [`keys`] | who may ask: API keys, of which only hashes are stored |
//! | [`secrets`] | inputs and salts, encrypted from the door to the proof |
//! | [`store`], [`catalogue`] | models and keys by digest: where they lie, and what they are |
//! | [`provers`], [`prove`] | models and keys ready to prove, and one job |
//! | [`worker`] | takes jobs from the queue until it is told to stop |
//! | [`http`] | the door |
//! | [`metrics`] | what it shows of itself |
//! | [`run`](mod@run) | servers and workers, until they are told to stop |
//!
//! # What is promised, and why
//!
//! **A job that was accepted is proven, or fails with a reason.** Its row and the queue's task are written by one transaction of one
//! database: there is no moment between them, so a kill loses neither and leaves neither alone. What the queue then promises is *at
//! least once*: a worker has a name that no other start of a process has, and a heartbeat; the tasks of one whose heart stopped go back
//! to the queue.
//!
//! **It has one result.** A worker proves, and then takes the row from `running` to `done` and writes the result in one transaction. A
//! second worker on the same job (the first was thought dead, or died after its transaction and before it told the queue) finds the row
//! at its end and writes nothing: rows move forward only, and each end is reached by one transaction. Proofs are blinded, so two of one
//! statement differ; whoever asks sees one.
//!
//! **A job that kills its workers ends.** The queue returns orphans for ever, whatever their number of attempts. So an attempt is
//! counted by the row, when it begins, in the statement that takes the job; after [`jobs::ATTEMPTS`] of them the next worker writes down
//! that it failed. A job that only waited beside another one when their worker died was not begun, and is not counted.
//!
//! Not promised: that a proof is made once (work may be done twice, a result is not), any order between jobs, and anything if the
//! database is lost.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod catalogue;
pub mod config;
pub mod database;
pub mod error;
pub mod http;
pub mod jobs;
pub mod keys;
pub mod metrics;
pub mod prove;
pub mod provers;
pub mod run;
pub mod secrets;
pub mod store;
pub mod worker;

mod time;

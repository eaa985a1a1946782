//! Groth16 in both forms: what is accepted, each attack's own error, and two other verifiers' opinion.

mod batch;
mod committed;
mod compressed;
mod encoding;
mod gnark;
mod keys;
mod plain;
mod reference;
mod toy;

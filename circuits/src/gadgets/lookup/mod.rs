//! Lookups: ranges and functions proven by membership in a table, with one commitment a circuit.
//!
//! # The equation
//!
//! For a table with entries `t` and queries `q`, the prover commits to the queries and to how often each
//! entry is queried, `m_t`; a challenge `X` is drawn from that commitment; the constraints state
//!
//! ```text
//! s_t * (X - t) = m_t                  for each entry
//! v_q * (X - q) = 1                    for each query
//! sum s_t = sum v_q
//! ```
//!
//! Entries may be combinations of wires: of features, say, of which a prover picks one. They are bound by the commitment like queries.
//!
//! A pair of argument and value is looked up as the single element `x + rho * y`, with
//! `rho = Poseidon(X)`, computed in the circuit once for all tables.
//!
//! # Cost
//!
//! One constraint and one full-size wire an entry and a query, one constraint a table; `rho * y` is one
//! more a query of a function, and rho itself 214 once. Entries take no wire of their own but
//! the multiplicity, which is small. Every full-size wire stands on the A side alone (but for
//! `rho * y`), so none of them enters a sum in G2, and the sum of a table stands on the C side alone,
//! which a prover never evaluates. [`digits`] writes a range as queries; [`cost`] counts, and chooses
//! the size of the range table.
//!
//! # Soundness
//!
//! *Queries in the table.* Suppose some query is no entry. As a function of `X`,
//! `sum_q 1/(X - q) - sum_t m_t/(X - t)` has at that query a pole whose residue is the number of
//! queries of that value: an integer between 1 and the number of queries, hence not zero in the
//! field, whose characteristic is far larger (the reader of circuits refuses more than 2^32
//! queries). So it is not the zero function, whatever the `m_t` are. Over the common
//! denominator its numerator has degree below `queries + entries`, so it vanishes for at most that
//! many `X`; `X` is one of 2^248 values, drawn after all `q` and `m_t` are fixed. Where `X` equals an entry whose `m_t` is 0, `s_t`
//! is free and the sums agree at will: at most `entries` values more. (Where it equals a query, or an entry of another
//! `m_t`, nothing satisfies the constraints: an honest prover takes another mask.) Error:
//! `2 * (queries + entries) / 2^248` for each commitment that is tried.
//!
//! *Multiplicities* therefore need no range check: they only add poles at entries. Negative or huge ones
//! satisfy nothing that honest ones do not, and given the queries and different entries they are unique but for the same error,
//! since partial fractions are.
//!
//! *What is fixed before the challenge.* The commitment binds every private wire of every query and of every entry, every
//! multiplicity and the values of functions. (Weights in queries are bound by a commitment of their own, which the challenge hashes
//! too: see [`crate::Builder::prove_weight`].) Queries and entries are linear in these and in constants, so
//! nothing in the equation can move once `X` is known. The wires `s`, `v` and `rho * y` are determined by their
//! constraints. A wire that is not committed occurs in no query. The challenge is a hash of the
//! verifying key, the commitment and the statement; several tables share it, each with a sum of its
//! own, so that a query can only be answered by its own table.
//!
//! *Pairs.* In the two variables `X` and `R`, the poles `X - x - R * y` of different pairs are different lines, so the
//! argument above holds for polynomials in two variables and an independent `R`. `rho = Poseidon(X)`
//! stands in for one: it is a random function of a challenge that the prover cannot choose. It must
//! not be a power of `X`, or any other algebraic function of low degree: for `R = X` the form
//! `X - x - X * y` is `(1 - y) * (X - x / (1 - y))`, different pairs share poles, and for higher powers
//! fractions of one pair are sums of fractions of others.
//!
//! *The mask* blinds the commitment: without it, small committed values could be found by trying them.
//! It is free by design, and occurs in `mask * 1 = mask` alone.
//!
//! Reference: U. Haböck, *Multivariate lookups based on logarithmic derivatives*,
//! <https://eprint.iacr.org/2022/1530>; the commitment is gnark's, from <https://eprint.iacr.org/2022/1072>.

pub mod cost;
pub mod digits;
pub mod function;
mod prove;
#[cfg(test)]
mod tests;

pub(crate) use function::CASES;

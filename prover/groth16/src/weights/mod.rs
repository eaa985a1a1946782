//! Weights that a commitment of their own fixes: keys, commitments, proofs.
//!
//! Wires: I = {one, digest, h}, S the lookups' with their mask, W the weights with theirs, Q the rest. kappa_j = beta A_j +
//! alpha B_j + C_j at tau.
//!
//! ```text
//! L_j = kappa_j / delta for Q only      IC_j = kappa_j / gamma for I      G_j = kappa_j / gamma for S and W
//! proving key: sigma G_j for S, sigma_w G_j for W                         verifying key: -sigma gamma, -sigma_w gamma
//! commitment     D_w = sum_W w_j G_j,   PoK_w = sigma_w D_w               once a model
//! registration   (1)  e(D_w, -sigma_w gamma) e(PoK_w, gamma) = 1          once a model, before D_w is stored
//! proof          (2)  e(A, B) = e(alpha, beta) e(V, gamma) e(C, delta),   V = IC_0 + d IC_1 [+ h IC_2 + D] + D_w
//!                (3)  e(D, -sigma gamma) e(PoK, gamma) = 1                with lookups
//! ```
//!
//! D_w in (2) is what the verifier stored. h and the factor that folds (3) into (2) hash it
//! (`assay_interface::groth16::weights`). Proofs are as long as without weights. The prover keeps `sum_W w_j A_j` beside
//! the commitment ([`CommittedWeights`]): weights stand in A alone, so a proof computes nothing for them but rows.
//!
//! ```
//! use assay_circuits::{Assignment, Builder, Ranges, StatementInput, StatementOutput, Visibility};
//! use assay_groth16::weights::{self, CommittedWeights, WeightsProver};
//! use assay_interface::groth16::weights::check_weights;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tensors = [("w", 2, 8)];
//! // A circuit that computes: y = w_0 x_0 + w_1 x_1.
//! let mut b = Builder::new();
//! let w = b.weights(&tensors)?;
//! let x = b.input("x", 2, 8)?;
//! let y = b.weighted_sum(&w[0], &x, &assay_circuits::Bounded::constant(0)?)?;
//! let inputs = [StatementInput { values: &x, bits: 8, visibility: Visibility::Public }];
//! b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &[y], bits: 18 }])?;
//! let inference = b.finish()?;
//! // One that proves ranges. Its statement is a context: the place where the commitment will lie.
//! let mut b = Builder::with_ranges(Ranges::Lookup);
//! b.weights(&tensors)?.concat().iter().try_for_each(|weight| b.prove_weight(weight))?;
//! b.bind_statement(8u64.into(), &[], &[])?;
//! let registration = b.finish()?;
//!
//! let mut rng = rand::rngs::OsRng;
//! let keys = weights::setup(&[&inference, &registration], &mut rng)?;
//! let model = CommittedWeights::commit(&keys[0], [3, -5], &mut rng)?;
//!
//! // Once: the commitment holds weights, and these are integers of eight bits.
//! let key = keys[1].verifying_key();
//! check_weights(&key.to_interface(), &model.commitment(), &model.knowledge())?;
//! let assignment =
//!     Assignment { context: [9; 32], weights: model.weights().clone(), ..Assignment::default() };
//! let witness = registration.solve(&assignment)?;
//! let proof = WeightsProver::new(&keys[1], &registration)?.prove(&model, &witness, &mut rng)?;
//! weights::verify(key, &model.commitment(), &proof, &assay_groth16::scalar(witness.digest()))?;
//!
//! // For every decision.
//! let assignment = Assignment { inputs: vec![vec![40, 20]], ..assignment };
//! let witness = inference.solve(&assignment)?;
//! assert_eq!(witness.outputs(), [vec![3 * 40 - 5 * 20]]);
//! let proof = WeightsProver::new(&keys[0], &inference)?.prove(&model, &witness, &mut rng)?;
//! let digest = assay_groth16::scalar(witness.digest());
//! weights::verify(keys[0].verifying_key(), &model.commitment(), &proof, &digest)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Many keys, one commitment
//!
//! Weight k stands in A of row k alone, with coefficient 1 (`assay_circuits::Weights`), in every circuit of a setup, and
//! these have one domain, one tau, alpha, beta, gamma and sigma_w. So `G_j = beta L_k(tau) / gamma` is the same point in
//! all of their keys, and one D_w serves them: a circuit that computes, and one, or some, that prove ranges of the weights
//! once, at registration. delta and sigma are each key's own. [`setup`] makes such keys in one call and compares the
//! points; [`WeightsProvingKey::shares_weights`] compares those of two files.
//!
//! # What is proven
//!
//! In the algebraic group model, up to discrete logarithms of the setup's secrets: from whoever makes a D_w with PoK_w that
//! pass (1), and proofs that pass (2) and (3), under any of the keys, the values of all wires can be extracted; they
//! satisfy the constraints of each proof's circuit, with *the same weights in all of them*. D_w fixes the weights before h
//! is known.
//!
//! The secrets are variables. The argument covers development keys, where gamma is one of them, and keys of a ceremony,
//! where gamma is 1 and every `tau^i`, `alpha tau^i`, `beta tau^i` is public in G1 and every `tau^i` in G2. R are the
//! polynomials in tau. For the keys k of a setup, an adversary's points lie in
//!
//! ```text
//! G1: R + alpha R + beta R, delta_k, Y_k / delta_k, Z / gamma, sigma_k X_k / gamma, sigma_w X_w / gamma
//! G2: R, beta, gamma, delta_k, sigma_k gamma, sigma_w gamma
//! ```
//!
//! with Y_k in the span of kappa_Q of key k and of its H, Z in that of all kappa of I, S and W, X_k in that of kappa_S of
//! key k, and X_w in that of kappa_W. (A key by itself gives less; more is no harm.) kappa and H are of degree one in alpha
//! and beta at most, and *no monomial of them is alpha beta*.
//!
//! *Used throughout.* If a product of two Laurent polynomials does not contain a variable, both factors are homogeneous in
//! it, of opposite degrees: the highest degrees add up to zero, and so do the lowest.
//!
//! 1. *D_w holds weights, and nothing else.* (1) says `PoK_w = sigma_w D_w`. Points have degree 0 and 1 in sigma_w, so D_w
//!    has degree 0; and what has degree 1 is `sigma_w X_w / gamma`. So `D_w = X_w / gamma`, with X_w a combination of the
//!    kappa_W. In the same way (3) puts D into the span of the kappa_S of its key. This is where two secrets are needed:
//!    with `sigma_w = t sigma`, t known, D could hold weights, and with `sigma_w = t`, D_w a public wire.
//! 2. *They are fixed by it.* `kappa_w = beta L_k` for home row k, and these are independent. D_w is the same combination
//!    whatever the key, since home rows, domain and secrets are.
//! 3. *No public wire is in D or D_w.* Each instance wire has a row of A to itself (module `qap`), so the kappa_I and the
//!    span of all others meet in zero: no challenge changes what D and D_w, which it hashes, hold.
//! 4. *A and B.* Read (2) of a proof under key 1 at degree zero and below in delta_1: what `delta_1 C` adds there is a `Y'`
//!    in the span of kappa_Q and H. With `P = alpha beta + gamma V + Y'`, a polynomial in alpha, beta and tau alone in
//!    which alpha beta has the coefficient 1:
//!    - If A had a `Y_1 / delta_1`, B would be a multiple of delta_1, for there is no negative degree on the right; then `P
//!      = b_1 Y_1`, without alpha beta. So `Y_1 = 0`, and `P = A' B'` for what A and B have without delta_1.
//!    - P has none of gamma (where that is a variable), delta_k for k other than 1, sigma_k, sigma_w. B' has degrees 0 and
//!      1 in each. Degree 1 in a sigma would need -1 in A': so none. `B' = b_k delta_k` with `A' = Y_k / delta_k`, and `B'
//!      = c gamma` with `A' = Z / gamma`, give products of degree one, without alpha beta. So `A' = A_0 + alpha A_1 + beta
//!      A_2` and `B' = B_0 + b beta`, over R. That gamma is the base of two knowledge checks has no part in this.
//!    - alpha beta: `A_1 b = 1`, so A_1 is a constant a. beta^2: `A_2 = 0`. beta: `b A_0 = sum v_j A_j(tau)`. alpha: `a B_0
//!      = sum v_j B_j(tau)`. The rest: `A_0 B_0 = sum v_j C_j(tau)` and something in the span of H. v is (1, d, h) on I,
//!      D's coefficients on S, D_w's on W, and those of C on Q. As `a b = 1`, these are the constraints (module `qap` says
//!      why the instance rows are needed), for weights that are D_w's. []
//!
//! *What W must not share.* A weight with an L_j as well, or one that lookups commit to, would be `w_j + x` in a proof,
//! with x free in each. So I, S and W are disjoint and W has no L_j: `assay_circuits::Weights::check` asks it of circuits,
//! in the setup and in the prover, and the reader of keys asks it of files.
//!
//! *Zero knowledge.* D_w is uniform: its mask is, and the mask's point is not zero. PoK_w follows from it. A proof has its
//! own r, s and mask of D. Whoever knows the secrets makes all of it from nothing, for any number of proofs under one D_w,
//! with the same distribution. What the statements themselves tell is another matter: a small network with public inputs
//! and outputs can be fitted from its answers.
//!
//! # What is not proven, and what a verifier must do
//!
//! - *Not an opening.* With somebody's (D_w, PoK_w), `u D_w + sum x_j G_j` passes (1) as well: anybody can register sums,
//!   multiples and shifted copies of what others registered. Nobody can prove under them what the owner did not: running 4
//!   again with D_w as a variable omega, a proof needs omega on both sides of (2), in V and from the C of an honest proof,
//!   hence u = 1, no shift, and that proof's own statement and h, re-randomized. (A sketch: Groth16's weak simulation
//!   extractability.) So **a copy accepts its owner's published proofs**, and what tells two places apart is the statement:
//!   it must hold the place where D_w is stored.
//! - *Ranges.* A circuit that computes assumes that weights are integers of their bits. Another element gives what no
//!   integer gives (1/32 times -32), and leaves the intervals that rounding rests on, where one input may have several
//!   outputs. A registration is complete with a proof, under a key that shares the weights, of a circuit that proves their
//!   ranges, and of a statement that holds the place.
//! - *Freshness.* Two commitments with one mask differ by `sum (w'_j - w_j) G_j`, which is guessed where few weights
//!   changed. Every [`CommittedWeights::update`] draws a mask. Commitments to equal weights cannot be linked by anybody,
//!   their owner's word included, unless he shows the difference of the masks.
//! - Whoever knows the setup's secrets commits to anything: a development key binds no weights against its maker.
//!
//! Assumed: the algebraic group model, the q-type discrete logarithm in BN254, SHA-256 as a random oracle where there are
//! lookups, and secrets that nobody knows.

mod commit;
mod key;
mod prove;
mod setup;
#[cfg(test)]
mod tests;

pub use assay_interface::groth16::weights::{WeightsCommitment, WeightsKnowledge};
pub use commit::{CommitError, CommittedWeights};
pub use key::{WeightsProvingKey, WeightsVerifyingKey};
pub use prove::{WeightsProver, verify};
pub use setup::{setup, setup_from_seed};

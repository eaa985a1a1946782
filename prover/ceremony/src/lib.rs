//! The second phase of a Groth16 setup by many contributors: a key is sound if one of them checked, contributed and forgot.
//!
//! A development key is as honest as the one machine that made it. Here the secrets of a circuit's key are products: of a public first
//! phase, the powers of tau ([`Phase1`]), and of factors that each contributor draws, multiplies in and forgets ([`Ceremony`]). Whoever
//! wants to know verifies the result from nothing ([`verify`]).
//!
//! *What it gives:* nobody can forge if one contributor of the first phase deleted his secrets, **and** one of the second was honest: he
//! checked the state before his own by the circuit and by that first phase, contributed to it, and deleted his factors. Whoever knows
//! tau, alpha and beta forges in spite of an honest delta: a known multiple of 1 / delta is among the H_i.
//!
//! *Why he has to check.* A contribution multiplies points and hands them out. Of the circuit's points that is what the argument below
//! counts with. Of others it is an oracle: `IC_j / delta` and sigma in G1 let anything be proven, and no final key shows that somebody
//! got them. So a contribution is a method of [`CheckedState`], which only [`Ceremony::check`] makes: all sections, with the circuit's
//! number of points each, against the powers.
//!
//! # The key
//!
//! gamma is 1, and so are delta and each sigma at the beginning. A contribution with the factors d and s makes delta d delta in both groups,
//! L and H 1/d of themselves, sigma in G2 s sigma, and the points sigma G_j s times themselves. alpha, beta, A, B, IC and G stay.
//! The secrets beside delta are a list of sigmas, one for each knowledge check of the key: none, or that of the lookups' commitment.
//!
//! # Why gamma may be 1, and the powers public
//!
//! The module `setup` of `assay_groth16` argues for keys whose gamma is a variable, and whose G1 holds the key's own points only. Here G1
//! has every `tau^i`, `alpha tau^i` and `beta tau^i`, hence every kappa_j, delta, Y / delta for Y in the span of the kappa_j of L and the
//! numerators of H, and `sigma kappa_j` for committed j; G2 has `tau^i`, beta, delta and sigma. In the algebraic group model, with
//! alpha, beta, delta, tau and sigma as variables:
//!
//! - *D is a commitment.* `PoK = sigma D`. Of G1 only the `sigma kappa_j` have a factor sigma, so `D = sum w_j kappa_j` over the committed
//!   wires: a term of D with sigma, delta or 1 / delta would need sigma^2, sigma delta or sigma / delta in PoK.
//!   **That is why no sigma may stand in G1**, in a key, a record or a state that an honest contributor multiplies. With `[sigma]_1`, `D = t [1]` and `PoK = t [sigma]_1` pass the check, and D holds no wire. For
//!   the same reason a contribution proves its factor of sigma in G2.
//! - *No public wire is in it.* beta A_j of an instance wire has that wire's own row's Lagrange polynomial, which no other wire has: the
//!   spans of the instance's kappa_j and of all others meet in zero.
//! - *A and B.* Write `A = A0 + alpha A1 + beta A2 + a delta + Y / delta + sigma X` and `B = B0 + b beta + b' delta + c sigma`, with polynomials
//!   in tau. On the right, delta C aside, stand alpha beta and V, free of sigma and delta; what delta C adds without a factor delta is
//!   some Y'. alpha beta on the left comes from A1 b alone, so A1 = a1 is constant and a1 b = 1. beta^2: A2 = 0. sigma^2: c X = 0. sigma without
//!   delta: `c (A0 + a1 alpha) + X (B0 + b beta) = 0`; were X not 0, then c = 0, and a product of two polynomials other than zero would be
//!   zero; so X = 0, and then c = 0. 1 / delta: `Y (B0 + b beta) = 0`, so Y = 0.
//! - *The wires.* What is left is `alpha beta + a1 alpha B0 + b beta A0 + A0 B0 = alpha beta + V + Y'`. The coefficients of beta and alpha give
//!   `b A0 = sum v_j A_j` and `a1 B0 = sum v_j B_j`, and `A0 B0 = sum v_j C_j + H`, with v = (1, d, h) on the instance, D's on the committed
//!   wires and C's coefficients on the others. H may hold `e X^(N-1)` (module `qap`), and the instance's rows force e to be 0.
//! - *Many keys of one first phase* have their own delta and sigma. Products of beta or alpha with another key's delta or sigma do not occur
//!   on the right, so neither A nor B holds a foreign one.
//!
//! # Why contributors can be trusted to have contributed
//!
//! Ratios of the last key to the first hold for a key that one person made with factors of their own. So each record proves knowledge of its
//! factors *relative to the state before* ([`Transcript`]), up to the key's own delta and sigma, and the challenge hashes everything so far. A
//! contributor finds the hash that he was shown in the transcript, or he was left out: he finds that, or whoever knows his hash, and
//! nobody else. Factors of 1 and -1, gamma, delta and sigmas that are equal or opposite, and delta and a sigma multiplied by one number
//! or its negative are refused. Factors of two sigmas cannot be compared: neither has a point in G1.
//!
//! *What is not shown:* that contributors are different people; that they checked and deleted anything; that nobody knows tau. The first is settled by names
//! and signatures outside, the second by there being many, the third by taking a public first phase, whose digest a transcript names.
//!
//! # A beacon
//!
//! The last factors may come from a value that nobody could know before, from a source that is named when the ceremony begins. Groth16's
//! ceremony is sound without it (Kohlweiss, Maller, Siim, Volkhov, ASIACRYPT 2021): what a last contributor gains by trying many factors is
//! bounded by how many he tries. It costs nothing, and ends a ceremony where everybody sees it.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod checked;
mod error;
mod folder;
mod ground;
mod initial;
mod json;
mod linear;
mod packed;
mod parts;
mod phase1;
mod random;
mod secrets;
mod transcript;
mod verify;

pub use checked::CheckedState;
pub use error::{Error, PartFault, RecordError, TranscriptError};
pub use folder::{Ceremony, Options, TRANSCRIPT};
pub use json::{check_name, from_json, to_json};
pub use packed::unpack;
pub use parts::Part;
pub use phase1::{Contribution, Identity, Phase1, Phase1Error, Powers, PtauFile};
pub use transcript::{Author, Beginning, LONGEST_NAME, Proof, Record, State, Transcript, VALUE_BYTES};
pub use verify::{Contributor, Verified, finished, verify, verify_verifying_key};

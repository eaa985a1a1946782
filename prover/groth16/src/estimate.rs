//! What proving a circuit will cost, before any key exists.
//!
//! The model counts additions of points and products in the scalar field. A sum over full-size scalars takes what the
//! engine's own formula says ([`msm::additions`]); a small scalar takes one, and half of the bits of a model are zero. The
//! quotient takes `3 N (k + 2 e)` products for a domain of `N = 3^e 2^k` points. Times of the
//! operations come from a [`Calibration`].
//!
//! How good it is: `cargo run --release -p assay-arkworks --example engine` prints the estimate next to the time for systems
//! of any size, and `benches/prove.rs` for a model.

use std::{hint::black_box, time::Instant};

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use assay_circuits::{Assignment, Circuit, Membership, R1cs, SolveError, Witness};
use assay_engine::{Domain, msm};

use crate::{
    calibration::{Calibration, products_of_quotient},
    footprint::{key_bytes, prove_memory},
    layout::Counts,
    qap::{wires_of_a, wires_of_b, wires_of_l},
};

/// Phases follow each other and none of them uses all threads to its end.
const OVERHEAD: f64 = 1.15;
/// Additions of a small scalar, on average: half of the bits are zero, limbs and quantized values take one or two.
const SMALL: f64 = 0.7;
/// To evaluate one coefficient of the matrices, in nanoseconds: machine integers and memory.
const COEFFICIENT_NS: f64 = 1.5;

/// What one proof costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Wall time of one proof, key loaded and witness solved, in milliseconds.
    pub proving_ms: f64,
    /// Memory of the loaded key and the prover's working set, in bytes.
    pub memory_bytes: u64,
}

/// The cost of one proof on the reference machine: the same on every machine.
pub fn estimate(circuit: &Circuit) -> Estimate {
    estimate_with(circuit, &Calibration::REFERENCE)
}

/// The cost of one proof for given operation times.
pub fn estimate_with(circuit: &Circuit, calibration: &Calibration) -> Estimate {
    let committed = circuit.commitment.as_ref().map_or(&[][..], |commitment| &commitment.committed);
    let weights = circuit.weights.as_ref().map_or(&[][..], |weights| &weights.wires);
    of_system(&circuit.r1cs, [committed, weights], &full_size_wires(circuit), calibration)
}

/// The same for a constraint system, given which wires are committed, which are weights, and which hold full-size values. Weights
/// cost nothing: their sum in A is made once for a model.
pub(crate) fn of_system(
    r1cs: &R1cs,
    [committed, weights]: [&[u32]; 2],
    is_full_size: &[bool],
    calibration: &Calibration,
) -> Estimate {
    let wires = r1cs.num_wires();
    let rows = r1cs.num_constraints() + r1cs.num_instance;
    let domain = Domain::for_rows(rows).map_or(rows, |domain| domain.size());
    let load = |wires: &[u32]| -> Load {
        let full = wires.iter().filter(|wire| is_full_size.get(**wire as usize) == Some(&true)).count();
        Load { full, small: wires.len() - full }
    };
    let mut without_weights = wires_of_a(r1cs);
    without_weights.retain(|wire| weights.binary_search(wire).is_err());
    let (in_a, in_b, in_l) =
        (load(&without_weights), load(&wires_of_b(r1cs)), load(&wires_of_l(r1cs, [committed, weights])));
    let in_h = Load { full: domain, small: 0 };
    let in_g = load(committed);

    let g1 =
        in_a.additions() + in_b.additions() + in_l.additions() + in_h.additions() + 2.0 * in_g.additions();
    let g2 = in_b.additions();
    let nonzeros = r1cs.a.nonzeros() + r1cs.b.nonzeros() + r1cs.c.nonzeros();
    let nanoseconds = g1 * calibration.g1_add_ns
        + g2 * calibration.g2_add_ns
        + (products_of_quotient(domain) + rows) as f64 * calibration.fr_mul_ns
        + (nonzeros + 3 * rows) as f64 * COEFFICIENT_NS;

    let counts = Counts {
        wires: wires as u32,
        domain: domain as u32,
        a: (in_a.wires() + weights.len()) as u32,
        b: in_b.wires() as u32,
        l: in_l.wires() as u32,
        committed: committed.len() as u32,
        weights: weights.len() as u32,
        instance: r1cs.num_instance as u8,
    };
    Estimate {
        proving_ms: OVERHEAD * nanoseconds / calibration.threads.max(1.0) / 1e6,
        memory_bytes: key_bytes(&counts) + prove_memory(&counts),
    }
}

/// Wires of a multi-scalar multiplication by the size of their values.
struct Load {
    full: usize,
    small: usize,
}

impl Load {
    fn wires(&self) -> usize {
        self.full + self.small
    }

    /// Group additions.
    fn additions(&self) -> f64 {
        let bits = Fr::MODULUS_BIT_SIZE as usize - 1; // signs take one
        msm::additions([(bits, self.full)]) + SMALL * self.small as f64
    }
}

/// Which wires hold full-size values: those of more than 64 bits when every input is zero. Hash wires are, and inverses
/// behind a challenge; bits and quantized integers are not, whatever the input.
fn full_size_wires(circuit: &Circuit) -> Vec<bool> {
    match witness_of_zeros(circuit) {
        Ok(witness) => witness.values.iter().map(|value| value.into_bigint().num_bits() > 64).collect(),
        Err(_) => vec![true; circuit.r1cs.num_wires()], // no witness for zero inputs: assume the worst
    }
}

/// Time to solve for a witness on this machine, now, in milliseconds: the least of three, of one whose inputs are zero.
///
/// # Errors
/// Those of the circuit, where it has no such witness.
pub fn solving_ms(circuit: &Circuit) -> Result<f64, SolveError> {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        black_box(witness_of_zeros(circuit)?);
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(least)
}

fn witness_of_zeros(circuit: &Circuit) -> Result<Witness, SolveError> {
    let inputs = circuit.inputs().iter().map(|tensor| vec![0; tensor.len as usize]).collect();
    let salts = vec![Fr::ZERO; circuit.program().num_salts()];
    let weights = vec![0; circuit.program().num_weights()].into();
    // Any element of full size will do for mask and challenge.
    let element = Fr::ONE / Fr::from(7u64);
    let member = circuit.program().member_depth().map(|depth| Membership {
        secret: Fr::ZERO,
        salt: Fr::ZERO,
        position: 0,
        siblings: vec![Fr::ZERO; usize::from(depth)],
        scope: [0; 32],
    });
    let witness = circuit.solve(&Assignment { inputs, context: [0; 32], salts, member, weights })?;
    circuit.complete(witness, element, element)
}

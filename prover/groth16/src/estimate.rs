//! What proving a circuit will cost, before any key exists.
//!
//! The model counts group operations, in mixed additions of eleven multiplications. A multi-scalar multiplication of n
//! full-size scalars takes `ceil(254 / c) (6 n + 12 * 2^c)` multiplications for the best window c; a wire that is 0 or 1
//! takes six when it is 1, which is assumed of half of them. Transforms take `N log2 N / 2` multiplications each. Times of
//! the three operations come from a [`Calibration`].

use std::{hint::black_box, time::Instant};

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use assay_circuits::{Assignment, Circuit};

use crate::qap::{wires_of_a, wires_of_b, wires_of_l};

/// Measured over counted time: memory traffic, and threads that wait for each other. `benches/prove.rs` takes 22 ms
/// where the count says 17.
const OVERHEAD: f64 = 1.3;

/// What one proof costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Wall time of one proof, key loaded and witness solved, in milliseconds.
    pub proving_ms: f64,
    /// Memory of the loaded key and the prover's working set, in bytes.
    pub memory_bytes: u64,
}

/// Times of the prover's basic operations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Mixed addition in G1, nanoseconds.
    pub g1_add_ns: f64,
    /// Mixed addition in G2, nanoseconds.
    pub g2_add_ns: f64,
    /// Multiplication in the scalar field, nanoseconds.
    pub fr_mul_ns: f64,
    /// Threads that share the work.
    pub threads: f64,
}

impl Calibration {
    /// Two cores of a Xeon of 2023, as [`Calibration::measure`] finds them: estimates that must not depend on the
    /// machine use this.
    pub const REFERENCE: Calibration =
        Calibration { g1_add_ns: 310.0, g2_add_ns: 1000.0, fr_mul_ns: 20.0, threads: 2.0 };

    /// This machine, by a benchmark of about 10 ms.
    pub fn measure() -> Calibration {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let mut sum_g1: G1Projective = g1.into_group();
        let mut sum_g2: G2Projective = g2.into_group();
        let (mut product, factor) = (Fr::from(3u64), Fr::from(7u64).inverse().unwrap_or_default());
        let calibration = Calibration {
            g1_add_ns: nanoseconds(4_000, || sum_g1 += black_box(g1)),
            g2_add_ns: nanoseconds(2_000, || sum_g2 += black_box(g2)),
            fr_mul_ns: nanoseconds(40_000, || product *= black_box(factor)),
            threads: rayon::current_num_threads() as f64,
        };
        let _ = black_box((sum_g1, sum_g2, product)); // the results must exist, or the compiler drops the loops
        calibration
    }
}

/// The cost of one proof on the reference machine: the same on every machine, as reports need it.
pub fn estimate(circuit: &Circuit) -> Estimate {
    estimate_with(circuit, &Calibration::REFERENCE)
}

/// The cost of one proof for given operation times.
pub fn estimate_with(circuit: &Circuit, calibration: &Calibration) -> Estimate {
    let r1cs = &circuit.r1cs;
    let wires = r1cs.num_wires();
    let domain = (r1cs.num_constraints() + r1cs.num_instance).next_power_of_two();
    let is_full_size = full_size_wires(circuit);
    let load = |wires: Vec<u32>| -> Load {
        let full = wires.iter().filter(|wire| is_full_size.get(**wire as usize) == Some(&true)).count();
        Load { full, small: wires.len() - full }
    };
    let (in_a, in_b, in_l) = (load(wires_of_a(r1cs)), load(wires_of_b(r1cs)), load(wires_of_l(r1cs)));
    let in_h = Load { full: domain, small: 0 };

    let g1 = in_a.additions() + in_b.additions() + in_l.additions() + in_h.additions();
    let g2 = in_b.additions();
    let nonzeros = r1cs.a.nonzeros() + r1cs.b.nonzeros() + r1cs.c.nonzeros();
    let transforms = 6 * domain / 2 * domain.trailing_zeros() as usize;
    let nanoseconds = g1 * calibration.g1_add_ns
        + g2 * calibration.g2_add_ns
        + (nonzeros + transforms) as f64 * calibration.fr_mul_ns;

    let g1_points = in_a.wires() + in_b.wires() + in_l.wires() + domain;
    let key = g1_points * size_of::<G1Affine>() + in_b.wires() * size_of::<G2Affine>() + 4 * 4 * wires;
    // Witness as elements and as integers, A, B, C and the quotient, and a copy of each query's scalars.
    let working = 32 * (2 * wires + 4 * domain + in_a.wires() + 2 * in_b.wires() + in_l.wires());
    Estimate {
        proving_ms: OVERHEAD * nanoseconds / calibration.threads.max(1.0) / 1e6,
        memory_bytes: (key + working) as u64,
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

    /// Group additions: windows for full-size scalars, one affine addition for every other small one.
    fn additions(&self) -> f64 {
        let windows = |bits: usize| 254usize.div_ceil(bits) * (6 * self.full + (12 << bits));
        let full = if self.full == 0 { 0 } else { (3..=14).map(windows).min().unwrap_or(0) };
        (full + 3 * self.small) as f64 / 11.0
    }
}

/// Which wires hold full-size values: those of more than 64 bits when every input is zero. Hash wires are; bits and
/// quantized integers are not, whatever the input.
fn full_size_wires(circuit: &Circuit) -> Vec<bool> {
    let inputs = circuit.inputs().iter().map(|tensor| vec![0; tensor.len as usize]).collect();
    let salts = vec![Fr::ZERO; circuit.program().num_salts()];
    match circuit.solve(&Assignment { inputs, context: [0; 32], salts }) {
        Ok(witness) => witness.values.iter().map(|value| value.into_bigint().num_bits() > 64).collect(),
        Err(_) => vec![true; circuit.r1cs.num_wires()], // no witness for zero inputs: assume the worst
    }
}

fn nanoseconds(repetitions: u32, mut operation: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..repetitions).for_each(|_| operation());
    start.elapsed().as_nanos() as f64 / f64::from(repetitions)
}

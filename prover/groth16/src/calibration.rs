//! How long this machine takes for the prover's operations: measured inside sums and transforms, so that memory traffic and
//! inversions are part of them.

use std::{fs, hint::black_box, path::Path, time::Instant};

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{Field, PrimeField};
use assay_engine::{
    Backend, Domain, G1Point, G2Point,
    fixed_base::FixedBase,
    msm::{self, msm},
};
use assay_interface::artifact;

use crate::cache::{self, hex};

/// Times of the prover's basic operations, each that of one thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Addition in a sum in G1, nanoseconds.
    pub g1_add_ns: f64,
    /// Addition in a sum in G2, nanoseconds.
    pub g2_add_ns: f64,
    /// Product in a transform over the scalar field, nanoseconds.
    pub fr_mul_ns: f64,
    /// Threads that share the work.
    pub threads: f64,
}

impl Calibration {
    /// Two cores of an Emerald Rapids server (Xeon at 2.3 GHz, IFMA): for estimates that must not depend on the machine.
    ///
    /// Processor time of one thread for sums of 2^10 to 2^14 full-size scalars, over what [`msm::additions`] counts (46 to 48 ns
    /// in G1, 93 to 107 in G2), and for quotients of the same sizes (5.2 to 5.7), on a busy machine: an idle one is faster, in
    /// all three alike.
    pub const REFERENCE: Calibration =
        Calibration { g1_add_ns: 47.0, g2_add_ns: 100.0, fr_mul_ns: 5.3, threads: 2.0 };

    /// This machine, as measured once: the first call takes what [`Calibration::measure`] takes and leaves the result in the
    /// user's cache directory, in a file for this processor, arithmetic and number of threads. A measurement on a machine that
    /// was busy stays until that file is deleted.
    pub fn of_user() -> Calibration {
        Calibration::cached(cache::of_user().as_deref())
    }

    fn cached(directory: Option<&Path>) -> Calibration {
        let Some(directory) = directory else { return Calibration::measure() };
        let machine = machine();
        let path =
            directory.join(format!("operations-{}", hex(artifact::digest(machine.as_bytes()).split_at(8).0)));
        if let Some(known) =
            fs::read_to_string(&path).ok().and_then(|text| Calibration::read(&machine, &text))
        {
            return known;
        }
        let measured = Calibration::measure();
        // A directory that cannot be written to costs a measurement the next time.
        let _ = cache::write_whole(&path, measured.text(&machine).as_bytes());
        measured
    }

    fn text(&self, machine: &str) -> String {
        let Calibration { g1_add_ns, g2_add_ns, fr_mul_ns, threads } = self;
        format!("{machine}\n{g1_add_ns} {g2_add_ns} {fr_mul_ns} {threads}\n")
    }

    fn read(machine: &str, text: &str) -> Option<Calibration> {
        let numbers = text.strip_prefix(machine)?.strip_prefix('\n')?.trim_end();
        let number =
            |text: &str| text.parse().ok().filter(|number: &f64| *number > 0.0 && number.is_finite());
        let numbers: Vec<f64> = numbers.split(' ').map(number).collect::<Option<_>>()?;
        let &[g1_add_ns, g2_add_ns, fr_mul_ns, threads] = &numbers[..] else { return None };
        Some(Calibration { g1_add_ns, g2_add_ns, fr_mul_ns, threads })
    }

    /// This machine, by a benchmark of some 100 ms; with the portable arithmetic if the environment asks for what cannot run.
    pub fn measure() -> Calibration {
        const COUNT: usize = 1 << 12;
        let backend = Backend::detect().unwrap_or(Backend::Portable);
        let threads = rayon::current_num_threads() as f64;
        // Scalars without pattern, and points that differ.
        let factor = Fr::ONE / Fr::from(7u64);
        let scalars: Vec<Fr> =
            std::iter::successors(Some(factor), |s| Some(s.square() + factor)).take(COUNT).collect();
        let g1 = FixedBase::new(backend, G1Point::from(G1Affine::generator()), COUNT).multiply(&scalars[..]);
        let g2 = FixedBase::new(backend, G2Point::from(G2Affine::generator()), COUNT).multiply(&scalars[..]);
        let additions = msm::additions([(Fr::MODULUS_BIT_SIZE as usize - 1, COUNT)]);
        let mut calibration = Calibration { threads, ..Calibration::REFERENCE };
        calibration.g1_add_ns =
            threads * nanoseconds(|| black_box(msm(backend, &g1, &scalars[..]))) / additions;
        calibration.g2_add_ns =
            threads * nanoseconds(|| black_box(msm(backend, &g2, &scalars[..]))) / additions;
        if let Ok(domain) = Domain::with_size(COUNT) {
            let transform = || black_box(domain.quotient(backend, scalars.clone(), scalars.clone()));
            calibration.fr_mul_ns = threads * nanoseconds(transform) / products_of_quotient(COUNT) as f64;
        }
        calibration
    }
}

/// What the times of operations depend on: this version, the processor, the arithmetic that runs on it, and the threads.
fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").ok();
    let model = processors.as_deref().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim())
    });
    let backend = Backend::detect().map_or("portable", |backend| backend.name());
    let threads = rayon::current_num_threads();
    let version = env!("CARGO_PKG_VERSION");
    format!("assay {version} on {}, {backend}, {threads} threads", model.unwrap_or("an unknown processor"))
}

/// Products of six transforms over `domain` points.
pub(crate) fn products_of_quotient(domain: usize) -> usize {
    let twos = domain.trailing_zeros();
    3 * domain * (twos as usize + 2 * usize::from(domain >> twos > 1))
}

/// The least of five times, after one that warms up.
fn nanoseconds<T>(mut operation: impl FnMut() -> T) -> f64 {
    let times = (0..6).map(|_| {
        let start = Instant::now();
        let _ = operation();
        start.elapsed().as_nanos() as f64
    });
    times.skip(1).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_measured_once() {
        let directory = tempfile::tempdir().unwrap();
        let measured = Calibration::cached(Some(directory.path()));
        assert_eq!(Calibration::cached(Some(directory.path())), measured);
        let file = fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
        // What is remembered is what is used, and only for this machine.
        let other = Calibration { g1_add_ns: 12345.5, ..measured };
        fs::write(&file, other.text(&machine())).unwrap();
        assert_eq!(Calibration::cached(Some(directory.path())), other);
        for wrong in [
            "",
            "another machine\n1 2 3 4\n",
            &format!("{}\n1 2 3 -4\n", machine()),
            &format!("{}\n1 2 3\n", machine()),
        ] {
            fs::write(&file, wrong).unwrap();
            assert_ne!(Calibration::cached(Some(directory.path())), other, "{wrong}");
        }
    }
}

//! How long this machine takes for the prover's operations: measured inside sums and transforms, so that memory traffic and
//! inversions are part of them.

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{Field, PrimeField};
use assay_engine::{
    Backend, BackendError, Domain, DomainError, G1Point, G2Point,
    fixed_base::FixedBase,
    msm::{self, msm},
};
use assay_interface::artifact;
use thiserror::Error;

use crate::{
    cache::{self, hex},
    progress::{Cancelled, Observer, Stage},
};

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

/// Why a machine was not measured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MeasureError {
    /// The implementation that the environment asks for cannot run.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// There is no transform of the size that is timed.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// An operation took no time at all.
    #[error("the clock of this machine does not move")]
    Clock,
    /// There is nowhere to remember it, and it is to be measured once.
    #[error("neither XDG_CACHE_HOME nor HOME names a directory to remember the measurement in")]
    NoCache,
    /// The caller ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Timings of one operation, of which the least counts: one that warms up, and five.
const RUNS: u64 = 6;
/// How long the times of a machine with other work are used before it is measured again: a busy machine may always be one.
const KEPT_DISTURBED: Duration = Duration::from_secs(3600);
/// Units of progress: two tables of points, and three operations.
const STEPS: u64 = 2 + 3 * RUNS;

impl Calibration {
    /// Two cores of an Emerald Rapids server (Xeon at 2.3 GHz, IFMA): for estimates that must not depend on the machine.
    ///
    /// Processor time of one thread for sums of 2^10 to 2^14 full-size scalars, over what [`msm::additions`] counts (46 to 48 ns
    /// in G1, 93 to 107 in G2), and for quotients of the same sizes (5.2 to 5.7), on a busy machine: an idle one is faster, in
    /// all three alike.
    pub const REFERENCE: Calibration =
        Calibration { g1_add_ns: 47.0, g2_add_ns: 100.0, fr_mul_ns: 5.3, threads: 2.0 };

    /// This machine, as measured once: the first call takes what [`Calibration::measure`] takes, telling `observer`, and
    /// leaves the result in the user's cache directory, in a file for this processor, arithmetic and number of threads. What was
    /// measured while other work held the processors is used for an hour.
    ///
    /// # Errors
    /// [`MeasureError`], of which [`MeasureError::NoCache`] means that there is no such directory.
    pub fn of_user(observer: Observer<'_>) -> Result<Calibration, MeasureError> {
        Calibration::cached(&cache::of_user().ok_or(MeasureError::NoCache)?, || Measured::now(observer))
    }

    fn cached(
        directory: &Path,
        measure: impl FnOnce() -> Result<Measured, MeasureError>,
    ) -> Result<Calibration, MeasureError> {
        let machine = machine(Backend::detect()?);
        let path = place(directory, &machine);
        let disturbed = path.with_extension("disturbed");
        let read = |path: &Path| Calibration::read(&machine, &fs::read_to_string(path).ok()?);
        let is_recent = |path: &Path| {
            let age =
                fs::metadata(path).and_then(|file| file.modified()).ok().and_then(|time| time.elapsed().ok());
            age.is_some_and(|age| age < KEPT_DISTURBED)
        };
        if let Some(known) = read(&path).or_else(|| read(&disturbed).filter(|_| is_recent(&disturbed))) {
            return Ok(known);
        }
        let Measured { calibration, was_disturbed } = measure()?;
        let path = if was_disturbed { disturbed } else { path };
        // A directory that cannot be written to costs a measurement the next time.
        let _ = cache::write_whole(&path, calibration.text(&machine).as_bytes());
        Ok(calibration)
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

    /// This machine, by a benchmark of some 100 ms with AVX-512 IFMA and of half a second without.
    ///
    /// # Errors
    /// All of [`MeasureError`] but [`MeasureError::NoCache`].
    pub fn measure(observer: Observer<'_>) -> Result<Calibration, MeasureError> {
        const COUNT: usize = 1 << 12;
        let backend = Backend::detect()?;
        let mut done = 0;
        let mut step = || {
            done += 1;
            observer.report(Stage::Measure, done, STEPS)
        };
        observer.report(Stage::Measure, 0, STEPS)?;
        let threads = rayon::current_num_threads() as f64;
        // Scalars without pattern, and points that differ.
        let factor = Fr::ONE / Fr::from(7u64);
        let scalars: Vec<Fr> =
            std::iter::successors(Some(factor), |s| Some(s.square() + factor)).take(COUNT).collect();
        let g1 = FixedBase::new(backend, G1Point::from(G1Affine::generator()), COUNT).multiply(&scalars[..]);
        step()?;
        let g2 = FixedBase::new(backend, G2Point::from(G2Affine::generator()), COUNT).multiply(&scalars[..]);
        step()?;
        let additions = msm::additions([(Fr::MODULUS_BIT_SIZE as usize - 1, COUNT)]);
        let domain = Domain::with_size(COUNT)?;
        let products = products_of_quotient(COUNT) as f64;
        let g1_add_ns = nanoseconds(|| black_box(msm(backend, &g1, &scalars[..])), &mut step)? / additions;
        let g2_add_ns = nanoseconds(|| black_box(msm(backend, &g2, &scalars[..])), &mut step)? / additions;
        let transform = || black_box(domain.quotient(backend, scalars.clone(), scalars.clone()));
        let fr_mul_ns = nanoseconds(transform, &mut step)? / products;
        let [g1_add_ns, g2_add_ns, fr_mul_ns] = [g1_add_ns, g2_add_ns, fr_mul_ns].map(|ns| threads * ns);
        Ok(Calibration { g1_add_ns, g2_add_ns, fr_mul_ns, threads })
    }
}

/// A measurement, and whether other work held the processors meanwhile.
struct Measured {
    calibration: Calibration,
    was_disturbed: bool,
}

impl Measured {
    fn now(observer: Observer<'_>) -> Result<Measured, MeasureError> {
        let before = Scheduled::so_far();
        let calibration = Calibration::measure(observer)?;
        let was_disturbed = Scheduled::so_far().is_some_and(|now| now.was_held_up_since(before));
        Ok(Measured { calibration, was_disturbed })
    }
}

/// What Linux says of the time that this process' threads ran, and of that in which they could have run and waited for a
/// processor, nanoseconds. A thread that ended takes its part with it: the pool's threads do not end.
#[derive(Clone, Copy, Debug, Default)]
struct Scheduled {
    ran: u64,
    waited: u64,
}

impl Scheduled {
    /// Waiting that is no other work's: threads of one process hand over to each other.
    const TOLERATED_PERCENT: u64 = 10;

    /// The threads together; nothing where the system does not say.
    fn so_far() -> Option<Scheduled> {
        let threads = fs::read_dir("/proc/self/task").ok()?;
        let read = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("schedstat")).ok();
        let all: Vec<Scheduled> =
            threads.flatten().filter_map(read).map(|text| Scheduled::read(&text)).collect::<Option<_>>()?;
        let add = |sum: Scheduled, one: &Scheduled| Scheduled {
            ran: sum.ran.saturating_add(one.ran),
            waited: sum.waited.saturating_add(one.waited),
        };
        (!all.is_empty()).then(|| all.iter().fold(Scheduled::default(), add))
    }

    /// `/proc/PID/task/TID/schedstat`: nanoseconds run, nanoseconds waited, times scheduled.
    fn read(text: &str) -> Option<Scheduled> {
        let mut numbers = text.split_ascii_whitespace().map(str::parse);
        Some(Scheduled { ran: numbers.next()?.ok()?, waited: numbers.next()?.ok()? })
    }

    /// Whether other work took more than the tolerated part of the time since `before`; unknown counts as no.
    fn was_held_up_since(self, before: Option<Scheduled>) -> bool {
        before.is_some_and(|before| {
            let ran = self.ran.saturating_sub(before.ran);
            let waited = self.waited.saturating_sub(before.waited);
            waited > ran / 100 * Self::TOLERATED_PERCENT
        })
    }
}

/// Where the times of a machine are remembered.
fn place(directory: &Path, machine: &str) -> PathBuf {
    directory.join(format!("operations-{}", hex(artifact::digest(machine.as_bytes()).split_at(8).0)))
}

/// What the times of operations depend on: this version, the processor, the arithmetic that runs on it, and the threads.
fn machine(backend: Backend) -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").ok();
    let model = processors.as_deref().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim())
    });
    let (backend, threads) = (backend.name(), rayon::current_num_threads());
    let version = env!("CARGO_PKG_VERSION");
    format!("assay {version} on {}, {backend}, {threads} threads", model.unwrap_or("an unknown processor"))
}

/// Products of six transforms over `domain` points.
pub(crate) fn products_of_quotient(domain: usize) -> usize {
    let twos = domain.trailing_zeros();
    3 * domain * (twos as usize + 2 * usize::from(domain >> twos > 1))
}

/// The least of five times, after one that warms up.
fn nanoseconds<T>(
    mut operation: impl FnMut() -> T,
    step: &mut impl FnMut() -> Result<(), Cancelled>,
) -> Result<f64, MeasureError> {
    let mut least = f64::INFINITY;
    for run in 0..RUNS {
        let start = Instant::now();
        let _ = operation();
        if run > 0 {
            least = least.min(start.elapsed().as_nanos() as f64);
        }
        step()?;
    }
    if least > 0.0 { Ok(least) } else { Err(MeasureError::Clock) }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, ops::ControlFlow};

    use super::*;
    use crate::progress::Progress;

    #[test]
    fn a_measurement_on_a_busy_machine_is_told_from_others() {
        let at = |ran, waited| Scheduled { ran, waited };
        assert!(!at(1_000_000, 100_000).was_held_up_since(Some(at(0, 0))));
        assert!(at(1_000_000, 100_001).was_held_up_since(Some(at(0, 0))));
        assert!(
            !at(3_000_000, 900_000).was_held_up_since(Some(at(1_000_000, 800_000))),
            "only the time between"
        );
        assert!(!at(1, 1).was_held_up_since(None));
        let read = Scheduled::read("187291 80610 1\n").unwrap();
        assert_eq!((read.ran, read.waited), (187_291, 80_610));
        for wrong in ["", "1", "one two", "1 -2 3"] {
            assert!(Scheduled::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_machine_is_measured_once() {
        let directory = tempfile::tempdir().unwrap();
        let steps = Cell::new((0, 0));
        let count = |Progress { done, total, .. }: Progress| {
            steps.set((done, total));
            ControlFlow::Continue(())
        };
        let cached_after = |was_disturbed| {
            let measure = || {
                let calibration = Calibration::measure(Observer::new(&count))?;
                Ok(Measured { calibration, was_disturbed })
            };
            Calibration::cached(directory.path(), measure).unwrap()
        };
        // A busy machine's times are kept for a while, and not for long.
        let disturbed = cached_after(true);
        assert_eq!(steps.replace((0, 0)), (STEPS, STEPS));
        assert_eq!((cached_after(false), steps.get()), (disturbed, (0, 0)));
        let file = fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
        let old = std::time::SystemTime::now() - KEPT_DISTURBED;
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        let cached = || cached_after(false);
        let measured = cached();
        assert_eq!(steps.replace((0, 0)), (STEPS, STEPS), "the bar ends at 100%");
        assert_eq!((cached(), steps.get()), (measured, (0, 0)));
        fs::remove_file(file).unwrap();
        let file = fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
        // What is remembered is what is used, and only for this machine.
        let other = Calibration { g1_add_ns: 12345.5, ..measured };
        let machine = machine(Backend::detect().unwrap());
        fs::write(&file, other.text(&machine)).unwrap();
        assert_eq!(cached(), other);
        for wrong in [
            "",
            "another machine\n1 2 3 4\n",
            &format!("{machine}\n1 2 3 -4\n"),
            &format!("{machine}\n1 2 3\n"),
        ] {
            fs::write(&file, wrong).unwrap();
            assert_ne!(cached(), other, "{wrong}");
        }
        let stop = |_: Progress| ControlFlow::Break(());
        assert_eq!(Calibration::measure(Observer::new(&stop)), Err(MeasureError::Cancelled(Cancelled)));
    }
}

//! The engine alone against ark-groth16, in one run: medians and their ratio, with the phases of our proof.
//!
//! `cargo run --release -p assay-arkworks --example engine [-- LOG...]`: 67,600 bit constraints, then 2^LOG squarings
//! (default 16). arkworks proves over the 2^k points that it needs, each side on a key of its own; keys
//! are loaded, witnesses solved. Runs alternate, so that both sides see the same machine.

use std::time::{Duration, Instant};

use ark_bn254::Fr;
use ark_ff::UniformRand;
use assay_arkworks::Reference;
use assay_engine::Backend;
use assay_groth16::{
    Calibration, Observer,
    synthetic::{Synthetic, bits, squarings},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let value = work();
    (start.elapsed(), value)
}

fn compare(system: &Synthetic, runs: usize, calibration: &Calibration) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let backend = Backend::detect().expect("a backend");
    let (setup, key) = timed(|| system.setup(&mut rng).expect("setup"));
    let reference = Reference::for_synthetic(system, &mut rng).expect("setup");
    let (mut ours, mut theirs, mut phases) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let (time, proof) = timed(|| system.prove(&key, backend, &mut rng).expect("proof"));
        assay_groth16::verify(key.verifying_key(), &proof.0, &system.public_input()).expect("valid");
        ours.push(time);
        phases.push(proof.1);
        let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
        theirs.push(timed(|| reference.prove(system.wires(), r, s).expect("proof")).0);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "{}: {ours:.1} ms, ark-groth16 {theirs:.1} ms, ratio {:.2} ({backend}, {} threads); setup {:.0} ms, key {} MB",
        system.name,
        theirs / ours,
        rayon::current_num_threads(),
        setup.as_secs_f64() * 1e3,
        key.memory_bytes() >> 20,
    );
    let estimate = system.estimate(calibration);
    println!(
        "    estimated {:.1} ms, {:.2} of the median; memory with the key {} MB",
        estimate.proving_ms,
        estimate.proving_ms / ours,
        estimate.memory_bytes >> 20
    );
    let Some(first) = phases.first() else { return };
    for (index, (name, _)) in first.phases().into_iter().enumerate().skip(2) {
        let times = phases.iter().map(|phase| phase.phases()[index].1).collect();
        println!("    {name:10} {:8.2} ms", median(times));
    }
}

fn main() {
    let logs: Vec<u32> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let calibration = Calibration::measure(Observer::none()).expect("this machine can be measured");
    println!("{calibration:?}");
    compare(&bits(67_600, &mut rng), 9, &calibration);
    for log in if logs.is_empty() { vec![16] } else { logs } {
        compare(&squarings(1 << log, &mut rng), if log > 17 { 3 } else { 9 }, &calibration);
    }
}

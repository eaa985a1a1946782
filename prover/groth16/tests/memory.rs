//! What a proof takes, as `assay_groth16` says it before, against what is allocated. A program of its own, for its allocator
//! counts.

use assay_engine::measure::{CountingAllocator, peak_of};
use assay_groth16::{
    Backend, Calibration,
    synthetic::{Synthetic, bits, squarings},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The key, and what a proof with it allocates at most.
fn measured(system: &Synthetic) -> (usize, usize) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let key = system.setup(&mut rng).unwrap();
    let (peak, proof) = peak_of(|| system.prove(&key, Backend::fastest(), &mut rng));
    proof.unwrap();
    (key.memory_bytes(), peak)
}

/// One test: two at once would count each other's bytes.
#[test]
fn the_estimate_is_enough_and_on_one_thread_less_than_twice_the_truth() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for count in [2_000, 15_000, 40_000] {
            for system in [squarings(count, &mut rng), bits(count, &mut rng)] {
                let (key, peak) = pool.install(|| measured(&system));
                let estimate =
                    pool.install(|| system.estimate(&Calibration::REFERENCE)).memory_bytes as usize;
                let estimate = estimate - key;
                println!(
                    "{}, {threads} threads: {} kB estimated, {} kB taken",
                    system.name,
                    estimate >> 10,
                    peak >> 10
                );
                assert!(estimate >= peak, "{}: {estimate} bytes estimated, {peak} taken", system.name);
                // Tables and buffers are there whatever the circuit. With more threads it is chance how many take part.
                let most = if threads == 1 { 2 * peak + (16 << 20) } else { usize::MAX };
                assert!(estimate <= most, "{}: {estimate} estimated, {peak} taken", system.name);
            }
        }
    }
}

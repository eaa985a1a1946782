//! What benchmarks and tests measure with: kernels of this crate's private parts, and an allocator that counts. Not an interface.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use ark_bn254::Fq;
use ark_ff::Field;

use crate::Backend;

/// `x_i <- x_i y_i^n`, by n products each.
pub fn products(backend: Backend, x: &mut [Fq], y: &[Fq], n: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(ifma) = backend.ifma() {
        return crate::ifma::measure::products(ifma, x, y, n);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = backend.avx2() {
        return crate::avx2::measure::products(avx2, x, y, n);
    }
    let _ = backend;
    for _ in 0..n {
        x.iter_mut().zip(y).for_each(|(x, y)| *x *= y);
    }
}

/// `x_i <- x_i^(2^n)`, by n squares each.
pub fn squares(backend: Backend, x: &mut [Fq], n: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(ifma) = backend.ifma() {
        return crate::ifma::measure::squares(ifma, x, n);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = backend.avx2() {
        return crate::avx2::measure::squares(avx2, x, n);
    }
    let _ = backend;
    for _ in 0..n {
        x.iter_mut().for_each(|x| {
            x.square_in_place();
        });
    }
}

static CURRENT: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Counts bytes that were taken from the system.
pub(crate) fn count_allocated(bytes: usize) {
    let now = CURRENT.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(now, Relaxed);
}

/// Counts bytes that were given back.
pub(crate) fn count_freed(bytes: usize) {
    CURRENT.fetch_sub(bytes, Relaxed);
}

/// The most bytes that were taken at once while `work` ran, beyond those that were when it began. All bytes count where
/// [`CountingAllocator`] is the program's allocator, else only those of [`crate::Pages`].
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = CURRENT.load(Relaxed);
    PEAK.store(before, Relaxed);
    let value = work();
    (PEAK.load(Relaxed).saturating_sub(before), value)
}

/// The system's allocator, with a count of the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator;

// SAFETY: every call goes to the system's allocator with the caller's own arguments, and its result is returned as it is; the
// counters are beside that.
#[allow(unsafe_code, reason = "an allocator is unsafe to write")]
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_allocated(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count_allocated(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count_freed(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_allocated(size);
        count_freed(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    #[test]
    fn both_backends_compute_the_same_powers() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        // 21 elements: the last vector is not full.
        let x: Vec<Fq> = (0..21).map(|_| Fq::rand(&mut rng)).collect();
        let y: Vec<Fq> = (0..21).map(|_| Fq::rand(&mut rng)).collect();
        for backend in Backend::ALL {
            let (mut product, mut square) = (x.clone(), x.clone());
            products(backend, &mut product, &y, 5);
            squares(backend, &mut square, 5);
            for i in 0..21 {
                assert_eq!(product[i], x[i] * y[i].pow([5]));
                assert_eq!(square[i], x[i].pow([32]));
            }
        }
    }
}

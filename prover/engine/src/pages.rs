//! Large scratch memory, in large pages where the system has them.
//!
//! A proof touches tens of megabytes once. In pages of 4 kB their first touch costs as much time as some of the phases that
//! use them, and again whenever an allocator gave them back in between; in pages of 2 MB next to nothing.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

use bytemuck::{Pod, zeroed_vec};
use memmap2::MmapMut;

use crate::measure;

/// A large page.
const PAGE: usize = 1 << 21;
/// Smaller memory is the allocator's.
const LEAST: usize = PAGE / 2;

/// A fixed number of values, zero at first. They start at a multiple of their alignment, at most 4096.
pub struct Pages<T> {
    memory: Memory,
    len: usize,
    values: PhantomData<T>,
}

enum Memory {
    /// From the allocator.
    Heap(Vec<Line>),
    /// From the system; the values begin at this byte.
    Mapped(MmapMut, usize),
}

/// A cache line.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([u64; 8]);

impl<T: Pod> Pages<T> {
    /// This many zeros.
    pub fn zeroed(len: usize) -> Pages<T> {
        let bytes = len.saturating_mul(size_of::<T>());
        let memory = Memory::mapped(bytes).unwrap_or_else(|| Memory::Heap(zeroed_vec(bytes.div_ceil(64))));
        Pages { memory, len, values: PhantomData }
    }
}

impl Memory {
    /// Memory from the system, if that much is worth a call and the system has it.
    fn mapped(bytes: usize) -> Option<Memory> {
        if bytes < LEAST {
            return None;
        }
        let map = MmapMut::map_anon(bytes.checked_add(PAGE)?).ok()?;
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage); // a wish: small pages will do
        let start = map.as_ptr().align_offset(PAGE);
        if start >= PAGE {
            return None;
        }
        measure::count_allocated(bytes);
        Some(Memory::Mapped(map, start))
    }
}

impl<T: Pod> Deref for Pages<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        let bytes = self.len * size_of::<T>();
        match &self.memory {
            Memory::Heap(lines) => &bytemuck::cast_slice(lines)[..self.len],
            Memory::Mapped(map, start) => bytemuck::cast_slice(&map[*start..*start + bytes]),
        }
    }
}

impl<T: Pod> DerefMut for Pages<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let bytes = self.len * size_of::<T>();
        match &mut self.memory {
            Memory::Heap(lines) => &mut bytemuck::cast_slice_mut(lines)[..self.len],
            Memory::Mapped(map, start) => bytemuck::cast_slice_mut(&mut map[*start..*start + bytes]),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Memory::Mapped(map, _) = self {
            measure::count_freed(map.len() - PAGE);
        }
    }
}

impl<T: Pod> Default for Pages<T> {
    fn default() -> Self {
        Pages::zeroed(0)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages({})", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::G1Point;

    #[test]
    fn values_are_zero_then_what_was_written() {
        for len in [0, 1, 3, LEAST / 64 - 1, LEAST / 64, LEAST / 64 + 1, 100_000] {
            let mut points = Pages::<G1Point>::zeroed(len);
            assert_eq!((points.len(), points.as_ptr().align_offset(64)), (len, 0));
            assert!(points.iter().all(G1Point::is_identity));
            points.iter_mut().zip(1..).for_each(|(point, x)| point.x[0] = x);
            assert!(points.iter().zip(1..).all(|(point, x)| point.x[0] == x));
        }
        assert!(Pages::<u8>::default().is_empty());
    }
}

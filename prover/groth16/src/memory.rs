//! Whether an amount of memory is there, asked before it is taken.
//!
//! A process that takes more than there is is killed, without a word, after minutes of work. The limit is what the kernel
//! estimates to be available without swapping (`MemAvailable` of `/proc/meminfo`), or what the control group still
//! allows, whichever is less. Where neither can be read, nothing is refused.

use std::{fs, path::Path};

use thiserror::Error;

/// More memory is needed than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "needs about {} MiB of memory and {} MiB are available: end other programs, raise the memory limit, or use a larger \
     machine", .needed >> 20, .available >> 20
)]
pub struct MemoryError {
    /// Bytes needed.
    pub needed: u64,
    /// Bytes available.
    pub available: u64,
}

/// Refuses what does not fit.
pub(crate) fn require(needed: u64) -> Result<(), MemoryError> {
    match available() {
        Some(available) if needed > available => Err(MemoryError { needed, available }),
        _ => Ok(()),
    }
}

/// Bytes that this process can still take; `None` where the system does not say.
pub fn available() -> Option<u64> {
    let free = fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(mem_available);
    let allowed = fs::read_to_string("/proc/self/cgroup").ok().and_then(|groups| {
        let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
        group_allowance(Path::new("/sys/fs/cgroup"), path.trim_start_matches('/'))
    });
    [free, allowed].into_iter().flatten().min()
}

/// `MemAvailable` in bytes.
fn mem_available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The least that the group and its ancestors still allow: `memory.max - memory.current`, where there is a maximum. Cached
/// file pages count as used but go when memory is short, so those that are not in use are added again.
fn group_allowance(root: &Path, group: &str) -> Option<u64> {
    let directory = root.join(group);
    let groups = directory.ancestors().take_while(|path| path.starts_with(root));
    groups
        .filter_map(|group| {
            let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
            let inactive = fs::read_to_string(group.join("memory.stat")).ok().and_then(|stat| {
                stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse::<u64>().ok())
            });
            let (limit, current) = (number("memory.max")?, number("memory.current")?);
            Some(limit.saturating_sub(current).saturating_add(inactive.unwrap_or(0)).min(limit))
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_estimate_is_read() {
        let text = "MemTotal:       24000000 kB\nMemFree:         9 kB\nMemAvailable:   21000001 kB\n";
        assert_eq!(mem_available(text), Some(21_000_001 * 1024));
        assert_eq!(mem_available("MemAvailable: many kB"), None);
        assert_eq!(mem_available(""), None);
    }

    #[test]
    fn the_tightest_group_counts() {
        let root = tempfile::tempdir().unwrap();
        let leaf = root.path().join("a/b");
        fs::create_dir_all(&leaf).unwrap();
        let write = |group: &str, name: &str, text: &str| {
            fs::write(root.path().join(group).join(name), text).unwrap()
        };
        assert_eq!(group_allowance(root.path(), "a/b"), None);
        write("a/b", "memory.max", "max\n");
        write("a/b", "memory.current", "700\n");
        assert_eq!(group_allowance(root.path(), "a/b"), None);
        write("a", "memory.max", "1000\n");
        write("a", "memory.current", "900\n");
        assert_eq!(group_allowance(root.path(), "a/b"), Some(100));
        write("a", "memory.stat", "anon 5\ninactive_file 50\n");
        assert_eq!(group_allowance(root.path(), "a/b"), Some(150));
        write("a/b", "memory.max", "800\n");
        assert_eq!(group_allowance(root.path(), "a/b"), Some(100));
    }

    #[test]
    fn too_much_is_refused_with_both_numbers() {
        assert_eq!(require(1), Ok(()));
        if let Some(available) = available() {
            let error = require(u64::MAX).unwrap_err();
            assert_eq!(error.needed, u64::MAX);
            assert!(error.available <= 2 * available && error.to_string().contains("MiB are available"));
        }
    }
}

//! The machine: processor, threads, memory, and the arithmetic that it can run.

use assay_groth16::Backend;
use serde::Serialize;

/// What figures come from.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor, as it calls itself.
    pub cpu: String,
    /// Threads that can run at once.
    pub threads: usize,
    /// The implementation of the field's arithmetic that is used here.
    pub backend: String,
    /// Extensions of the processor that the fast arithmetic (`ifma`) needs, and whether it has them.
    pub features: Vec<(&'static str, bool)>,
    /// Memory that a proof can have, where the system tells.
    pub memory_bytes: Option<u64>,
}

impl Machine {
    /// This machine.
    pub fn here() -> Machine {
        Machine {
            cpu: cpu().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            backend: Backend::detect()
                .map_or_else(|error| error.to_string(), |backend| backend.name().into()),
            features: features(),
            memory_bytes: assay_groth16::available_memory(),
        }
    }

    /// One line.
    pub fn summary(&self) -> String {
        format!("{}, {} threads, {}", self.cpu, self.threads, self.backend)
    }
}

fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches(['\t', ' ', ':']).to_owned())
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<(&'static str, bool)> {
    vec![
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("avx512dq", std::arch::is_x86_feature_detected!("avx512dq")),
        ("avx512vl", std::arch::is_x86_feature_detected!("avx512vl")),
        ("avx512ifma", std::arch::is_x86_feature_detected!("avx512ifma")),
        ("avx512vbmi2", std::arch::is_x86_feature_detected!("avx512vbmi2")),
    ]
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<(&'static str, bool)> {
    Vec::new()
}

/// Peak resident memory of this process (VmHWM), where the system tells.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory() {
        assert!(peak_memory().is_none_or(|bytes| bytes > 1 << 20));
    }

    #[test]
    fn the_machine_has_a_name_and_threads() {
        let machine = Machine::here();
        assert!(!machine.cpu.is_empty() && machine.threads > 0, "{machine:?}");
    }
}

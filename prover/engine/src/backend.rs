//! Which implementation computes: chosen once, at run time, from what the processor has.

use std::{env, fmt};

use thiserror::Error;

/// The environment variable that overrides [`Backend::detect`]: `portable`, `avx2` or `avx512ifma`.
pub const VARIABLE: &str = "ASSAY_BACKEND";

/// An implementation of the crate's arithmetic.
///
/// A value is a wish, not a proof: where the processor lacks the instructions, a vector backend computes on the portable
/// path, with the same result. [`Backend::detect`] and [`Backend::is_available`] tell the two cases apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// arkworks' arithmetic, one element at a time; runs everywhere.
    Portable,
    /// Points eight at a time, in limbs of 29 bits, and all else as [`Backend::Portable`]: x86-64 with AVX2 (Intel since
    /// Haswell, AMD since Zen).
    Avx2,
    /// Eight elements at a time in limbs of 52 bits: x86-64 with AVX-512 F, DQ, VL, IFMA and VBMI2
    /// (Intel since Ice Lake, AMD since Zen 4).
    Avx512Ifma,
}

/// The override in the environment cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BackendError {
    /// No backend has this name.
    #[error(
        "{VARIABLE} is {found:?}: it must be \"portable\", \"avx2\" or \"avx512ifma\", or unset for the fastest available"
    )]
    Unknown {
        /// The variable's value.
        found: String,
    },
    /// The processor lacks the instructions.
    #[error(
        "{VARIABLE} asks for {backend}, which needs {}: this processor lacks some of it; unset the variable",
        .backend.needs()
    )]
    Unavailable {
        /// What was asked for.
        backend: Backend,
    },
}

impl Backend {
    /// Every backend, the fastest last.
    pub const ALL: [Backend; 3] = [Backend::Portable, Backend::Avx2, Backend::Avx512Ifma];

    /// The fastest backend of this processor, or the one that the environment variable [`VARIABLE`] names.
    pub fn detect() -> Result<Backend, BackendError> {
        Backend::choose(env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned()).as_deref())
    }

    /// `detect` for a given value of the variable.
    fn choose(wish: Option<&str>) -> Result<Backend, BackendError> {
        let Some(wish) = wish else {
            return Ok(Backend::fastest());
        };
        let backend = Backend::ALL
            .into_iter()
            .find(|backend| backend.name() == wish)
            .ok_or_else(|| BackendError::Unknown { found: wish.into() })?;
        if backend.is_available() { Ok(backend) } else { Err(BackendError::Unavailable { backend }) }
    }

    /// The fastest backend of this processor, whatever the environment says.
    pub fn fastest() -> Backend {
        Backend::ALL.into_iter().rfind(|backend| backend.is_available()).unwrap_or(Backend::Portable)
    }

    /// Whether this processor can run it.
    pub fn is_available(self) -> bool {
        match self {
            Backend::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 | Backend::Avx512Ifma => self.avx2().is_some() || self.ifma().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Backend::Avx2 | Backend::Avx512Ifma => false,
        }
    }

    /// The name that [`VARIABLE`] takes and reports print.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Portable => "portable",
            Backend::Avx2 => "avx2",
            Backend::Avx512Ifma => "avx512ifma",
        }
    }

    /// What it asks of the processor.
    fn needs(self) -> &'static str {
        match self {
            Backend::Portable => "nothing",
            Backend::Avx2 => "AVX2",
            Backend::Avx512Ifma => "AVX-512 F, DQ, VL, IFMA and VBMI2",
        }
    }

    /// The permission to run AVX2 code, if this is that backend and the processor has it.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn avx2(self) -> Option<crate::avx2::Avx2> {
        match self {
            Backend::Portable | Backend::Avx512Ifma => None,
            Backend::Avx2 => crate::avx2::Avx2::detect(),
        }
    }

    /// The same for AVX-512 IFMA.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn ifma(self) -> Option<crate::ifma::Ifma> {
        match self {
            Backend::Portable | Backend::Avx2 => None,
            Backend::Avx512Ifma => crate::ifma::Ifma::detect(),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_followed_or_refused() {
        assert_eq!(Backend::choose(None), Ok(Backend::fastest()));
        assert_eq!(Backend::choose(Some("portable")), Ok(Backend::Portable));
        for wrong in ["", "Portable", "sse2", "avx512ifma "] {
            assert_eq!(Backend::choose(Some(wrong)), Err(BackendError::Unknown { found: wrong.into() }));
        }
        for (name, backend) in [("avx2", Backend::Avx2), ("avx512ifma", Backend::Avx512Ifma)] {
            let expected =
                if backend.is_available() { Ok(backend) } else { Err(BackendError::Unavailable { backend }) };
            assert_eq!(Backend::choose(Some(name)), expected);
        }
    }

    #[test]
    fn names_are_the_ones_that_are_read() {
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
            assert_eq!(Backend::choose(Some(&backend.to_string())), Ok(backend));
        }
    }
}

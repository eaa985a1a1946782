//! The runtime's syscalls on chain, and the same functions in pure Rust on the host.
//!
//! This is the crate's only `unsafe` code. Each function returns `None` where the runtime or the host library
//! refuses its input; the callers turn that into an error that names what was refused.
//!
//! Compute units (agave 4.x): Poseidon of n elements 61 n^2 + 542; SHA-256 85 + about one a byte; G1 addition
//! 334, multiplication 3,840, decompression 398; G2 addition 535, decompression 13,610; a product of n pairings
//! 36,364 + 12,121 (n - 1) + 85 + bytes of input + 32.

pub use backend::sha256;
pub(crate) use backend::{
    g1_add, g1_compress, g1_decompress, g1_mul, g1_mul_into, g2_add, g2_compress, g2_decompress, pairing,
    poseidon,
};

#[cfg(target_os = "solana")]
#[allow(unsafe_code)] // a syscall takes raw pointers; each call says why they are valid
mod backend {
    use solana_define_syscall::definitions::{
        sol_alt_bn128_compression, sol_alt_bn128_group_op, sol_poseidon, sol_sha256,
    };

    const G1_ADD_BE: u64 = 0;
    const G1_MUL_BE: u64 = 2;
    const PAIRING_BE: u64 = 3;
    const G2_ADD_BE: u64 = 4;
    const G1_COMPRESS_BE: u64 = 0;
    const G1_DECOMPRESS_BE: u64 = 1;
    const G2_COMPRESS_BE: u64 = 2;
    const G2_DECOMPRESS_BE: u64 = 3;
    const BN254_X5: u64 = 0;
    const BIG_ENDIAN: u64 = 0;

    /// SHA-256 of the concatenation of `parts`.
    pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        let mut out = [0; 32];
        // SAFETY: on SBPF a `&[u8]` is the (pointer, length) pair of 64-bit words that the syscall reads, for
        // `parts.len()` pairs; all of them outlive the call, and `out` holds the 32 bytes that it writes.
        unsafe { sol_sha256(parts.as_ptr().cast(), parts.len() as u64, out.as_mut_ptr()) };
        out
    }

    pub(crate) fn poseidon(inputs: &[&[u8]]) -> Option<[u8; 32]> {
        let mut out = [0; 32];
        // SAFETY: as for `sha256`; the syscall writes 32 bytes to `out`, and only when it returns 0.
        let code = unsafe {
            sol_poseidon(BN254_X5, BIG_ENDIAN, inputs.as_ptr().cast(), inputs.len() as u64, out.as_mut_ptr())
        };
        (code == 0).then_some(out)
    }

    pub(crate) fn g1_add(input: &[u8; 128]) -> Option<[u8; 64]> {
        group_operation(G1_ADD_BE, input)
    }

    pub(crate) fn g1_mul(input: &[u8; 96]) -> Option<[u8; 64]> {
        group_operation(G1_MUL_BE, input)
    }

    /// [`g1_mul`] to where the product is wanted: `None` leaves nothing of meaning there.
    pub(crate) fn g1_mul_into(input: &[u8; 96], out: &mut [u8; 64]) -> Option<()> {
        // SAFETY: both are valid for their lengths, and do not overlap. The syscall writes 64 bytes.
        let code = unsafe {
            sol_alt_bn128_group_op(G1_MUL_BE, input.as_ptr(), input.len() as u64, out.as_mut_ptr())
        };
        (code == 0).then_some(())
    }

    pub(crate) fn g2_add(input: &[u8; 256]) -> Option<[u8; 128]> {
        group_operation(G2_ADD_BE, input)
    }

    pub(crate) fn pairing(input: &[u8]) -> Option<[u8; 32]> {
        group_operation(PAIRING_BE, input)
    }

    fn group_operation<const N: usize>(operation: u64, input: &[u8]) -> Option<[u8; N]> {
        let mut out = [0; N];
        // SAFETY: `input` is valid for the length passed. The syscall writes the operation's fixed output size:
        // 64 bytes for G1, 128 for G2, 32 for the pairing, which is N in each of the four callers above.
        let code = unsafe {
            sol_alt_bn128_group_op(operation, input.as_ptr(), input.len() as u64, out.as_mut_ptr())
        };
        (code == 0).then_some(out)
    }

    pub(crate) fn g1_compress(point: &[u8; 64]) -> Option<[u8; 32]> {
        compression(G1_COMPRESS_BE, point)
    }

    pub(crate) fn g1_decompress(point: &[u8; 32]) -> Option<[u8; 64]> {
        compression(G1_DECOMPRESS_BE, point)
    }

    pub(crate) fn g2_compress(point: &[u8; 128]) -> Option<[u8; 64]> {
        compression(G2_COMPRESS_BE, point)
    }

    pub(crate) fn g2_decompress(point: &[u8; 64]) -> Option<[u8; 128]> {
        compression(G2_DECOMPRESS_BE, point)
    }

    fn compression<const N: usize>(operation: u64, input: &[u8]) -> Option<[u8; N]> {
        let mut out = [0; N];
        // SAFETY: `input` is valid for the length passed. The syscall writes the operation's fixed output size: 32 and
        // 64 bytes for G1, 64 and 128 for G2, compressed and not, which is N in each of the four callers above.
        let code = unsafe {
            sol_alt_bn128_compression(operation, input.as_ptr(), input.len() as u64, out.as_mut_ptr())
        };
        (code == 0).then_some(out)
    }
}

#[cfg(not(target_os = "solana"))]
mod backend {
    use assay_poseidon::{PoseidonBytesHasher, hasher};
    use sha2::{Digest, Sha256};
    use solana_bn254::compression::prelude::{
        alt_bn128_g1_compress_be, alt_bn128_g1_decompress_be, alt_bn128_g2_compress_be,
        alt_bn128_g2_decompress_be,
    };
    use solana_bn254::prelude::{
        alt_bn128_g1_addition_be, alt_bn128_g1_multiplication_be, alt_bn128_g2_addition_be,
        alt_bn128_pairing_be,
    };

    /// SHA-256 of the concatenation of `parts`.
    pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finalize().into()
    }

    pub(crate) fn poseidon(inputs: &[&[u8]]) -> Option<[u8; 32]> {
        hasher(inputs.len())?.hash_bytes_be(inputs).ok()
    }

    pub(crate) fn g1_add(input: &[u8; 128]) -> Option<[u8; 64]> {
        alt_bn128_g1_addition_be(input).ok()?.try_into().ok()
    }

    pub(crate) fn g1_mul(input: &[u8; 96]) -> Option<[u8; 64]> {
        alt_bn128_g1_multiplication_be(input).ok()?.try_into().ok()
    }

    /// [`g1_mul`] to where the product is wanted: `None` leaves nothing of meaning there.
    pub(crate) fn g1_mul_into(input: &[u8; 96], out: &mut [u8; 64]) -> Option<()> {
        *out = g1_mul(input)?;
        Some(())
    }

    pub(crate) fn g2_add(input: &[u8; 256]) -> Option<[u8; 128]> {
        alt_bn128_g2_addition_be(input).ok()?.try_into().ok()
    }

    pub(crate) fn pairing(input: &[u8]) -> Option<[u8; 32]> {
        alt_bn128_pairing_be(input).ok()?.try_into().ok()
    }

    pub(crate) fn g1_compress(point: &[u8; 64]) -> Option<[u8; 32]> {
        alt_bn128_g1_compress_be(point).ok()
    }

    pub(crate) fn g1_decompress(point: &[u8; 32]) -> Option<[u8; 64]> {
        alt_bn128_g1_decompress_be(point).ok()
    }

    pub(crate) fn g2_compress(point: &[u8; 128]) -> Option<[u8; 64]> {
        alt_bn128_g2_compress_be(point).ok()
    }

    pub(crate) fn g2_decompress(point: &[u8; 64]) -> Option<[u8; 128]> {
        alt_bn128_g2_decompress_be(point).ok()
    }
}

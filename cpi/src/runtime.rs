//! The one syscall that the crate makes itself: the frameworks' own wrappers read 1,024 bytes where 65 do.

/// What a call returned, cut to the length of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnData {
    /// Who returned it.
    pub program: [u8; 32],
    /// Bytes that were returned: more or fewer than an answer has, or as many.
    pub length: usize,
    /// The first of them, then zeros.
    pub bytes: [u8; assay_interface::verifier::RETURN_DATA_LEN],
}

/// What the last call returned.
#[cfg(target_os = "solana")]
#[allow(unsafe_code)] // a syscall takes raw pointers
pub fn return_data() -> Option<ReturnData> {
    use assay_interface::verifier::RETURN_DATA_LEN;
    use solana_define_syscall::definitions::sol_get_return_data;

    let (mut program, mut bytes) = ([0; 32], [0; RETURN_DATA_LEN]);
    // SAFETY: both arrays live through the call. The runtime writes at most as many bytes as the second argument says,
    // and 32 bytes of an address, and returns how many there were.
    let length = unsafe {
        sol_get_return_data(bytes.as_mut_ptr(), RETURN_DATA_LEN as u64, program.as_mut_ptr().cast())
    };
    (length != 0).then_some(ReturnData { program, length: length as usize, bytes })
}

/// Outside the runtime no program returns anything.
#[cfg(not(target_os = "solana"))]
pub fn return_data() -> Option<ReturnData> {
    None
}

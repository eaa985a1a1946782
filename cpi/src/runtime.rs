//! The one syscall that the crate makes itself: the frameworks' own wrappers read 1,024 bytes where 67 do.

use assay_interface::verifier::BATCH_RETURN_DATA_LEN;

/// Bytes of the longest answer: that to a batch.
const LONGEST: usize = BATCH_RETURN_DATA_LEN;

/// What a call returned, cut to the length of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnData {
    /// Who returned it.
    pub program: [u8; 32],
    /// Bytes that were returned: more or fewer than an answer has, or as many.
    pub length: usize,
    /// The first of them, then zeros.
    pub bytes: [u8; LONGEST],
}

impl ReturnData {
    /// What a program returned, of which the first bytes are kept.
    pub fn new(program: [u8; 32], returned: &[u8]) -> Self {
        let mut bytes = [0; LONGEST];
        bytes.iter_mut().zip(returned).for_each(|(place, byte)| *place = *byte);
        Self { program, length: returned.len(), bytes }
    }

    /// The bytes that were returned; `None` where they are more than an answer has.
    pub fn returned(&self) -> Option<&[u8]> {
        self.bytes.get(..self.length)
    }
}

/// What the last call returned.
#[cfg(target_os = "solana")]
#[allow(unsafe_code)] // a syscall takes raw pointers
pub fn return_data() -> Option<ReturnData> {
    use solana_define_syscall::definitions::sol_get_return_data;

    let (mut program, mut bytes) = ([0; 32], [0; LONGEST]);
    // SAFETY: both arrays live through the call. The runtime writes at most as many bytes as the second argument says,
    // and 32 bytes of an address, and returns how many there were.
    let length =
        unsafe { sol_get_return_data(bytes.as_mut_ptr(), LONGEST as u64, program.as_mut_ptr().cast()) };
    (length != 0).then_some(ReturnData { program, length: length as usize, bytes })
}

/// Outside the runtime no program returns anything.
#[cfg(not(target_os = "solana"))]
pub fn return_data() -> Option<ReturnData> {
    None
}

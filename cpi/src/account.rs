//! What the calls need of a framework's accounts.

/// An account among those that the program was given.
///
/// An implementation passes on what the runtime says; the checks are this crate's.
pub trait Account {
    /// What the program's instructions fail with.
    type Error: From<crate::CpiError>;

    /// The account's address.
    fn address(&self) -> &[u8; 32];

    /// Whether the account belongs to `program`.
    fn is_owned_by(&self, program: &[u8; 32]) -> bool;

    /// What `read` makes of the account's data.
    ///
    /// # Errors
    /// The data is borrowed for writing.
    fn with_data<T>(&self, read: impl FnOnce(&[u8]) -> T) -> Result<T, Self::Error>;

    /// Calls `program` with `data` and `accounts`, in this order; this account is one of them.
    ///
    /// # Errors
    /// The call cannot be made. Where the called program fails, the runtime ends the transaction.
    fn call<const N: usize>(
        &self,
        program: &[u8; 32],
        accounts: [(&Self, Role); N],
        data: &[u8],
    ) -> Result<(), Self::Error>;

    /// What the last call returned; `None` where it returned nothing.
    fn return_data(&self) -> Option<crate::ReturnData> {
        crate::runtime::return_data()
    }
}

/// What a called program may do with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Read it.
    Reads,
    /// Write it.
    Writes,
    /// Write it, and take from its lamports: it signed.
    Pays,
}

//! What the call needs of a framework's accounts.

/// The account of a model, among those that the program was given.
///
/// An implementation passes on what the runtime says; the checks are [`crate::verify`]'s.
pub trait ModelAccount {
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

    /// Calls `program` with `data` and this account alone, read only.
    ///
    /// # Errors
    /// The call cannot be made. Where the called program fails, the runtime ends the transaction.
    fn call(&self, program: &[u8; 32], data: &[u8]) -> Result<(), Self::Error>;

    /// What the last call returned; `None` where it returned nothing.
    fn return_data(&self) -> Option<crate::ReturnData> {
        crate::runtime::return_data()
    }
}

//! Lists in an instruction whose claimed length cannot ask for more memory than a program has.
//!
//! A decoder allocates what a list claims before it reads it. On chain the heap has 32 KiB, and an allocation that fails
//! is a panic instead of an error. The bytes are those of an ordinary list: a length of four bytes, then the elements.

use core::ops::Deref;

#[cfg(feature = "idl-build")]
use anchor_lang::IdlAccountType;
use wincode::{SchemaRead, SchemaWrite, containers, len::UseIntLen};

/// Most bytes of a list: those of the longest transaction.
pub const MAX_BYTES: usize = 4_096;

/// A list of at most [`MAX_BYTES`] bytes. Longer ones are refused, in memory and in an instruction.
///
/// Named as the list that it is: an IDL takes its description from the name.
#[derive(Clone, Debug, PartialEq, Eq, SchemaRead, SchemaWrite)]
pub struct Vec<T>(#[wincode(with = "containers::Vec<T, UseIntLen<u32, MAX_BYTES>>")] alloc::vec::Vec<T>);

impl<T> From<alloc::vec::Vec<T>> for Vec<T> {
    fn from(list: alloc::vec::Vec<T>) -> Self {
        Self(list)
    }
}

#[cfg(feature = "idl-build")]
impl<T: IdlAccountType> IdlAccountType for Vec<T> {
    fn __register_idl_deps(
        accounts: &mut alloc::vec::Vec<&'static str>,
        types: &mut alloc::vec::Vec<&'static str>,
    ) {
        T::__register_idl_deps(accounts, types);
    }
}

impl<T> Deref for Vec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_limit_is_refused_whatever_follows() {
        let encoded =
            |length: u32, bytes: usize| [&length.to_le_bytes()[..], &alloc::vec![7; bytes]].concat();
        let decode = |bytes: &[u8]| {
            wincode::config::deserialize::<Vec<[u8; 32]>, _>(bytes, anchor_lang::BORSH_CONFIG).ok()
        };
        assert_eq!(decode(&encoded(2, 64)), Some(Vec(alloc::vec![[7; 32]; 2])));
        assert_eq!(decode(&encoded(2, 63)), None);
        assert_eq!(decode(&encoded(129, 129 * 32)), None, "one more than the longest transaction holds");
        assert_eq!(decode(&encoded(u32::MAX, 64)), None);
    }
}

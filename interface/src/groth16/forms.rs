//! The two forms of keys and proofs: lengths, and what the types of both have in common.

/// Bytes of a G1 point.
pub const G1_LEN: usize = 64;
/// Bytes of a G2 point.
pub const G2_LEN: usize = 128;
/// Bytes of a [`PlainKey`](super::PlainKey).
pub const PLAIN_KEY_LEN: usize = 3 * G1_LEN + 3 * G2_LEN;
/// Bytes of a [`CommittedKey`](super::CommittedKey).
pub const COMMITTED_KEY_LEN: usize = PLAIN_KEY_LEN + G1_LEN + G2_LEN;
/// Bytes of a compressed plain key.
pub const PLAIN_KEY_COMPRESSED_LEN: usize = PLAIN_KEY_LEN / 2;
/// Bytes of a compressed committed key.
pub const COMMITTED_KEY_COMPRESSED_LEN: usize = COMMITTED_KEY_LEN / 2;
/// Bytes of a [`PlainProof`](super::PlainProof).
pub const PLAIN_PROOF_LEN: usize = 2 * G1_LEN + G2_LEN;
/// Bytes of a [`CommittedProof`](super::CommittedProof).
pub const COMMITTED_PROOF_LEN: usize = PLAIN_PROOF_LEN + 2 * G1_LEN;

/// The order of BN254's base field, big-endian: coordinates are below it.
pub const BASE_MODULUS: [u8; 32] = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x97,
    0x81, 0x6a, 0x91, 0x68, 0x71, 0xca, 0x8d, 0x3c, 0x20, 0x8c, 0x16, 0xd8, 0x7c, 0xfd, 0x47,
];

/// Whether a key or a proof is of Groth16 as it is, or holds a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Form {
    /// Groth16 with one public input.
    Plain = 0,
    /// With one BSB22 commitment, which lookups need.
    Committed = 1,
}

impl Form {
    /// The form that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Form> {
        match byte {
            0 => Some(Form::Plain),
            1 => Some(Form::Committed),
            _ => None,
        }
    }

    /// The byte that stands for the form.
    pub const fn to_byte(self) -> u8 {
        self as u8
    }

    /// Bytes of a key of this form.
    pub const fn key_len(self) -> usize {
        match self {
            Form::Plain => PLAIN_KEY_LEN,
            Form::Committed => COMMITTED_KEY_LEN,
        }
    }

    /// Bytes of a proof of this form.
    pub const fn proof_len(self) -> usize {
        match self {
            Form::Plain => PLAIN_PROOF_LEN,
            Form::Committed => COMMITTED_PROOF_LEN,
        }
    }
}

impl core::fmt::Display for Form {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Form::Plain => "plain",
            Form::Committed => "committed",
        })
    }
}

/// What keys and proofs have in common: two structs of bytes, one a form, and the pair as one type, owned and borrowed.
macro_rules! two_forms {
    (
        $(#[$owned_doc:meta])* owned $Owned:ident;
        $(#[$borrowed_doc:meta])* borrowed $Borrowed:ident;
        plain $Plain:ident, $plain_len:ident;
        committed $Committed:ident, $committed_len:ident;
        length error $Error:ident
    ) => {
        $(#[$owned_doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $Owned {
            /// Without a commitment.
            Plain($Plain),
            /// With one.
            Committed($Committed),
        }

        $(#[$borrowed_doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $Borrowed<'a> {
            /// Without a commitment.
            Plain(&'a $Plain),
            /// With one.
            Committed(&'a $Committed),
        }

        $crate::groth16::forms::two_forms!(@bytes $Plain, $plain_len, $Owned::Plain, $Borrowed::Plain);
        $crate::groth16::forms::two_forms!(@bytes $Committed, $committed_len, $Owned::Committed, $Borrowed::Committed);

        impl $Owned {
            /// What `bytes` hold; their length says which form it has, and nothing else is checked.
            pub fn from_slice(bytes: &[u8]) -> Result<$Owned, $Error> {
                $Borrowed::from_slice(bytes).map($Borrowed::to_owned)
            }

            /// The same, borrowed.
            pub fn as_ref(&self) -> $Borrowed<'_> {
                match self {
                    $Owned::Plain(plain) => $Borrowed::Plain(plain),
                    $Owned::Committed(committed) => $Borrowed::Committed(committed),
                }
            }

            /// Which form it has.
            pub fn form(&self) -> Form {
                self.as_ref().form()
            }

            /// The part that both forms have.
            pub fn plain(&self) -> &$Plain {
                self.as_ref().plain()
            }

            /// The part that both forms have, to change.
            pub fn plain_mut(&mut self) -> &mut $Plain {
                match self {
                    $Owned::Plain(plain) => plain,
                    $Owned::Committed(committed) => &mut committed.plain,
                }
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8] {
                self.as_ref().as_bytes()
            }
        }

        impl<'a> $Borrowed<'a> {
            /// What `bytes` hold; their length says which form it has, and nothing else is checked.
            pub fn from_slice(bytes: &'a [u8]) -> Result<$Borrowed<'a>, $Error> {
                if let Ok(bytes) = <&[u8; $plain_len]>::try_from(bytes) {
                    Ok($Borrowed::Plain(bytemuck::must_cast_ref(bytes)))
                } else if let Ok(bytes) = <&[u8; $committed_len]>::try_from(bytes) {
                    Ok($Borrowed::Committed(bytemuck::must_cast_ref(bytes)))
                } else {
                    Err($Error::Length(bytes.len()))
                }
            }

            /// A copy.
            pub fn to_owned(self) -> $Owned {
                match self {
                    $Borrowed::Plain(plain) => $Owned::Plain(*plain),
                    $Borrowed::Committed(committed) => $Owned::Committed(*committed),
                }
            }

            /// Which form it has.
            pub fn form(self) -> Form {
                match self {
                    $Borrowed::Plain(_) => Form::Plain,
                    $Borrowed::Committed(_) => Form::Committed,
                }
            }

            /// The part that both forms have.
            pub fn plain(self) -> &'a $Plain {
                match self {
                    $Borrowed::Plain(plain) => plain,
                    $Borrowed::Committed(committed) => &committed.plain,
                }
            }

            /// The bytes.
            pub fn as_bytes(self) -> &'a [u8] {
                match self {
                    $Borrowed::Plain(plain) => bytemuck::bytes_of(plain),
                    $Borrowed::Committed(committed) => bytemuck::bytes_of(committed),
                }
            }
        }

        impl<'a> From<&'a $Owned> for $Borrowed<'a> {
            fn from(owned: &'a $Owned) -> $Borrowed<'a> {
                owned.as_ref()
            }
        }

        impl core::fmt::Debug for $Owned {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.as_ref().fmt(f)
            }
        }
    };
    (@bytes $Struct:ident, $len:ident, $Owned:ident::$owned_variant:ident, $Borrowed:ident::$variant:ident) => {
        impl $Struct {
            /// From its bytes; nothing is checked.
            pub fn from_bytes(bytes: [u8; $len]) -> $Struct {
                bytemuck::must_cast(bytes)
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8; $len] {
                bytemuck::must_cast_ref(self)
            }
        }

        impl From<$Struct> for $Owned {
            fn from(value: $Struct) -> $Owned {
                $Owned::$owned_variant(value)
            }
        }

        impl<'a> From<&'a $Struct> for $Borrowed<'a> {
            fn from(value: &'a $Struct) -> $Borrowed<'a> {
                $Borrowed::$variant(value)
            }
        }

        impl core::fmt::Debug for $Struct {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $Borrowed::$variant(self).fmt(f)
            }
        }
    };
}

pub(super) use two_forms;

/// Whether every byte is zero, as those of the identity are.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

//! What a program expects of a model before it believes an answer about it.

use assay_interface::groth16::SetupKind;

/// The model that a program trusts, and on which terms. There is no default: each part is a decision.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// Address of the model's account.
    pub model: &'a [u8; 32],
    /// Its key.
    pub key: Key<'a>,
    /// Domain of its statements, `ModelSchema::domain`: it stands for the shapes, bits and scales that [`crate::Tensor`]s
    /// take for granted.
    pub domain: &'a [u8; 32],
    /// How its key may have been made.
    pub setups: Setups,
}

/// What a program expects of the model's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// That of the model's address, whatever it is: the address is derived from who registered the model, its key and its
    /// schema, so none of them can change under it. For programs whose owner looked at the model behind the address.
    OfModel,
    /// The one with this SHA-256: for programs that are told an address, and know the key from elsewhere.
    Hash(&'a [u8; 32]),
}

/// A set of ways to make a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setups(u8);

impl Setups {
    /// Keys from ceremonies only: what a program with something to lose accepts.
    pub const CEREMONY: Setups = Setups(1 << SetupKind::Ceremony as u8);
    /// Keys from development setups as well: whoever made one can prove anything.
    pub const CEREMONY_AND_DEVELOPMENT: Setups = Setups(Self::CEREMONY.0 | 1 << SetupKind::Development as u8);

    /// The set whose bits these are: 1 for development, 2 for ceremony. `None` where another is set, or none.
    pub const fn from_bits(bits: u8) -> Option<Setups> {
        if bits == 0 || bits & !Self::CEREMONY_AND_DEVELOPMENT.0 != 0 { None } else { Some(Setups(bits)) }
    }

    /// Whether keys of this kind are accepted.
    pub const fn contain(self, kind: SetupKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_contain_what_they_say() {
        use SetupKind::{Ceremony, Development};
        assert!(Setups::CEREMONY.contain(Ceremony) && !Setups::CEREMONY.contain(Development));
        assert!(Setups::CEREMONY_AND_DEVELOPMENT.contain(Ceremony));
        assert!(Setups::CEREMONY_AND_DEVELOPMENT.contain(Development));
        assert_eq!(Setups::from_bits(2), Some(Setups::CEREMONY));
        assert_eq!(Setups::from_bits(3), Some(Setups::CEREMONY_AND_DEVELOPMENT));
        assert!(Setups::from_bits(1).is_some_and(|set| !set.contain(Ceremony) && set.contain(Development)));
        for bits in [0, 4, 7, 128, 255] {
            assert_eq!(Setups::from_bits(bits), None);
        }
    }
}

//! What transactions cost, and how much of it there may be.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use solana_address::Address;

/// Something that transactions spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// Lamports: fees and rent.
    Lamports,
    /// Base units of this mint.
    Token(Address),
}

const LAMPORTS: &str = "lamports";

impl fmt::Display for Asset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lamports => formatter.write_str(LAMPORTS),
            Self::Token(mint) => mint.fmt(formatter),
        }
    }
}

/// An address as text.
pub(super) mod text {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(address)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = String::deserialize(deserializer)?;
        Address::from_str(&text).map_err(|_| D::Error::custom("no address"))
    }
}

impl Serialize for Asset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Asset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            LAMPORTS => Ok(Self::Lamports),
            mint => Address::from_str(mint)
                .map(Self::Token)
                .map_err(|_| D::Error::custom("an asset is neither lamports nor a mint's address")),
        }
    }
}

/// Amounts by asset. What is not named is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Spend(BTreeMap<Asset, u64>);

impl Spend {
    /// Lamports and nothing else.
    pub fn lamports(amount: u64) -> Self {
        Self::default().and(Asset::Lamports, amount)
    }

    /// With so much more of an asset.
    #[must_use]
    pub fn and(mut self, asset: Asset, amount: u64) -> Self {
        self.put(asset, amount);
        self
    }

    /// How much of an asset.
    pub fn of(&self, asset: &Asset) -> u64 {
        self.0.get(asset).copied().unwrap_or(0)
    }

    /// Every asset of which there is some.
    pub fn iter(&self) -> impl Iterator<Item = (Asset, u64)> {
        self.0.iter().map(|(asset, amount)| (*asset, *amount))
    }

    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds another's amounts. A sum that leaves 64 bits stays at their end: above every cap but none.
    pub fn add(&mut self, other: &Self) {
        other.iter().for_each(|(asset, amount)| self.put(asset, amount));
    }

    fn put(&mut self, asset: Asset, amount: u64) {
        if amount > 0 {
            let sum = self.0.entry(asset).or_insert(0);
            *sum = sum.saturating_add(amount);
        }
    }
}

/// Most of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Over the journal's life.
    pub life: u64,
    /// Within any 24 hours.
    pub day: u64,
}

/// Most of each asset. Of what is not named, nothing may be spent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps(BTreeMap<Asset, Cap>);

impl Caps {
    /// The cap of an asset.
    pub fn of(&self, asset: &Asset) -> Cap {
        self.0.get(asset).copied().unwrap_or(Cap { life: 0, day: 0 })
    }

    /// The assets that have one.
    pub fn assets(&self) -> impl Iterator<Item = Asset> {
        self.0.keys().copied()
    }
}

impl FromIterator<(Asset, Cap)> for Caps {
    fn from_iter<I: IntoIterator<Item = (Asset, Cap)>>(caps: I) -> Self {
        Self(caps.into_iter().collect())
    }
}

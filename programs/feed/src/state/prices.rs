//! The part that a source and a feed begin with, as the framework and the IDL see it. The layout is the interface's, which
//! every reader uses; the fields here repeat it under the framework's derives, and the assertions below hold the two
//! together, field by field.

use core::mem::offset_of;

use anchor_lang::prelude::*;
use assay_feed_interface as layout;
use bytemuck::{Pod, Zeroable};

/// The spot price, as `assay_interface::price::PriceV1`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct PriceHeader {
    /// Version of the header.
    pub version: u8,
    /// 0 Pyth, 1 a feed of this program.
    pub kind: u8,
    /// 0 good, 1 degraded, 2 stopped.
    pub status: u8,
    /// Bump of the account's address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 4],
    /// The last price, 1e-8 USD; zero before the first.
    pub price: u64,
    /// Half-width of its confidence interval, 1e-8 USD.
    pub confidence: u64,
    /// Its exponential moving average, 1e-8 USD; zero where there is none.
    pub ema: u64,
    /// When it was published, Unix seconds.
    pub publish_time: i64,
    /// The price before it.
    pub previous: u64,
    /// Slot in which it was written.
    pub slot: u64,
    /// Prices taken so far.
    pub round: u64,
}

/// The first price at or after a minute.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct MinuteEntry {
    /// Which: Unix seconds / 60.
    pub minute: u32,
    /// Seconds from the minute to the publish time.
    pub lag: u16,
    /// 1: nothing replaces it.
    pub first: u8,
    /// Zero.
    pub padding: u8,
    /// The price, 1e-8 USD; zero where nothing was written.
    pub price: u64,
    /// Half-width of its confidence interval, 1e-8 USD.
    pub confidence: u64,
    /// Its exponential moving average, 1e-8 USD; zero where there is none.
    pub ema: u64,
}

/// The first price at or after an hour.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct HourEntry {
    /// Which: Unix seconds / 3,600.
    pub hour: u32,
    /// Seconds from the hour to the publish time.
    pub lag: u16,
    /// 1: nothing replaces it.
    pub first: u8,
    /// Zero.
    pub padding: u8,
    /// The price, 1e-8 USD; zero where nothing was written.
    pub price: u64,
}

/// Asserts that fields of two types lie at the same places and fill both.
macro_rules! same_layout {
    ($ours:ty, $theirs:ty: $($field:ident)*) => {
        const _: () = {
            assert!(size_of::<$ours>() == size_of::<$theirs>());
            $(assert!(core::mem::offset_of!($ours, $field) == core::mem::offset_of!($theirs, $field));)*
        };
    };
}
pub(super) use same_layout;

same_layout!(PriceHeader, layout::PriceV1:
    version kind status bump padding price confidence ema publish_time previous slot round);
same_layout!(MinuteEntry, layout::Minute: minute lag first padding price confidence ema);
same_layout!(HourEntry, layout::Hour: hour lag first padding price);

/// The part of a feed that readers take for a source. 1,216 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct Prices {
    /// The spot price.
    pub header: PriceHeader,
    /// Which price this is, by the creator's word.
    pub feed_id: [u8; 32],
    /// Zero: a feed copies no account.
    pub pinned: Address,
    /// Who paid for this account.
    pub payer: Address,
    /// Ring of minutes: minute m lies at place m mod 16.
    pub minutes: [MinuteEntry; layout::source::MINUTES],
    /// Ring of hours: hour h lies at place h mod 32.
    pub hours: [HourEntry; layout::source::HOURS],
    /// Zero; for later versions.
    pub reserved: [u64; 4],
}

same_layout!(Prices, layout::Source: header feed_id pinned payer minutes hours reserved);

const _: () = assert!(offset_of!(Prices, header) == 0);

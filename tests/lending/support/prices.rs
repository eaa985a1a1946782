//! Price sources, good and bad. They are written as the feed program would: by its own rules.

use assay_feed_interface::{Interval, Observed, Price, PriceV1, Source};
use assay_lending::oracle::Purpose;
use assay_lending_host::source;
use bytemuck::Zeroable;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use super::{TestMarket, refused};

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// A price in dollars with a confidence interval of a tenth of a percent.
pub fn price(dollars: f64, publish_time: i64) -> Price {
    let price = (dollars * 1e8).round() as u64;
    Price { price, confidence: price / 1_000, ema: price, publish_time }
}

/// A source that holds nothing.
pub fn empty() -> Source {
    Source { header: PriceV1 { version: PriceV1::VERSION, ..Zeroable::zeroed() }, ..Zeroable::zeroed() }
}

/// The price as the first one of its time.
pub fn first(price: Price) -> Observed {
    Observed { price, previous_publish_time: price.publish_time - 1 }
}

/// Fills the hours of a day up to `now`, the price going up and down by half a percent.
pub fn fill_hours(source: &mut Source, dollars: f64, now: i64) {
    let last = now / HOUR;
    for hour in last - 30..=last {
        let close = dollars * if hour % 2 == 0 { 1.0 } else { 1.005 };
        let at = hour * HOUR;
        source.observe(Interval::Hour, at, &first(price(close, at)), now).unwrap();
    }
}

/// Tries every bad source in place of a good one, and expects each one's own error.
///
/// `account` is the source that the instruction reads for `purpose`; it holds what it held again at the end.
#[track_caller]
pub fn price_attacks(
    test: &mut TestMarket,
    account: Address,
    purpose: Purpose,
    instruction: &Instruction,
    signers: &[&Keypair],
) {
    let good = test.net.account(&account).unwrap();
    let source = Source::decode(&good.data).unwrap();
    let (header, now) = (source.header, test.net.now());
    let is_strict = matches!(purpose, Purpose::AddRisk | Purpose::Evidence);
    let params = test.params;
    let limit = i64::from(if is_strict { params.price_max_age } else { params.liquidation_max_age });
    let mut cases = vec![
        (PriceV1 { status: 2, ..header }, "PriceStopped"),
        (PriceV1 { status: 9, ..header }, "PriceStopped"),
        (PriceV1 { price: 0, ..header }, "PriceStopped"),
        (PriceV1 { publish_time: now - limit - 1, ..header }, "PriceStale"),
        (PriceV1 { publish_time: now + 11, ..header }, "PriceFromFuture"),
        (PriceV1 { publish_time: header.publish_time - 16, ..header }, "PricesApart"),
        (PriceV1 { version: 9, ..header }, "SourceMalformed"),
    ];
    if is_strict {
        cases.push((PriceV1 { status: 1, ..header }, "PriceDegraded"));
        cases.push((PriceV1 { confidence: header.price / 40, ..header }, "PriceUncertain"));
    }
    for (header, error) in cases {
        test.net.put(account, source::account(&Source { header, ..source }));
        refused(&test.net.simulate(std::slice::from_ref(instruction), signers), error);
    }
    // The right bytes under another owner, and other bytes under the right one.
    let accounts: [Account; 3] = [
        Account { owner: assay_lending::ID, ..good.clone() },
        Account { data: vec![0; good.data.len()], ..good.clone() },
        Account { data: good.data[..100].to_vec(), ..good.clone() },
    ];
    for bad in accounts {
        test.net.set_account(account, bad);
        refused(&test.net.simulate(std::slice::from_ref(instruction), signers), "SourceMalformed");
    }
    test.net.set_account(account, good);
}

//! A source as version 1 wrote it: later code must read these bytes. The fixture is never rewritten.

use assay_feed_host::Source;
use assay_feed_interface::Price;

const SOURCE: &[u8] = include_bytes!("fixtures/source-v1.bin");
const T: i64 = 1_764_000_000;

#[test]
fn a_source_of_version_1_is_read() {
    let source = Source::decode(SOURCE).unwrap();
    assert_eq!((source.header.version, source.header.kind, source.header.status), (1, 0, 0));
    assert_eq!(
        (source.header.price, source.header.previous, source.header.round),
        (101_0000_0000, 100_0000_0000, 2)
    );
    assert_eq!(source.feed_id, [0xc0; 32]);
    let price = |dollars: u64, publish_time| Price {
        price: dollars * 1_0000_0000,
        confidence: dollars * 10_0000,
        ema: dollars * 1_0000_0000,
        publish_time,
    };
    assert_eq!(source.spot(T + 30, 30), Ok(price(101, T)));
    assert_eq!(source.minute(T, T), Ok(price(99, T)));
    assert_eq!(source.hour((T / 3_600) as u32, T), Ok(98_0000_0000));
}

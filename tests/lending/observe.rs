use assay_lending::state::{Close, OBSERVATION_GAP};

use crate::support::{TestMarket, price_attacks, refused, with_account};

#[test]
fn anyone_writes_a_close_an_hour() {
    let mut test = TestMarket::new();
    let observe = test.keys.observe(test.prices.collateral);
    test.stranger_sends(observe.clone()).expect_ok();
    let first = Close { publish_time: test.net.now(), price: 100_0000_0000 };
    assert_eq!((test.history().count, test.history().closes[0]), (1, first));
    refused(&test.stranger_sends(observe.clone()), "ObservationTooSoon");
    test.advance(OBSERVATION_GAP - 1);
    refused(&test.stranger_sends(observe.clone()), "ObservationTooSoon");
    test.advance(1);
    test.stranger_sends(observe).expect_ok();
    assert_eq!(test.history().count, 2);
}

#[test]
fn the_oldest_close_makes_room() {
    let mut test = TestMarket::new();
    let observe = test.keys.observe(test.prices.collateral);
    for _ in 0..34 {
        test.stranger_sends(observe.clone()).expect_ok();
        test.advance(OBSERVATION_GAP);
    }
    let history = test.history();
    assert_eq!(history.count, 34);
    assert!(history.closes[1].publish_time > history.closes[31].publish_time);
    assert!(history.closes[2].publish_time < history.closes[3].publish_time);
}

#[test]
fn prices_are_checked() {
    let mut test = TestMarket::new();
    let observe = test.keys.observe(test.prices.collateral);
    let signer = test.stranger.key.insecure_clone();
    let account = test.prices.collateral;
    price_attacks(&mut test, account, &observe, &[&signer]);
    let of_debt = test.keys.observe(test.prices.debt);
    refused(&test.stranger_sends(of_debt), "PriceFeed");
}

#[test]
fn a_history_is_of_one_market() {
    let mut test = TestMarket::new();
    let other = test.second_market();
    let observe = with_account(test.keys.observe(test.prices.collateral), 1, other.history);
    refused(&test.stranger_sends(observe), "WrongMarket");
}

#[test]
fn a_new_feed_starts_the_history_again() {
    let mut test = TestMarket::new();
    let observe = test.keys.observe(test.prices.collateral);
    test.stranger_sends(observe).expect_ok();
    test.change_params(|params| params.collateral_feed = params.debt_feed);
    let observe = test.keys.observe(test.prices.debt);
    test.stranger_sends(observe).expect_ok();
    assert_eq!((test.history().count, test.history().closes[0].price), (1, 1_0000_0000));
}

use super::*;
use proptest::prelude::*;

fn quote(price: u64, confidence: u64) -> Quote {
    Quote { price, confidence, ema: price, ..Quote::ABSENT }
}

fn quotes(prices: &[u64]) -> Quotes {
    let mut quotes = [Quote::ABSENT; MAX_SOURCES];
    for (slot, price) in quotes.iter_mut().zip(prices) {
        *slot = quote(*price, 1);
    }
    quotes
}

const OPEN: Filter = Filter { threshold: 0, max_distance_bps: u16::MAX };

#[test]
fn scores_choose_among_those_that_are_there() {
    let quotes = quotes(&[100, 0, 101, 102]);
    let scores = [0, 500, -1, 1, 9, 9, 9, 9];
    assert_eq!(accepted(&quotes, &scores, &OPEN), Mask(0b1001));
    assert_eq!(all_present(&quotes), Mask(0b1101));
    assert_eq!(accepted(&[Quote::ABSENT; 8], &[i16::MAX; 8], &OPEN), Mask(0));
}

#[test]
fn what_is_far_from_the_median_counts_whatever_its_score() {
    let quotes = quotes(&[10_000, 10_050, 10_101, 9_899, 9_900]);
    let near = Filter { threshold: 0, max_distance_bps: 100 };
    assert_eq!(accepted(&quotes, &[i16::MAX; 8], &near), Mask(0b10011));
    let far = Filter { max_distance_bps: 101, ..near };
    assert_eq!(accepted(&quotes, &[i16::MAX; 8], &far), Mask(0b11111));
}

#[test]
fn the_price_is_the_median_and_the_interval_covers_the_middle() {
    let mut of_three = quotes(&[103, 100, 109]);
    let expected = Aggregate { price: 103, confidence: 5, ema: 103 };
    assert_eq!(aggregate(&of_three, Mask(0b111)), Some(expected));
    assert_eq!(aggregate(&of_three, Mask(0b011)).map(|a| (a.price, a.confidence)), Some((101, 2)));
    of_three[0].confidence = 50;
    of_three[1].confidence = 40;
    of_three[0].ema = 0;
    let expected = Aggregate { price: 103, confidence: 40, ema: 104 };
    assert_eq!(aggregate(&of_three, Mask(0b111)), Some(expected));
    // Nothing chosen, or only what is not there.
    assert_eq!((aggregate(&of_three, Mask(0)), aggregate(&of_three, Mask(0b1000))), (None, None));
}

fn any_quotes() -> impl Strategy<Value = Quotes> {
    let price = prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>(), 9_000u64..11_000];
    let one = (price, any::<u64>(), any::<u64>(), any::<u16>());
    prop::array::uniform8(one.prop_map(|(price, confidence, ema, lag)| Quote {
        price,
        confidence,
        ema,
        lag,
        padding: [0; 6],
    }))
}

proptest! {
    #[test]
    fn the_price_lies_between_accepted_quotes(
        quotes in any_quotes(), scores in prop::array::uniform8(any::<i16>()), threshold: i16, bps: u16,
    ) {
        let mask = accepted(&quotes, &scores, &Filter { threshold, max_distance_bps: bps });
        let chosen = || quotes.iter().enumerate().filter(|(place, _)| mask.contains(*place)).map(|(_, quote)| quote);
        prop_assert!(chosen().all(Quote::is_present));
        match aggregate(&quotes, mask) {
            None => prop_assert_eq!(mask.count(), 0),
            Some(Aggregate { price, .. }) => {
                let (low, high) = (chosen().map(|q| q.price).min(), chosen().map(|q| q.price).max());
                prop_assert!(Some(price) >= low && Some(price) <= high);
            }
        }
    }

    #[test]
    fn a_minority_of_the_accepted_leaves_the_price_among_the_others(
        honest in prop::collection::vec(9_990u64..10_010, 4..=5), lies in prop::array::uniform3(any::<u64>()),
    ) {
        // More than half of eight places are honest.
        let prices: std::vec::Vec<u64> = lies[..honest.len() - 2].iter().chain(&honest).copied().collect();
        let sound = honest.iter().copied();
        let (low, high) = (sound.clone().min().unwrap(), sound.max().unwrap());
        prop_assume!(2 * honest.len() > prices.len());
        let Aggregate { price, .. } = aggregate(&quotes(&prices), Mask(u8::MAX)).unwrap();
        prop_assert!((low..=high).contains(&price), "{price} {low} {high}");
    }

    #[test]
    fn no_order_of_the_sources_matters(quotes in any_quotes(), turn in 0usize..8) {
        let mut turned = quotes;
        turned.rotate_left(turn);
        prop_assert_eq!(aggregate(&turned, all_present(&turned)), aggregate(&quotes, all_present(&quotes)));
    }
}

extern crate std;

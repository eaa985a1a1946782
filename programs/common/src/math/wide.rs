//! 128-bit division from 64-bit divisions: SBPF divides 64-bit words natively, and 128-bit ones in a loop over bits.
//!
//! Two digits of 64 bits. A divisor of one digit takes two short divisions; a longer one is normalized, its high digit
//! gives a quotient at most one too large, and one multiplication corrects it (Knuth, The Art of Computer Programming,
//! volume 2, 4.3.1, algorithm D; Hacker's Delight, 9-4).
//!
//! Cost: about 150 compute units.

/// Quotient and remainder, or `None` for a divisor of zero.
pub fn div_rem(dividend: u128, divisor: u128) -> Option<(u128, u128)> {
    let (high, low) = digits(dividend);
    match digits(divisor) {
        (0, 0) => None,
        (0, divisor) => {
            let (top, rest) = (high / divisor, high % divisor);
            let (bottom, rest) = div_long(rest, low, divisor);
            Some((join(top, bottom), u128::from(rest)))
        }
        (divisor_high, _) => {
            let shift = divisor_high.leading_zeros();
            let (normalized, _) = digits(divisor << shift);
            // Halved, so that its high digit is below the normalized divisor's, whose top bit is set.
            let (half_high, half_low) = digits(dividend >> 1);
            let (estimate, _) = div_long(half_high, half_low, normalized);
            // The true quotient, or one more.
            let estimate = u128::from(estimate) << shift >> 63;
            let quotient = estimate.saturating_sub(1);
            let rest = dividend - quotient * divisor;
            Some(if rest >= divisor { (quotient + 1, rest - divisor) } else { (quotient, rest) })
        }
    }
}

/// Quotient rounded down, or `None` for a divisor of zero.
pub fn div_floor(dividend: u128, divisor: u128) -> Option<u128> {
    div_rem(dividend, divisor).map(|(quotient, _)| quotient)
}

/// Quotient rounded up, or `None` for a divisor of zero.
pub fn div_ceil(dividend: u128, divisor: u128) -> Option<u128> {
    // A remainder means a divisor above one, so the quotient is at most 2^127.
    div_rem(dividend, divisor).map(|(quotient, rest)| if rest == 0 { quotient } else { quotient + 1 })
}

/// `(high * 2^64 + low) / divisor` and the remainder, for `high < divisor`: the quotient has one digit.
fn div_long(high: u64, low: u64, divisor: u64) -> (u64, u64) {
    if high == 0 {
        return (low / divisor, low % divisor);
    }
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    let (dividend_high, dividend_low) = digits(join(high, low) << shift);
    let (low_high, low_low) = halves(dividend_low);
    let (first, rest) = half_digit(dividend_high, low_high, divisor);
    let (second, rest) = half_digit(rest, low_low, divisor);
    ((first << 32) | second, rest >> shift)
}

/// One 32-bit digit of a quotient: `(rest * 2^32 + next) / divisor`, for a normalized divisor above `rest`.
fn half_digit(rest: u64, next: u64, divisor: u64) -> (u64, u64) {
    let (divisor_high, divisor_low) = halves(divisor);
    let mut digit = rest / divisor_high;
    let mut over = rest % divisor_high;
    // At most two steps: the estimate from the high half exceeds the digit by two at most.
    while digit >> 32 != 0 || digit * divisor_low > (over << 32 | next) {
        digit -= 1;
        over += divisor_high;
        if over >> 32 != 0 {
            break;
        }
    }
    // Modulo 2^64: the true difference is below the divisor.
    let rest = (rest << 32 | next).wrapping_sub(digit.wrapping_mul(divisor));
    (digit, rest)
}

fn digits(value: u128) -> (u64, u64) {
    ((value >> 64) as u64, value as u64)
}

fn halves(value: u64) -> (u64, u64) {
    (value >> 32, value & 0xffff_ffff)
}

fn join(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Values around every power of two: where carries and estimates go wrong.
    fn edges() -> impl Iterator<Item = u128> {
        let around = |shift: u32| {
            let power = 1u128 << shift;
            [power - 1, power, power + 1, u128::MAX - power, u128::MAX >> shift]
        };
        [0, 1, 2, 3]
            .into_iter()
            .chain([31, 32, 33, 63, 64, 65, 95, 96, 97, 126, 127].into_iter().flat_map(around))
    }

    fn check(dividend: u128, divisor: u128) {
        let expected = dividend.checked_div(divisor).map(|quotient| (quotient, dividend % divisor));
        assert_eq!(div_rem(dividend, divisor), expected, "{dividend} / {divisor}");
        assert_eq!(div_floor(dividend, divisor), dividend.checked_div(divisor));
        assert_eq!(div_ceil(dividend, divisor), (divisor > 0).then(|| dividend.div_ceil(divisor)));
    }

    #[test]
    fn edges_divide_as_the_machine_does() {
        for dividend in edges() {
            for divisor in edges() {
                check(dividend, divisor);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn any_pair_divides_as_the_machine_does(a: u128, b: u128, shift_a in 0u32..128, shift_b in 0u32..128) {
            check(a >> shift_a, b >> shift_b);
            check(a | u128::MAX << shift_a, b >> shift_b | 1);
        }
    }
}

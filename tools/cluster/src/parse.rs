//! Amounts and times as people write them, read without floating point.

use std::str::FromStr;

use anyhow::{Context as _, Result, bail, ensure};

/// Decimals of a price account's amounts.
const DECIMALS: usize = 8;

/// An amount above zero in units of 10^-8 US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dollars(pub u64);

impl FromStr for Dollars {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        ensure!(
            digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()),
            "`{text}` is no amount of dollars; write digits with at most one point, such as 120.5"
        );
        ensure!(fraction.len() <= DECIMALS, "`{text}` has more than {DECIMALS} decimals");
        let amount: u64 = format!("{whole}{fraction:0<DECIMALS$}")
            .parse()
            .ok()
            .filter(|amount| i64::try_from(*amount).is_ok())
            .with_context(|| {
                format!("`{text}` is too large: an account holds less than 92,233,720,368 dollars")
            })?;
        ensure!(amount > 0, "a price of zero is refused by every reader; the smallest is 0.00000001");
        Ok(Self(amount))
    }
}

impl std::fmt::Display for Dollars {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, fraction) = (self.0 / 100_000_000, self.0 % 100_000_000);
        let fraction = format!("{fraction:08}");
        let fraction = fraction.trim_end_matches('0');
        out.pad(&format!("{whole}.{fraction:0<2}"))
    }
}

/// What is asked of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So many seconds later.
    Later(u64),
    /// This Unix second.
    At(i64),
    /// No slot passes.
    Pause,
    /// Slots pass again.
    Resume,
}

impl FromStr for Moment {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match (text, text.split_at_checked(1)) {
            ("pause", _) => Ok(Self::Pause),
            ("resume", _) => Ok(Self::Resume),
            (_, Some(("+", span))) => Ok(Self::Later(seconds(span)?)),
            (_, Some(("@", unix))) => Ok(Self::At(
                unix.parse().with_context(|| format!("`{unix}` is not a number of Unix seconds"))?,
            )),
            _ => bail!(
                "`{text}` is no change of the clock; write +90s, +15m, +1h30m, +2d, @1798761600, pause or resume"
            ),
        }
    }
}

/// Seconds of `1h30m`.
fn seconds(span: &str) -> Result<u64> {
    let mut total: u64 = 0;
    let mut number = String::new();
    for letter in span.chars() {
        let unit = match letter {
            '0'..='9' => {
                number.push(letter);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => bail!("`{letter}` is no unit of time; use s, m, h or d"),
        };
        let count: u64 = number.parse().with_context(|| format!("no number stands before `{letter}`"))?;
        number.clear();
        total = count
            .checked_mul(unit)
            .and_then(|more| total.checked_add(more))
            .filter(|total| *total <= 10 * 365 * 86_400)
            .context("ten years are the most that the clock is moved at once")?;
    }
    ensure!(number.is_empty() && total > 0, "`+{span}` needs a number with a unit, such as +90s or +1h30m");
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_and_shown_to_the_last_decimal() {
        for (text, amount, shown) in [
            ("120.5", 12_050_000_000, "120.50"),
            ("1", 100_000_000, "1.00"),
            (".00000001", 1, "0.00000001"),
            ("92233720368.54775807", i64::MAX as u64, "92233720368.54775807"),
        ] {
            let dollars: Dollars = text.parse().unwrap();
            assert_eq!((dollars.0, dollars.to_string().as_str()), (amount, shown), "{text}");
        }
        for text in ["", ".", "-1", "1e3", "0", "0.000000001", "92233720368.54775808", "1.2.3", "1,5", "٣"] {
            assert!(text.parse::<Dollars>().is_err(), "{text}");
        }
    }

    #[test]
    fn changes_of_the_clock_are_read() {
        for (text, moment) in [
            ("+90s", Moment::Later(90)),
            ("+1h30m", Moment::Later(5_400)),
            ("+2d", Moment::Later(172_800)),
            ("@1798761600", Moment::At(1_798_761_600)),
            ("pause", Moment::Pause),
            ("resume", Moment::Resume),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap(), moment, "{text}");
        }
        for text in [
            "",
            "+",
            "+1",
            "+h",
            "1h",
            "-1h",
            "+1y",
            "+0s",
            "@",
            "@x",
            "+11d1",
            "+99999999999999999999d",
            "+4000d",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}

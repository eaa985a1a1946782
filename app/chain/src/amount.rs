//! Amounts as a person reads them.

/// Lamports as SOL, without zeros at the end.
pub fn sol(lamports: u64) -> String {
    let (whole, part) = (lamports / 1_000_000_000, lamports % 1_000_000_000);
    let text = format!("{whole}.{part:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lamports_are_shown_to_the_last_one() {
        let shown = [0, 1, 5_000, 1_000_000_000, 11_419_405_000].map(sol);
        assert_eq!(shown, ["0", "0.000000001", "0.000005", "1", "11.419405"]);
    }
}

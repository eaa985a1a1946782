//! Times as a person reads them.

/// A Unix time as `2024-02-20 03:00:00 UTC`, by the civil calendar (H. Hinnant, "chrono-compatible low-level date algorithms"). Times
/// more than a million years away are shown as seconds.
pub fn utc(time: i64) -> String {
    if !(-31_556_952_000_000..31_556_952_000_000).contains(&time) {
        return format!("{time} s");
    }
    let (days, seconds) = (time.div_euclid(86_400), time.rem_euclid(86_400));
    let shifted = days + 719_468; // days since 1 March of year 0
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
    format!("{year}-{month:02}-{day:02} {hours:02}:{minutes:02}:{:02} UTC", seconds % 60)
}

/// Seconds as `2 d 3 h`, `3 h 5 min` or `40 s`: the two largest parts, rounded up to the minute where there are hours.
pub fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    if seconds < 60 {
        return format!("{seconds} s");
    }
    let minutes = seconds / 60 + i64::from(seconds % 60 > 0);
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(1_709_164_799), "2024-02-28 23:59:59 UTC");
        assert_eq!(utc(1_709_164_800), "2024-02-29 00:00:00 UTC");
        assert_eq!(utc(1_705_197_600), "2024-01-14 02:00:00 UTC");
        assert_eq!(utc(1_735_689_600), "2025-01-01 00:00:00 UTC");
        assert_eq!(utc(-1), "1969-12-31 23:59:59 UTC");
        assert_eq!(utc(i64::MAX), "9223372036854775807 s");
        assert_eq!(utc(i64::MIN), "-9223372036854775808 s");
    }

    #[test]
    fn spans() {
        let shown = [-5, 0, 59, 60, 61, 3_600, 86_399, 86_400, 93_600, 30 * 86_400].map(span);
        assert_eq!(shown, ["0 s", "0 s", "59 s", "1 min", "2 min", "1 h", "1 d", "1 d", "1 d 2 h", "30 d"]);
    }
}

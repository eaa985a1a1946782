//! Epochs: 30 days of Unix time, the same for every issuer and every pool, so that nobody chooses when one ends.
//!
//! An issuer attests everybody anew in each epoch; not to attest is how it revokes. An epoch's tree, and the tier that was
//! proven from it, are in force until the epoch ends and for three days more, in which people renew.

/// Seconds of an epoch: 30 days.
pub const EPOCH_SECONDS: i64 = 2_592_000;

/// Seconds after its end in which an epoch is still in force: three days.
pub const OVERLAP_SECONDS: i64 = 259_200;

/// The epoch of a Unix time; `None` before 1970, and so long after it that no epoch has a number.
pub const fn epoch_of(now: i64) -> Option<u32> {
    let epoch = now.div_euclid(EPOCH_SECONDS);
    if epoch < 0 || epoch > u32::MAX as i64 { None } else { Some(epoch as u32) }
}

/// The first second of an epoch.
pub const fn starts_at(epoch: u32) -> i64 {
    EPOCH_SECONDS * epoch as i64 // below 2^54
}

/// The first second at which an epoch is no longer in force.
pub const fn lapses_at(epoch: u32) -> i64 {
    starts_at(epoch) + EPOCH_SECONDS + OVERLAP_SECONDS
}

/// Whether an epoch's tree, and tiers proven from it, count at a time.
pub const fn is_in_force(epoch: u32, now: i64) -> bool {
    starts_at(epoch) <= now && now < lapses_at(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_in_force_from_its_start_to_three_days_after_its_end() {
        let start = starts_at(650);
        assert_eq!(
            [start - 1, start, start + EPOCH_SECONDS].map(epoch_of),
            [Some(649), Some(650), Some(651)]
        );
        let end = start + EPOCH_SECONDS;
        let times = [start - 1, start, end - 1, end, end + OVERLAP_SECONDS - 1, end + OVERLAP_SECONDS];
        assert_eq!(times.map(|now| is_in_force(650, now)), [false, true, true, true, true, false]);
    }

    #[test]
    fn at_every_time_one_epoch_or_two_are_in_force() {
        for now in (starts_at(650)..starts_at(652)).step_by(3_607) {
            let epoch = epoch_of(now).unwrap();
            let both = now < starts_at(epoch) + OVERLAP_SECONDS;
            assert!(is_in_force(epoch, now) && is_in_force(epoch - 1, now) == both);
            assert!(!is_in_force(epoch + 1, now) && !is_in_force(epoch - 2, now));
        }
    }

    #[test]
    fn times_without_an_epoch_have_none() {
        assert_eq!([epoch_of(-1), epoch_of(i64::MIN), epoch_of(i64::MAX)], [None; 3]);
        assert_eq!([epoch_of(0), epoch_of(starts_at(u32::MAX))], [Some(0), Some(u32::MAX)]);
        assert!(!is_in_force(u32::MAX, i64::MAX) && lapses_at(u32::MAX) > 0);
    }
}

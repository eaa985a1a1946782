//! Which changes only make new risk smaller: they need no exit of suppliers or borrowers.
//!
//! A market that is short of cash stops its exit clock, so nothing else could be changed then; it can still be made safer.
//! `min_borrow` is not among the fields: raising it lets the plain rule take larger debts whole.

use super::RiskParams;

impl RiskParams {
    /// Whether `next` differs from these parameters only by a lower maximum loan-to-value ratio, lower caps, a lower early
    /// close factor, or lower early bonuses.
    pub fn only_tightens(&self, next: &Self) -> bool {
        let lower = next.max_ltv_bps <= self.max_ltv_bps
            && next.supply_cap <= self.supply_cap
            && next.collateral_cap <= self.collateral_cap
            && next.early_close_factor_bps <= self.early_close_factor_bps
            && next.early_bonus_min_bps <= self.early_bonus_min_bps
            && next.early_bonus_max_bps <= self.early_bonus_max_bps;
        let otherwise = Self {
            max_ltv_bps: self.max_ltv_bps,
            supply_cap: self.supply_cap,
            collateral_cap: self.collateral_cap,
            early_close_factor_bps: self.early_close_factor_bps,
            early_bonus_min_bps: self.early_bonus_min_bps,
            early_bonus_max_bps: self.early_bonus_max_bps,
            ..*next
        };
        lower && otherwise == *self
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sound;
    use super::*;

    #[test]
    fn each_field_tightens_in_one_direction_and_no_other_does() {
        type Change = fn(&mut RiskParams);
        let tighter: [Change; 6] = [
            |p| p.max_ltv_bps -= 1,
            |p| p.supply_cap -= 1,
            |p| p.collateral_cap -= 1,
            |p| p.early_close_factor_bps -= 1,
            |p| p.early_bonus_min_bps -= 1,
            |p| p.early_bonus_max_bps -= 1,
        ];
        let others: [Change; 15] = [
            |p| p.max_ltv_bps += 1,
            |p| p.supply_cap += 1,
            |p| p.collateral_cap += 1,
            |p| p.early_close_factor_bps += 1,
            |p| p.early_bonus_max_bps += 1,
            |p| p.min_borrow += 1,
            |p| p.collateral_source = [9; 32],
            |p| p.debt_source = [9; 32],
            |p| p.model = [9; 32],
            |p| p.model_mode = 1,
            |p| p.liquidation_threshold_bps -= 1,
            |p| p.early_floor_bps -= 1,
            |p| p.bonus_max_bps -= 1,
            |p| p.max_rate_bps += 1,
            |p| p.reserve_factor_bps += 1,
        ];
        let changed = |change: &Change| {
            let mut next = sound();
            change(&mut next);
            next
        };
        assert!(sound().only_tightens(&sound()));
        assert!(tighter.iter().all(|change| sound().only_tightens(&changed(change))));
        for (index, change) in others.iter().enumerate() {
            assert!(!sound().only_tightens(&changed(change)), "change {index}");
        }
        let mut mixed = sound();
        (mixed.max_ltv_bps, mixed.early_bonus_max_bps) = (7_000, 199);
        assert!(sound().only_tightens(&mixed));
        mixed.debt_source = [9; 32];
        assert!(!sound().only_tightens(&mixed));
    }
}

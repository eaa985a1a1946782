//! A market's parameters, by the names that the program gives them.

use std::collections::BTreeMap;

use assay_interface::bytes::Hex;
use assay_lending_host::RiskParams;

use crate::error::{Result, Stop};

/// The numbers among the fields, each with its type.
macro_rules! numbers {
    ($($name:ident),* $(,)?) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        fn set_one(params: &mut RiskParams, name: &str, value: i64) -> Option<()> {
            match name {
                $(stringify!($name) => params.$name = value.try_into().ok()?,)*
                _ => return None,
            }
            Some(())
        }

        fn different_numbers(there: &RiskParams, wanted: &RiskParams) -> Vec<String> {
            let mut found = Vec::new();
            $(if there.$name != wanted.$name {
                found.push(format!("{} is {}, described {}", stringify!($name), there.$name, wanted.$name));
            })*
            found
        }
    };
}

numbers!(
    supply_cap,
    collateral_cap,
    min_borrow,
    dust_value,
    price_max_age,
    liquidation_max_age,
    skew,
    snapshot_expiry,
    early_window,
    bonus_ramp,
    base_rate_bps,
    kink_rate_bps,
    max_rate_bps,
    strict_confidence_bps,
    clamp_confidence_bps,
    max_ltv_bps,
    early_floor_bps,
    liquidation_threshold_bps,
    tolerance_bps,
    early_close_factor_bps,
    close_factor_bps,
    least_repayment_bps,
    early_bonus_min_bps,
    early_bonus_max_bps,
    bonus_min_bps,
    bonus_max_bps,
    kink_utilization_bps,
    reserve_factor_bps,
    exit_cash_bps,
    score_threshold,
);

/// Refuses names that are no parameters.
///
/// # Errors
/// The name.
pub fn known(values: &BTreeMap<String, i64>) -> Result<()> {
    match values.keys().find(|name| !NAMES.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            Err(Stop::new(format!("market.params has no {name}"), format!("it has {}", NAMES.join(", "))))
        }
    }
}

/// Sets the parameters that are named.
///
/// # Errors
/// A value does not fit its parameter.
pub fn set(params: &mut RiskParams, values: &BTreeMap<String, i64>) -> Result<()> {
    for (name, value) in values {
        set_one(params, name, *value).ok_or_else(|| {
            Stop::new(
                format!("market.params.{name} cannot be {value}"),
                "it is a whole number of fewer bits, or not below zero",
            )
        })?;
    }
    Ok(())
}

/// In what parameters differ from those that are wanted.
pub fn differences(there: &RiskParams, wanted: &RiskParams) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, there: &[u8], wanted: &[u8]| {
        if there != wanted {
            found.push(format!("{what} is {}, described {}", Hex(there), Hex(wanted)));
        }
    };
    compare("model", &there.model, &wanted.model);
    compare("statement_domain", &there.statement_domain, &wanted.statement_domain);
    compare("collateral_source", &there.collateral_source, &wanted.collateral_source);
    compare("debt_source", &there.debt_source, &wanted.debt_source);
    compare("attestors", &there.attestors, &wanted.attestors);
    compare("accepted_setup_kinds", &[there.accepted_setup_kinds], &[wanted.accepted_setup_kinds]);
    compare("model_mode", &[there.model_mode], &[wanted.model_mode]);
    found.extend(different_numbers(there, wanted));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte of the parameters is looked at: what differs in any of them differs.
    #[test]
    fn no_difference_is_overlooked() {
        let there = RiskParams::TEMPLATE;
        assert!(differences(&there, &there).is_empty());
        let bytes = bytemuck::bytes_of(&there).to_vec();
        for at in 0..bytes.len() - there.reserved.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            let wanted: RiskParams = bytemuck::pod_read_unaligned(&other);
            assert_eq!(differences(&there, &wanted).len(), 1, "byte {at}");
        }
    }

    #[test]
    fn values_are_set_by_name_and_within_their_type() {
        let values = |name: &str, value| BTreeMap::from([(name.to_owned(), value)]);
        let mut params = RiskParams::TEMPLATE;
        set(&mut params, &values("score_threshold", -14)).unwrap();
        assert_eq!(params.score_threshold, -14);
        for (name, value) in [("max_ltv_bps", 70_000), ("supply_cap", -1)] {
            assert!(set(&mut params, &values(name, value)).unwrap_err().what.contains(name));
        }
        assert!(known(&values("max_ltv", 1)).unwrap_err().remedy.unwrap().contains("max_ltv_bps"));
    }
}

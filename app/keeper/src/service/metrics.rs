//! What a keeper counts: one list, so that its page and its dashboard can be compared with it.

pub use assay_operate::metrics::Metrics;

assay_operate::families! {
    INFO Gauge "assay_keeper_info" ["version", "mode"]
        "One, for the version that runs and whether it sends.";
    ACCOUNTS Gauge "assay_keeper_accounts" []
        "Accounts of which a copy is kept.";
    TARGETS Gauge "assay_keeper_targets" ["strategy"]
        "Accounts that a strategy looks at.";
    LEFT_OUT Gauge "assay_keeper_left_out" ["strategy"]
        "Accounts that the last look left for later ones, since there are too many.";
    DECISIONS Counter "assay_keeper_decisions_total" ["strategy", "decision"]
        "Looks at an account, by what was decided.";
    FAILURES Counter "assay_keeper_failures_total" ["strategy", "reason"]
        "Looks and transactions that failed, by why.";
    LOOK_SECONDS Histogram "assay_keeper_look_seconds" ["strategy"]
        "How long a look at all accounts of a strategy took.";
    PROOF_SECONDS Histogram "assay_keeper_proof_seconds" ["strategy"]
        "How long a proof took, its witness included.";
    SENDS Counter "assay_keeper_sends_total" ["action"]
        "Transactions written down and handed in.";
    ENDS Counter "assay_keeper_ends_total" ["action", "outcome"]
        "Transactions that ended: landed, failed, expired or unknown.";
    REACTION_SECONDS Histogram "assay_keeper_reaction_seconds" ["action"]
        "From the change of an account to the sending that answers it.";
    IN_FLIGHT Gauge "assay_keeper_in_flight" []
        "Transactions in the journal that have not ended.";
    SPENT Gauge "assay_keeper_spent" ["asset"]
        "Spent over the journal's life, lamports or base units.";
    CAP_LEFT Gauge "assay_keeper_cap_left" ["asset", "window"]
        "What the cap leaves, for life and for the day, lamports or base units.";
    SLOT Gauge "assay_keeper_slot" []
        "Newest slot that the server showed.";
    SLOT_LAG Gauge "assay_keeper_slot_lag" []
        "Slots by which what is read lies behind the cluster.";
    ANSWER_AGE Gauge "assay_keeper_answer_age_seconds" []
        "Since the server's last answer.";
    NOTIFICATION_AGE Gauge "assay_keeper_notification_age_seconds" []
        "Since the last notification of a subscription.";
    CONNECTED Gauge "assay_keeper_connected" []
        "Whether subscriptions stand.";
    CONNECTIONS Counter "assay_keeper_connections_total" []
        "Connections that were made for subscriptions.";
    UNANSWERED Counter "assay_keeper_unanswered_total" []
        "Requests that the server did not answer.";
    PRICE_AGE Gauge "assay_keeper_price_age_seconds" ["feed"]
        "Age of the newest price of a feed.";
    HEALTHY Gauge "assay_keeper_healthy" []
        "Whether /healthz says 200.";
}

#[cfg(test)]
mod tests {
    use assay_operate::metrics::{Kind, Listed};

    use super::*;

    #[test]
    fn names_follow_the_conventions_and_stand_once() {
        for (at, listed) in FAMILIES.iter().enumerate() {
            let Listed { name, kind, labels, help } = listed;
            assert!(name.starts_with("assay_keeper_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(*kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
            assert!(help.ends_with('.') && !labels.contains(&"le"), "{name}");
            assert!(FAMILIES[at + 1..].iter().all(|other| other.name != *name), "{name}");
        }
        assert_eq!(FAMILIES[HEALTHY.place()].name, "assay_keeper_healthy");
        assert_eq!(FAMILIES[CAP_LEFT.place()].labels, CAP_LEFT.labels());
    }
}

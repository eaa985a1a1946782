//! What the service counts: one list, which its page is compared with.

pub use assay_operate::metrics::Metrics;

assay_operate::families! {
    INFO Gauge "assay_service_info" ["version"]
        "One, for the version that runs.";
    OPEN Gauge "assay_service_open" ["model", "state"]
        "Jobs that have not ended, by model and state.";
    ATTEMPTS Counter "assay_service_attempts_total" ["model", "outcome"]
        "Attempts of this process's workers, by how they ended.";
    PHASE_SECONDS Histogram "assay_service_phase_seconds" ["model", "phase"]
        "How long the phases of a job took: load, solve, prove, check, write.";
    WAIT_SECONDS Histogram "assay_service_wait_seconds" ["model"]
        "How long a job waited before its first attempt.";
    REQUESTS Counter "assay_service_requests_total" ["route", "status"]
        "Requests that were answered.";
    REQUEST_SECONDS Histogram "assay_service_request_seconds" ["route"]
        "How long answers took.";
    STREAMS Gauge "assay_service_streams" []
        "Streams of events that are open.";
    RESTARTS Counter "assay_service_worker_restarts_total" []
        "Workers that lost their queue and began again.";
    FAULTY Gauge "assay_service_faulty" []
        "One while this process takes no jobs, since its machine is faulty.";
    CONNECTIONS Gauge "assay_service_connections" []
        "Connections that are open.";
    PREPARED Gauge "assay_service_prepared" []
        "Models and keys that are ready to prove.";
}

#[cfg(test)]
mod tests {
    use assay_operate::metrics::{Kind, Listed};

    use super::*;

    const PAGE: &str = include_str!("../../../docs/service.md");

    #[test]
    fn the_page_has_every_metric_and_names_follow_the_conventions() {
        for Listed { name, kind, labels, help } in FAMILIES {
            let labelled =
                if labels.is_empty() { (*name).into() } else { format!("{name}{{{}}}", labels.join(", ")) };
            assert!(PAGE.contains(&format!("| `{labelled}` | {help} |")), "| `{labelled}` | {help} |");
            assert!(name.starts_with("assay_service_") && help.ends_with('.'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(*kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
        }
        assert_eq!(FAMILIES[PREPARED.place()].name, "assay_service_prepared");
    }
}

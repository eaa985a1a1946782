//! What a model's account says, as lines and as JSON.

use assay_chain::registry;
use assay_host::time::{span, utc};
use assay_verifier_host::{Model, Status, WINDOW};
use serde_json::{Value, json};
use solana_address::Address;

/// A model on a cluster, as it is at `now`, Unix seconds of the cluster's clock.
pub struct Facts<'a> {
    /// Its address.
    pub address: Address,
    /// Its account.
    pub model: &'a Model,
    /// The time.
    pub now: i64,
}

/// The word for a status.
pub fn word(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Proposed) => "proposed",
        Some(Status::Active) => "active",
        Some(Status::Suspended) => "suspended",
        Some(Status::Retired) => "retired",
        None => "unknown",
    }
}

/// An address, or that there is none.
fn somebody(address: &Address) -> String {
    if *address == Address::default() { "nobody".into() } else { address.to_string() }
}

fn known(address: &Address) -> Value {
    if *address == Address::default() { Value::Null } else { address.to_string().into() }
}

impl Facts<'_> {
    /// Where it is in its life.
    pub fn status(&self) -> Option<Status> {
        self.model.status().ok()
    }

    /// Until when it can be activated.
    fn lapses_at(&self) -> i64 {
        self.model.activates_at.saturating_add(WINDOW)
    }

    /// The status, and what comes next.
    pub fn outlook(&self) -> String {
        let Self { model, now, .. } = self;
        match self.status() {
            Some(Status::Proposed) if *now < model.activates_at => {
                let wait = span(model.activates_at.saturating_sub(*now));
                format!("proposed; it can be activated from {}, in {wait}", utc(model.activates_at))
            }
            Some(Status::Proposed) if *now <= self.lapses_at() => {
                format!("proposed; it can be activated until {}", utc(self.lapses_at()))
            }
            Some(Status::Proposed) => format!(
                "proposed; that lapsed on {}, and `assay model resume` renews it",
                utc(self.lapses_at())
            ),
            Some(Status::Active) if model.is_immutable() => {
                "active, for good: its authority was renounced".into()
            }
            Some(Status::Retired) => format!("retired on {}", utc(model.retired_at)),
            status => word(status).into(),
        }
    }

    /// All of it, for a person.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let model = self.model;
        let mut lines = self.with_hands();
        lines.push(("registered", format!("{}, by {}", utc(model.registered_at), model.registrar)));
        lines.push(("timelock", span(model.timelock)));
        lines.push(("key hash", hex::encode(model.key_hash)));
        lines.push(("setup", self.setup()));
        lines.push(("domain", hex::encode(model.domain)));
        lines
            .push(("statement", format!("{} limbs; {} bytes of schema", model.limb_count, model.schema_len)));
        let last = if model.accepted == 0 {
            String::new()
        } else {
            format!(", the last on {}", utc(model.last_accepted_at))
        };
        lines.push(("recorded", format!("{} statements{last}", model.accepted)));
        lines.push(("audit chain", hex::encode(model.audit_chain)));
        lines
    }

    /// Which one it is, where in its life, and in whose hands.
    pub fn with_hands(&self) -> Vec<(&'static str, String)> {
        let model = self.model;
        let mut lines = self.short();
        lines.push(("authority", somebody(&model.authority)));
        if model.pending_authority != Address::default() {
            lines.push((
                "offered to",
                format!("{}, until {}", model.pending_authority, utc(model.offer_expires_at)),
            ));
        }
        lines.push(("guardian", somebody(&model.guardian)));
        if model.guardian_from != 0 {
            lines.push((
                "guardian next",
                format!("{}, from {}", somebody(&model.pending_guardian), utc(model.guardian_from)),
            ));
        }
        lines
    }

    /// Which one it is, and where in its life.
    pub fn short(&self) -> Vec<(&'static str, String)> {
        vec![
            ("model", self.address.to_string()),
            ("name", registry::name(self.model)),
            ("status", self.outlook()),
        ]
    }

    fn setup(&self) -> String {
        match self.model.setup {
            0 => "development: whoever made the key can forge proofs".into(),
            _ => format!("ceremony, transcript {}", hex::encode(self.model.transcript_hash)),
        }
    }

    /// All of it, for a script.
    pub fn json(&self) -> Value {
        let model = self.model;
        json!({
            "model": self.address.to_string(),
            "name": registry::name(model),
            "status": word(self.status()),
            "activates_at": model.activates_at,
            "lapses_at": self.lapses_at(),
            "cluster_time": self.now,
            "authority": known(&model.authority),
            "pending_authority": known(&model.pending_authority),
            "offer_expires_at": (model.offer_expires_at != 0).then_some(model.offer_expires_at),
            "guardian": known(&model.guardian),
            "pending_guardian": known(&model.pending_guardian),
            "guardian_from": (model.guardian_from != 0).then_some(model.guardian_from),
            "registrar": model.registrar.to_string(),
            "payer": model.payer.to_string(),
            "registered_at": model.registered_at,
            "retired_at": (model.retired_at != 0).then_some(model.retired_at),
            "timelock_seconds": model.timelock,
            "id": hex::encode(model.id),
            "key_hash": hex::encode(model.key_hash),
            "key_form": model.key().map(|key| key.form().to_string()).ok(),
            "setup": if model.setup == 0 { "development" } else { "ceremony" },
            "transcript_hash": (model.setup != 0).then(|| hex::encode(model.transcript_hash)),
            "domain": hex::encode(model.domain),
            "limbs": model.limb_count,
            "schema": model.schema().map(hex::encode).ok(),
            "accepted": model.accepted,
            "last_accepted_at": (model.accepted != 0).then_some(model.last_accepted_at),
            "audit_chain": hex::encode(model.audit_chain),
        })
    }
}

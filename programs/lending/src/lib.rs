//! A lending market whose early liquidations are opened by a proven risk score.

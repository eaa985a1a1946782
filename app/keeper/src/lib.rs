//! The keeper: watches positions, proves scores, liquidates.

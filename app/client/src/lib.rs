//! Instructions and account readers for Assay's programs, for hosts.

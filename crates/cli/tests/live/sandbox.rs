//! A complete MOSIP in a lab.

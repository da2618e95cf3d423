//! Explain and trace.

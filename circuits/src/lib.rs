//! R1CS builder, gadgets, layers and the compiled witness program.

"""The corpus's families, a module each: every module has `cases()`, which yields `Case`s."""

//! Rounding, shifting and clamping at once: `y = clamp(floor((x + 2^(s-1)) / 2^s), lo, hi)`.
//!
//! This is the one nonlinear step of a quantized network: requantization, ReLU, clipping and every
//! fusion of them are calls of it. Only the bounds that the interval of `x` can exceed cost anything.
//! Write `v = x + 2^(s-1) - lo * 2^s` and `M = hi - lo`, so that `y = lo + clamp(floor(v / 2^s), 0, M)`.
//!
//! | bounds that can be exceeded | constraints |
//! | --- | --- |
//! | all of the interval beyond one, or `lo = hi` | none: a constant |
//! | none | [`div_pow2`]: one a bit of `v` |
//! | the lower one | `n + 1`: sign and bits of `v` once (`n` of them), then `sign * quotient = y` |
//! | the upper one | as the lower one, of the mirrored value `(M + 1) * 2^s - 1 - v`, whose quotient is `M - floor(v / 2^s)` |
//! | both, `M + 1 = 2^m` | `s + m + j + 3`, and 1 more if `j > 0`: see below |
//! | both, any `M` | the lower one, then the upper one |
//!
//! *Both.* Let `k = s + m` and `K = 2^k * (2^j + 1)`, with the smallest `j` for which `-2^(k+j) <= v < K`:
//!
//! ```text
//! v = low + 2^k * (1 - inside + tail) - K * negative        low in [0, 2^k), tail in [0, 2^j)
//! inside * tail = 0                                         (only where j > 0)
//! inside * quotient(low) = y - M * (1 - inside - negative)
//! ```
//!
//! where `inside` and `negative` are bits. Each `v` has exactly one solution:
//!
//! | inside | negative | values of `v` that it reaches |
//! | --- | --- | --- |
//! | 1 | 0 | `[0, 2^k)`: `y` is the quotient |
//! | 0 | 0 | `[2^k, K)`: saturated, `y = M` |
//! | 0 | 1 | `[-2^(k+j), 0)`: `y = 0` |
//! | 1 | 1 | below `-2^(k+j)`: impossible by the interval of `v` |
//!
//! within each of which `low` and `tail` are binary digits. So saturation costs two or three
//! constraints however far the interval goes beyond the bound.
//!
//! # By lookup
//!
//! `v = 2^s * Q + R` with `R` in `[0, 2^s)` exactly (nothing for `s = 0`), then, with signs as in
//! [`crate::gadgets::lookup::digits`]:
//!
//! | bounds that can be exceeded | constraints behind the remainder |
//! | --- | --- |
//! | none | `Q >= 0` |
//! | one | `z = [Q >= 0]`, `z * Q = y`: 2 and the digits of `Q` |
//! | both, any `M` | `z = [Q >= 0]`, `z' = [M - Q >= 0]`, `(z + z' - 1) * Q = y - M * (1 - z')`: 3 and the digits of `Q` and of `M - Q` |
//!
//! or, for many values that share a table of two columns ([`constrain_all`]): `(Q, y)` is in the table, 2 each, however many
//! bounds can be exceeded.
//!
//! The signs, or the table, prove `Q` a small integer, which makes it the quotient: `2^s * Q + R` does not wrap.
//! Splitting `Q = y + p - n` into non-negative parts with `y * n = 0` and `p * (M - y) = 0` would cost 2, the digits
//! of `p` and `n`, and an exact range of `y`: never less, and one more full-size wire.

mod shared;
mod single;

pub use shared::{constrain_all, cost_all};
pub(crate) use single::CASES;
pub use single::{constrain, cost, reference};

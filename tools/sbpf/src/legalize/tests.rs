//! The rewriting on snippets of IR, and the helpers evaluated against Rust's own 128-bit arithmetic.

use std::collections::HashMap;

use super::*;

/// The legalized module without the helpers at its end.
fn rewritten(ir: &str) -> String {
    legalize(ir).unwrap().strip_suffix(HELPERS).unwrap().to_owned()
}

#[test]
fn sret_is_dropped_and_the_pointer_stays() {
    assert_eq!(
        rewritten("define void @f(ptr sret([24 x i8]) align 8 captures(none) %out, ptr %x) #0 {\n"),
        "define void @f(ptr align 8 captures(none) %out, ptr %x) #0 {\n"
    );
    assert_eq!(
        rewritten("  call void @g(ptr noalias sret({ i64, [2 x (i8)] }) %a, ptr sret(i64) %b)\n"),
        "  call void @g(ptr noalias %a, ptr %b)\n"
    );
}

#[test]
fn text_outside_functions_is_left_alone() {
    let ir =
        "@s = constant [20 x i8] c\" sret(x) = mul i128 \\00\"\n; a comment = mul i128 1, 2\n!0 = !{i32 1}\n";
    assert_eq!(rewritten(ir), ir);
}

#[test]
fn products_of_128_bits_become_calls() {
    assert_eq!(rewritten("  %3 = mul i128 %1, %2\n"), "  %3 = call i128 @assay.mul128(i128 %1, i128 %2)\n");
    assert_eq!(
        rewritten("  %_x.i-1 = mul nuw nsw i128 %a.b, 1000000007, !noundef !3\n"),
        "  %_x.i-1 = call i128 @assay.mul128(i128 %a.b, i128 1000000007)\n"
    );
    assert_eq!(rewritten("  %3 = mul i128 %1, -1\n"), "  %3 = call i128 @assay.mul128(i128 %1, i128 -1)\n");
}

#[test]
fn narrow_products_and_wide_sums_stay() {
    for line in ["  %3 = mul nuw i64 %1, %2\n", "  %3 = add nuw i128 %1, %2\n", "  %3 = and i128 %1, 7\n"] {
        assert_eq!(rewritten(line), line);
    }
}

#[test]
fn shifts_by_a_variable_become_calls_and_shifts_by_a_constant_stay() {
    assert_eq!(rewritten("  %3 = shl nuw i128 1, %n\n"), "  %3 = call i128 @assay.shl128(i128 1, i128 %n)\n");
    assert_eq!(
        rewritten("  %3 = lshr exact i128 %1, %n\n"),
        "  %3 = call i128 @assay.lshr128(i128 %1, i128 %n)\n"
    );
    assert_eq!(rewritten("  %3 = ashr i128 %1, %n\n"), "  %3 = call i128 @assay.ashr128(i128 %1, i128 %n)\n");
    let constant = "  %3 = lshr i128 %1, 64\n";
    assert_eq!(rewritten(constant), constant);
}

#[test]
fn more_than_five_argument_registers_are_inlined() {
    let five = "define internal void @f(ptr %a, i64 %b, i32 %c, i128 %d) unnamed_addr #1 {\n";
    assert_eq!(rewritten(five), five);
    assert_eq!(
        rewritten("define internal void @f(ptr %a, i64 %b, i32 %c, i128 %d, i8 %e) unnamed_addr #1 {\n"),
        "define internal void @f(ptr %a, i64 %b, i32 %c, i128 %d, i8 %e) unnamed_addr alwaysinline #1 {\n"
    );
    assert_eq!(
        rewritten("define void @\"a(b) c\"([3 x i64] %a, i128 %b, ptr dereferenceable(8) %c) {\n"),
        "define void @\"a(b) c\"([3 x i64] %a, i128 %b, ptr dereferenceable(8) %c) alwaysinline {\n"
    );
}

#[test]
fn noinline_gives_way_in_the_groups_of_inlined_functions_only() {
    let module = |first: &str, second: &str| {
        format!(
            "define void @f([6 x i64] %a){first} #2 {{\n}}\nattributes #1 = {{ noinline nounwind }}\n\
             attributes #2 = {{ cold{second} nounwind }}\n"
        )
    };
    assert_eq!(rewritten(&module("", " noinline")), module(" alwaysinline", ""));
}

#[test]
fn floating_point_is_refused_with_the_functions_name() {
    let error = legalize("define void @price(i64 %a) {\n  %1 = uitofp i64 %a to double\n}\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "function @price uses floating point (`uitofp`), which on-chain code cannot"
    );
}

/// A number, and the flag of those helpers that report overflow.
type Pair = (u128, bool);

/// Evaluates the straight-line function `name` of the helpers, which may call others.
fn evaluate(name: &str, a: u128, b: u128) -> Pair {
    let header = format!("@assay.{name}(");
    let definition =
        HELPERS.lines().position(|line| line.starts_with("define") && line.contains(&header)).unwrap();
    let mut values: HashMap<&str, Pair> = HashMap::from([("%a", (a, false)), ("%b", (b, false))]);
    for line in HELPERS.lines().skip(definition + 1) {
        let words: Vec<&str> =
            line.split([' ', ',', '(', ')', '{', '}']).filter(|word| !word.is_empty()).collect();
        let pair = |word: &str| word.parse().map_or_else(|_| values[word], |number| (number, false));
        let value = |word: &str| pair(word).0;
        let last = words[words.len() - 1];
        if words[0] == "ret" {
            return pair(last);
        }
        let result = match words[2] {
            "trunc" | "zext" => (value(words[4]) & mask(words[6]), false),
            "sext" => (signed(value(words[4]), words[3]).cast_unsigned() & mask(words[6]), false),
            "icmp" => {
                let (x, y) = (value(words[5]), value(words[6]));
                let holds = match words[3] {
                    "ne" => x != y,
                    "ugt" => x > y,
                    "ult" => x < y,
                    other => panic!("unknown comparison {other}"),
                };
                (u128::from(holds), false)
            }
            "select" => pair(if value(words[4]) == 1 { words[6] } else { words[8] }),
            "insertvalue" if last == "0" => (value(words[7]), false),
            "insertvalue" => (value(words[5]), value(words[7]) == 1),
            "extractvalue" if last == "0" => (value(words[5]), false),
            "extractvalue" => (u128::from(pair(words[5]).1), false),
            "call" => {
                let callee = words.iter().find_map(|word| word.strip_prefix("@assay.")).unwrap();
                evaluate(callee, value(words[words.len() - 3]), value(last))
            }
            operation => {
                let (kind, x, y) = (words[3], value(words[4]), value(words[5]));
                let result = match operation {
                    "mul" => x.wrapping_mul(y),
                    "add" => x.wrapping_add(y),
                    "sub" => x.wrapping_sub(y),
                    "udiv" => x / y,
                    "urem" => x % y,
                    "and" => x & y,
                    "or" => x | y,
                    "xor" => x ^ y,
                    "shl" => x << y,
                    "lshr" => x >> y,
                    "ashr" => (signed(x, kind) >> y).cast_unsigned(),
                    other => panic!("unknown operation {other}"),
                };
                (result & mask(kind), false)
            }
        };
        values.insert(words[0], result);
    }
    panic!("no return in {name}");
}

fn mask(kind: &str) -> u128 {
    match kind {
        "i1" => 1,
        "i32" => u32::MAX.into(),
        "i64" => u64::MAX.into(),
        "i128" => u128::MAX,
        other => panic!("unknown type {other}"),
    }
}

fn signed(value: u128, kind: &str) -> i128 {
    match kind {
        "i32" => (value as u32).cast_signed().into(),
        "i64" => (value as u64).cast_signed().into(),
        _ => value.cast_signed(),
    }
}

/// Numbers that stress carries, then pseudo-random ones (splitmix64).
fn samples() -> Vec<u128> {
    let mut state = 7_u64;
    let mut word = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    };
    let low = u128::from(u64::MAX);
    let mut samples =
        vec![0, 1, 2, low, low + 1, low << 1, u128::MAX, u128::MAX - 1, 1 << 127, (1 << 127) - 1];
    samples.extend((0..40).map(|_| u128::from(word()) << 64 | u128::from(word())));
    samples
}

#[test]
fn the_product_helper_is_multiplication_modulo_two_to_the_128() {
    for a in samples() {
        for b in samples() {
            assert_eq!(evaluate("mul128", a, b).0, a.wrapping_mul(b), "{a} * {b}");
        }
    }
}

#[test]
fn the_shift_helpers_are_shifts_for_every_distance() {
    for a in samples() {
        for distance in 0..128_u32 {
            let b = u128::from(distance);
            assert_eq!(evaluate("shl128", a, b).0, a << distance, "{a} << {distance}");
            assert_eq!(evaluate("lshr128", a, b).0, a >> distance, "{a} >> {distance}");
            let signed = (a.cast_signed() >> distance).cast_unsigned();
            assert_eq!(evaluate("ashr128", a, b).0, signed, "{a} >> {distance}, signed");
        }
    }
}

#[test]
fn the_overflow_helpers_agree_with_checked_multiplication() {
    for a in samples() {
        for b in samples() {
            assert_eq!(evaluate("umulo128", a, b), a.overflowing_mul(b), "{a} * {b}");
            let (product, overflows) = a.cast_signed().overflowing_mul(b.cast_signed());
            assert_eq!(evaluate("smulo128", a, b), (product.cast_unsigned(), overflows), "{a} * {b}, signed");

            let (x, y) = (a as u64, b as u64);
            let (product, overflows) = x.overflowing_mul(y);
            assert_eq!(evaluate("umulo64", x.into(), y.into()), (product.into(), overflows), "{x} * {y}");
            let (product, overflows) = x.cast_signed().overflowing_mul(y.cast_signed());
            let expected = (product.cast_unsigned().into(), overflows);
            assert_eq!(evaluate("smulo64", x.into(), y.into()), expected, "{x} * {y}, signed");
        }
    }
}

#[test]
fn products_that_report_overflow_call_the_helpers() {
    assert_eq!(
        rewritten(
            "  %4 = tail call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %1, i64 range(i64 0, 9) %2) #5\n"
        ),
        "  %4 = tail call { i64, i1 } @assay.umulo64(i64 %1, i64 range(i64 0, 9) %2) #5\n"
    );
    let narrow = "  %4 = call { i32, i1 } @llvm.umul.with.overflow.i32(i32 %1, i32 %2)\n";
    assert_eq!(rewritten(narrow), narrow);
}

#[test]
fn signed_divisions_become_calls_of_their_width() {
    assert_eq!(rewritten("  %4 = sdiv i64 %1, 1000\n"), "  %4 = call i64 @assay.sdiv64(i64 %1, i64 1000)\n");
    assert_eq!(rewritten("  %4 = srem i32 %1, %2\n"), "  %4 = call i32 @assay.srem32(i32 %1, i32 %2)\n");
    let unsigned = "  %4 = udiv exact i64 %1, %2\n";
    assert_eq!(rewritten(unsigned), unsigned);
}

#[test]
fn the_division_helpers_agree_with_checked_division() {
    for a in samples() {
        for b in samples() {
            let (x, y) = (a as u64, b as u64);
            let (signed_x, signed_y) = (x.cast_signed(), y.cast_signed());
            if let Some(quotient) = signed_x.checked_div(signed_y) {
                assert_eq!(evaluate("sdiv64", x.into(), y.into()).0, quotient.cast_unsigned().into());
                let remainder = (signed_x % signed_y).cast_unsigned();
                assert_eq!(evaluate("srem64", x.into(), y.into()).0, remainder.into());
            }
            let (x, y) = (a as u32, b as u32);
            let (signed_x, signed_y) = (x.cast_signed(), y.cast_signed());
            if let Some(quotient) = signed_x.checked_div(signed_y) {
                assert_eq!(evaluate("sdiv32", x.into(), y.into()).0, quotient.cast_unsigned().into());
                let remainder = (signed_x % signed_y).cast_unsigned();
                assert_eq!(evaluate("srem32", x.into(), y.into()).0, remainder.into());
            }
        }
    }
}

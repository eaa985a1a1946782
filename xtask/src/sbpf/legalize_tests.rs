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

/// Evaluates the straight-line function `name` of the helpers.
fn evaluate(name: &str, a: u128, b: u128) -> u128 {
    let header = format!("define internal i128 @assay.{name}(");
    let body = HELPERS.split(&header).nth(1).unwrap().lines().skip(1);
    let mut values = HashMap::from([("%a".to_owned(), a), ("%b".to_owned(), b)]);
    for line in body {
        let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let value = |word: &str| word.parse().unwrap_or_else(|_| values[word]);
        if words[0] == "ret" {
            return value(words[2]);
        }
        let mask = |kind: &str| if kind == "i64" { u128::from(u64::MAX) } else { u128::MAX };
        let result = match words[2] {
            "trunc" | "zext" => value(words[4]) & mask(words[6]),
            "icmp" => u128::from(value(words[5]) > value(words[6])),
            "select" if value(words[4]) == 1 => value(words[6]),
            "select" => value(words[8]),
            operation => {
                let (x, y) = (value(words[4]), value(words[5]));
                let result = match operation {
                    "mul" => x.wrapping_mul(y),
                    "add" => x.wrapping_add(y),
                    "sub" => x.wrapping_sub(y),
                    "and" => x & y,
                    "or" => x | y,
                    "shl" => x << y,
                    "lshr" => x >> y,
                    "ashr" => ((x as u64).cast_signed() >> y).cast_unsigned().into(),
                    other => panic!("unknown operation {other}"),
                };
                result & mask(words[3])
            }
        };
        values.insert(words[0].to_owned(), result);
    }
    panic!("no return in {name}");
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
            assert_eq!(evaluate("mul128", a, b), a.wrapping_mul(b), "{a} * {b}");
        }
    }
}

#[test]
fn the_shift_helpers_are_shifts_for_every_distance() {
    for a in samples() {
        for distance in 0..128_u32 {
            let b = u128::from(distance);
            assert_eq!(evaluate("shl128", a, b), a << distance, "{a} << {distance}");
            assert_eq!(evaluate("lshr128", a, b), a >> distance, "{a} >> {distance}");
            let signed = (a.cast_signed() >> distance).cast_unsigned();
            assert_eq!(evaluate("ashr128", a, b), signed, "{a} >> {distance}, signed");
        }
    }
}

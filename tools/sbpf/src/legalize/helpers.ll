
; 128-bit operations over 64-bit words, for a back end that has no others.

; a * b mod 2^128: the product of the low words in full (schoolbook, 32-bit halves), the cross products into the high word.
define internal i128 @assay.mul128(i128 %a, i128 %b) alwaysinline {
  %alow = trunc i128 %a to i64
  %blow = trunc i128 %b to i64
  %ashifted = lshr i128 %a, 64
  %ahigh = trunc i128 %ashifted to i64
  %bshifted = lshr i128 %b, 64
  %bhigh = trunc i128 %bshifted to i64
  %a0 = and i64 %alow, 4294967295
  %a1 = lshr i64 %alow, 32
  %b0 = and i64 %blow, 4294967295
  %b1 = lshr i64 %blow, 32
  %p00 = mul i64 %a0, %b0
  %p01 = mul i64 %a0, %b1
  %p10 = mul i64 %a1, %b0
  %p11 = mul i64 %a1, %b1
  %p00high = lshr i64 %p00, 32
  %middle0 = add i64 %p01, %p00high
  %middle0low = and i64 %middle0, 4294967295
  %middle0high = lshr i64 %middle0, 32
  %middle1 = add i64 %p10, %middle0low
  %middle1high = lshr i64 %middle1, 32
  %carried0 = add i64 %p11, %middle0high
  %carried1 = add i64 %carried0, %middle1high
  %low = mul i64 %alow, %blow
  %cross0 = mul i64 %ahigh, %blow
  %cross1 = mul i64 %alow, %bhigh
  %high0 = add i64 %carried1, %cross0
  %high = add i64 %high0, %cross1
  %lowwide = zext i64 %low to i128
  %highwide = zext i64 %high to i128
  %highshifted = shl i128 %highwide, 64
  %product = or i128 %highshifted, %lowwide
  ret i128 %product
}

; a << b for b < 128: within a word for b < 64, else the low word moves up. The carry is shifted twice, because a shift by 64 is undefined.
define internal i128 @assay.shl128(i128 %a, i128 %b) alwaysinline {
  %low = trunc i128 %a to i64
  %ashifted = lshr i128 %a, 64
  %high = trunc i128 %ashifted to i64
  %count = trunc i128 %b to i64
  %inner = and i64 %count, 63
  %inverse = sub i64 63, %inner
  %lowmoved = shl i64 %low, %inner
  %highmoved = shl i64 %high, %inner
  %carry0 = lshr i64 %low, 1
  %carry = lshr i64 %carry0, %inverse
  %highsmall = or i64 %highmoved, %carry
  %isbig = icmp ugt i64 %count, 63
  %lowresult = select i1 %isbig, i64 0, i64 %lowmoved
  %highresult = select i1 %isbig, i64 %lowmoved, i64 %highsmall
  %lowwide = zext i64 %lowresult to i128
  %highwide = zext i64 %highresult to i128
  %highshifted = shl i128 %highwide, 64
  %result = or i128 %highshifted, %lowwide
  ret i128 %result
}

; a >> b, filled with zeros, for b < 128.
define internal i128 @assay.lshr128(i128 %a, i128 %b) alwaysinline {
  %low = trunc i128 %a to i64
  %ashifted = lshr i128 %a, 64
  %high = trunc i128 %ashifted to i64
  %count = trunc i128 %b to i64
  %inner = and i64 %count, 63
  %inverse = sub i64 63, %inner
  %highmoved = lshr i64 %high, %inner
  %lowmoved = lshr i64 %low, %inner
  %carry0 = shl i64 %high, 1
  %carry = shl i64 %carry0, %inverse
  %lowsmall = or i64 %lowmoved, %carry
  %isbig = icmp ugt i64 %count, 63
  %lowresult = select i1 %isbig, i64 %highmoved, i64 %lowsmall
  %highresult = select i1 %isbig, i64 0, i64 %highmoved
  %lowwide = zext i64 %lowresult to i128
  %highwide = zext i64 %highresult to i128
  %highshifted = shl i128 %highwide, 64
  %result = or i128 %highshifted, %lowwide
  ret i128 %result
}

; a >> b, filled with the sign, for b < 128.
define internal i128 @assay.ashr128(i128 %a, i128 %b) alwaysinline {
  %low = trunc i128 %a to i64
  %ashifted = lshr i128 %a, 64
  %high = trunc i128 %ashifted to i64
  %count = trunc i128 %b to i64
  %inner = and i64 %count, 63
  %inverse = sub i64 63, %inner
  %sign = ashr i64 %high, 63
  %highmoved = ashr i64 %high, %inner
  %lowmoved = lshr i64 %low, %inner
  %carry0 = shl i64 %high, 1
  %carry = shl i64 %carry0, %inverse
  %lowsmall = or i64 %lowmoved, %carry
  %isbig = icmp ugt i64 %count, 63
  %lowresult = select i1 %isbig, i64 %highmoved, i64 %lowsmall
  %highresult = select i1 %isbig, i64 %sign, i64 %highmoved
  %lowwide = zext i64 %lowresult to i128
  %highwide = zext i64 %highresult to i128
  %highshifted = shl i128 %highwide, 64
  %result = or i128 %highshifted, %lowwide
  ret i128 %result
}

; a * b and whether it exceeds 64 bits. Not by dividing the product again: the back end would take that for an overflow check.
define internal { i64, i1 } @assay.umulo64(i64 %a, i64 %b) alwaysinline {
  %awide = zext i64 %a to i128
  %bwide = zext i64 %b to i128
  %product = call i128 @assay.mul128(i128 %awide, i128 %bwide)
  %low = trunc i128 %product to i64
  %shifted = lshr i128 %product, 64
  %high = trunc i128 %shifted to i64
  %overflows = icmp ne i64 %high, 0
  %partial = insertvalue { i64, i1 } poison, i64 %low, 0
  %result = insertvalue { i64, i1 } %partial, i1 %overflows, 1
  ret { i64, i1 } %result
}

; a * b for signed words, and whether the high word is not the sign of the low one.
define internal { i64, i1 } @assay.smulo64(i64 %a, i64 %b) alwaysinline {
  %awide = sext i64 %a to i128
  %bwide = sext i64 %b to i128
  %product = call i128 @assay.mul128(i128 %awide, i128 %bwide)
  %low = trunc i128 %product to i64
  %shifted = lshr i128 %product, 64
  %high = trunc i128 %shifted to i64
  %sign = ashr i64 %low, 63
  %overflows = icmp ne i64 %high, %sign
  %partial = insertvalue { i64, i1 } poison, i64 %low, 0
  %result = insertvalue { i64, i1 } %partial, i1 %overflows, 1
  ret { i64, i1 } %result
}

; a * b and whether it exceeds 128 bits: when both have a high word, or a cross product or the sum of the high words overflows.
define internal { i128, i1 } @assay.umulo128(i128 %a, i128 %b) alwaysinline {
  %alow = trunc i128 %a to i64
  %blow = trunc i128 %b to i64
  %ashifted = lshr i128 %a, 64
  %ahigh = trunc i128 %ashifted to i64
  %bshifted = lshr i128 %b, 64
  %bhigh = trunc i128 %bshifted to i64
  %ahashigh = icmp ne i64 %ahigh, 0
  %bhashigh = icmp ne i64 %bhigh, 0
  %bothhigh = and i1 %ahashigh, %bhashigh
  %cross0 = call { i64, i1 } @assay.umulo64(i64 %ahigh, i64 %blow)
  %cross1 = call { i64, i1 } @assay.umulo64(i64 %bhigh, i64 %alow)
  %cross0value = extractvalue { i64, i1 } %cross0, 0
  %cross1value = extractvalue { i64, i1 } %cross1, 0
  %cross0overflows = extractvalue { i64, i1 } %cross0, 1
  %cross1overflows = extractvalue { i64, i1 } %cross1, 1
  %cross = add i64 %cross0value, %cross1value
  %alowwide = zext i64 %alow to i128
  %blowwide = zext i64 %blow to i128
  %low = call i128 @assay.mul128(i128 %alowwide, i128 %blowwide)
  %crosswide = zext i64 %cross to i128
  %crossshifted = shl i128 %crosswide, 64
  %product = add i128 %low, %crossshifted
  %carries = icmp ult i128 %product, %low
  %either = or i1 %cross0overflows, %cross1overflows
  %any = or i1 %either, %bothhigh
  %overflows = or i1 %any, %carries
  %partial = insertvalue { i128, i1 } poison, i128 %product, 0
  %result = insertvalue { i128, i1 } %partial, i1 %overflows, 1
  ret { i128, i1 } %result
}

; a * b for signed numbers: the product of the magnitudes with the sign put back, which overflows when that changes the sign.
define internal { i128, i1 } @assay.smulo128(i128 %a, i128 %b) alwaysinline {
  %asign = ashr i128 %a, 127
  %aflipped = xor i128 %a, %asign
  %amagnitude = sub i128 %aflipped, %asign
  %bsign = ashr i128 %b, 127
  %bflipped = xor i128 %b, %bsign
  %bmagnitude = sub i128 %bflipped, %bsign
  %magnitude = call { i128, i1 } @assay.umulo128(i128 %amagnitude, i128 %bmagnitude)
  %value = extractvalue { i128, i1 } %magnitude, 0
  %toobig = extractvalue { i128, i1 } %magnitude, 1
  %sign = xor i128 %asign, %bsign
  %flipped = xor i128 %value, %sign
  %product = sub i128 %flipped, %sign
  %productsign = ashr i128 %product, 127
  %changed = icmp ne i128 %productsign, %sign
  %notzero = icmp ne i128 %value, 0
  %wrapped = and i1 %changed, %notzero
  %overflows = or i1 %toobig, %wrapped
  %partial = insertvalue { i128, i1 } poison, i128 %product, 0
  %result = insertvalue { i128, i1 } %partial, i1 %overflows, 1
  ret { i128, i1 } %result
}

; a / b for signed words, rounded towards zero: the quotient of the magnitudes with the sign put back. b is not 0, and the quotient fits: Rust checks both before.
define internal i64 @assay.sdiv64(i64 %a, i64 %b) alwaysinline {
  %asign = ashr i64 %a, 63
  %aflipped = xor i64 %a, %asign
  %amagnitude = sub i64 %aflipped, %asign
  %bsign = ashr i64 %b, 63
  %bflipped = xor i64 %b, %bsign
  %bmagnitude = sub i64 %bflipped, %bsign
  %magnitude = udiv i64 %amagnitude, %bmagnitude
  %sign = xor i64 %asign, %bsign
  %flipped = xor i64 %magnitude, %sign
  %result = sub i64 %flipped, %sign
  ret i64 %result
}

; The remainder that goes with it: it has the sign of a.
define internal i64 @assay.srem64(i64 %a, i64 %b) alwaysinline {
  %asign = ashr i64 %a, 63
  %aflipped = xor i64 %a, %asign
  %amagnitude = sub i64 %aflipped, %asign
  %bsign = ashr i64 %b, 63
  %bflipped = xor i64 %b, %bsign
  %bmagnitude = sub i64 %bflipped, %bsign
  %magnitude = urem i64 %amagnitude, %bmagnitude
  %flipped = xor i64 %magnitude, %asign
  %result = sub i64 %flipped, %asign
  ret i64 %result
}

define internal i32 @assay.sdiv32(i32 %a, i32 %b) alwaysinline {
  %awide = sext i32 %a to i64
  %bwide = sext i32 %b to i64
  %wide = call i64 @assay.sdiv64(i64 %awide, i64 %bwide)
  %result = trunc i64 %wide to i32
  ret i32 %result
}

define internal i32 @assay.srem32(i32 %a, i32 %b) alwaysinline {
  %awide = sext i32 %a to i64
  %bwide = sext i32 %b to i64
  %wide = call i64 @assay.srem64(i64 %awide, i64 %bwide)
  %result = trunc i64 %wide to i32
  ret i32 %result
}

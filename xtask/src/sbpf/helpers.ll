
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

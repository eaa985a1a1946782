// Points that proofs do not hold, and bytes put in their place.

import { bn254 } from '@noble/curves/bn254.js';

import { word } from './machine.mjs';

/** A copy with `bytes` at `offset`. */
export function replaced(whole, offset, bytes) {
  return Buffer.concat([whole.subarray(0, offset), bytes, whole.subarray(offset + bytes.length)]);
}

/** A point of G2's curve that is not in the subgroup of prime order: nearly every point is none. */
export function outsideSubgroup() {
  const { Fp2 } = bn254.fields;
  const b = bn254.G2.Point.CURVE().b;
  for (let c0 = 1n; ; c0++) {
    const x = Fp2.create({ c0, c1: 0n });
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b));
      return Buffer.concat([x.c1, x.c0, y.c1, y.c0].map(word));
    } catch {
      // no square: the next
    }
  }
}

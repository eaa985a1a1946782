// Packing of signed integers into limbs: offset-binary, `floor(248 / bits)` to a limb, the first in the lowest bits.

import { AssayError, bigEndian, integer, type Bytes } from "./bytes.js";

const LIMB_BITS = 248;

/** Limbs that `count` values of `bits` bits take. */
export function limbsFor(count: number, bits: number): number {
  return Math.ceil(count / valuesPerLimb(bits));
}

function valuesPerLimb(bits: number): number {
  if (!Number.isInteger(bits) || bits < 1 || bits > 32) {
    throw new AssayError(`${bits} bits an element; 1 to 32 are possible`);
  }
  return Math.floor(LIMB_BITS / bits);
}

/** One tensor's values as limbs of 32 bytes. */
export function pack(values: readonly number[], bits: number): Uint8Array[] {
  const perLimb = valuesPerLimb(bits);
  const offset = 2 ** (bits - 1);
  return Array.from({ length: limbsFor(values.length, bits) }, (_, limb) => {
    let packed = 0n;
    values.slice(limb * perLimb, (limb + 1) * perLimb).forEach((value, place) => {
      if (!Number.isInteger(value) || value < -offset || value >= offset) {
        throw new AssayError(`value ${value} at position ${limb * perLimb + place} does not fit ${bits} signed bits`);
      }
      packed |= BigInt(value + offset) << BigInt(place * bits);
    });
    return bigEndian(packed, 32);
  });
}

/** The `count` values that limbs pack: an error for limbs that {@link pack} never gives. */
export function unpack(limbs: readonly Bytes[], count: number, bits: number): number[] {
  const expected = limbsFor(count, bits);
  if (limbs.length !== expected) {
    throw new AssayError(`${limbs.length} limbs where ${expected} hold the values`);
  }
  const perLimb = valuesPerLimb(bits);
  const offset = 2 ** (bits - 1);
  const mask = (1n << BigInt(bits)) - 1n;
  return limbs.flatMap((limb, position) => {
    let rest = integer(limb);
    const values = Array.from({ length: Math.min(perLimb, count - position * perLimb) }, () => {
      const value = Number(rest & mask) - offset;
      rest >>= BigInt(bits);
      return value;
    });
    if (rest !== 0n) {
      throw new AssayError(`limb ${position} has bits set above its last value`);
    }
    return values;
  });
}

// What the integers of a tensor stand for: binary scales, float32 order keys, missing values.

import { AssayError } from "./bytes.js";
import type { Tensor } from "./schema.js";

/** The largest order key of a float32 number: that of infinity. */
const KEY_OF_INFINITY = 0x7f800000;

/** The order key of a float32 number: keys compare as the numbers do. Both zeros have 0; NaN has none. */
export function float32Key(number: number): number {
  const bits = new Uint32Array(Float32Array.of(number).buffer)[0]!;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > KEY_OF_INFINITY) {
    throw new AssayError("NaN has no order key; where an element may be missing, give the code of a missing one");
  }
  return bits >>> 31 === 0 || magnitude === 0 ? magnitude : -magnitude;
}

/** The float32 number of an order key; `undefined` of an integer that is none. */
export function float32Number(key: number): number | undefined {
  const magnitude = Math.abs(key);
  if (!Number.isInteger(key) || magnitude > KEY_OF_INFINITY) {
    return undefined;
  }
  const bits = key < 0 ? (magnitude | 0x80000000) >>> 0 : magnitude;
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

/** The integer that says that an element is missing, of those that may be. */
export function missingCode(tensor: Tensor): number {
  return -(2 ** (tensor.bits - 1));
}

/** Whether an element, counted in row-major order, may be missing. */
export function mayBeMissing(tensor: Tensor, index: number): boolean {
  const { missing } = tensor;
  return missing === "anywhere" || (missing !== "never" && (missing[index % missing.length] ?? false));
}

/** Whether this integer of an element says that it is missing. */
export function isMissing(tensor: Tensor, index: number, integer: number): boolean {
  return integer === missingCode(tensor) && mayBeMissing(tensor, index);
}

/** The scale of an element; `undefined` of float32 numbers. */
export function scaleOf(tensor: Tensor, index: number): number | undefined {
  const { scales, shape } = tensor;
  if (scales === "float32") {
    return undefined;
  }
  if (typeof scales === "number") {
    return scales;
  }
  const inner = shape.slice(scales.axis + 1).reduce((product, dimension) => product * dimension, 1);
  return scales.scales[Math.floor(index / inner) % scales.scales.length];
}

/** The number that an element's integer stands for; `null` where it says that the element is missing. */
export function number(tensor: Tensor, index: number, integer: number): number | null {
  if (isMissing(tensor, index, integer)) {
    return null;
  }
  const scale = scaleOf(tensor, index);
  if (scale !== undefined) {
    return integer * 2 ** -scale;
  }
  const found = float32Number(integer);
  if (found === undefined) {
    throw new AssayError(`value ${integer} at position ${index} of ${JSON.stringify(tensor.name)} is no float32 number's`);
  }
  return found;
}

/**
 * The integers of numbers for a tensor, in row-major order: the nearest at each element's scale, ties away from zero, saturating; `null` for a
 * missing one.
 */
export function quantize(tensor: Tensor, numbers: readonly (number | null)[]): number[] {
  const code = missingCode(tensor);
  return numbers.map((value, index) => {
    const allowed = mayBeMissing(tensor, index);
    if (value === null) {
      if (!allowed) {
        throw new AssayError(`element ${index} of ${JSON.stringify(tensor.name)} may not be missing`);
      }
      return code;
    }
    const scale = scaleOf(tensor, index);
    if (scale === undefined) {
      return float32Key(value);
    }
    if (Number.isNaN(value)) {
      throw new AssayError(`element ${index} of ${JSON.stringify(tensor.name)} is NaN; a missing one is given as null`);
    }
    return Math.min(Math.max(nearest(value * 2 ** scale), allowed ? code + 1 : code), -code - 1);
  });
}

function nearest(value: number): number {
  const whole = Math.trunc(value);
  const away = Math.abs(value - whole) >= 0.5 ? Math.sign(value) : 0; // exact, where adding a half would round
  return whole + away + 0; // no -0
}

// Bytes, field elements and hexadecimal text.

import type { ReadonlyUint8Array } from "@solana/kit";

/** Bytes that are only read. */
export type Bytes = ReadonlyUint8Array;

/** What this package refuses, with a text that says why. */
export class AssayError extends Error {
  override name = "AssayError";
}

/** Order of BN254's scalar field. */
export const MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** A number of the field as its 32 bytes, big-endian. */
export function element(value: bigint | number): Uint8Array {
  const number = BigInt(value);
  if (number < 0n || number >= MODULUS) {
    throw new AssayError(`${number} is not an element of the field: it has to be 0 at least and below its order`);
  }
  return bigEndian(number, 32);
}

/** The number that 32 bytes encode; bytes of the field's order or more encode none. */
export function elementValue(bytes: Bytes): bigint {
  const value = integer(bytes);
  if (bytes.length !== 32 || value >= MODULUS) {
    throw new AssayError("the bytes are not 32, or not below the order of the field");
  }
  return value;
}

/** Whether 32 bytes encode an element: `x` and `x` plus the field's order would be two encodings of one. */
export function isElement(bytes: Bytes): boolean {
  return bytes.length === 32 && integer(bytes) < MODULUS;
}

/** 32 bytes as two elements, the first and the last 16 bytes: so contexts and scopes enter a statement. */
export function halves(bytes: Bytes): [Uint8Array, Uint8Array] {
  expectLength("the value", bytes, 32);
  const half = (start: number) => concat([new Uint8Array(16), bytes.slice(start, start + 16)]);
  return [half(0), half(16)];
}

export function expectLength(what: string, bytes: Bytes, length: number): void {
  if (bytes.length !== length) {
    throw new AssayError(`${what} has ${bytes.length} bytes where ${length} are needed`);
  }
}

/** An unsigned integer in `length` bytes, big-endian. */
export function bigEndian(value: bigint, length: number): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * length, "0"));
}

/** The integer that bytes encode, big-endian. */
export function integer(bytes: Bytes): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** An unsigned or two's complement integer in `length` bytes, little-endian. */
export function littleEndian(value: bigint | number, length: number): Uint8Array {
  const number = BigInt(value);
  if (number >= 1n << BigInt(8 * length) || number < -(1n << BigInt(8 * length - 1))) {
    throw new AssayError(`${number} does not fit ${length} bytes`);
  }
  return bigEndian(BigInt.asUintN(8 * length, number), length).reverse();
}

export function concat(parts: readonly Bytes[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part as Uint8Array, at);
    at += part.length;
  }
  return out;
}

export function equalBytes(left: Bytes, right: Bytes): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

export function toHex(bytes: Bytes): string {
  return Array.from(bytes as Uint8Array, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new AssayError("the text is not hexadecimal");
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

/** UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Takes bytes from the front; `short` makes the error where there are too few. */
export class Reader {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(
    bytes: Bytes,
    readonly short: (length: number) => AssayError,
  ) {
    this.#bytes = new Uint8Array(bytes as Uint8Array); // a Buffer's slices would be views of the caller's bytes, and numbers are reversed in place
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) {
      throw this.short(this.#bytes.length);
    }
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    return Number(this.#littleEndian(2));
  }

  u32(): number {
    return Number(this.#littleEndian(4));
  }

  u64(): bigint {
    return this.#littleEndian(8);
  }

  #littleEndian(length: number): bigint {
    return integer(this.take(length).reverse());
  }
}

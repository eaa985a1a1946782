// A model's public face: its tensors, and the one encoding of them. `docs/statement.md` has the layout.

import { AssayError, concat, littleEndian, Reader, utf8, type Bytes } from "./bytes.js";

/** What integers stand for: one binary scale, one for each position along an axis, or float32 numbers by their order keys. */
export type Scales = number | { readonly axis: number; readonly scales: readonly number[] } | "float32";

/** Which elements may be missing: none, any, or those of some columns (positions along the last axis). */
export type Missing = "never" | "anywhere" | readonly boolean[];

/** What a statement shows: the values, a commitment to them, or that such a commitment is in a leaf of a tree of this depth. */
export type Visibility = "public" | "committed" | { readonly memberDepth: number };

/** One tensor of signed integers, in row-major order. */
export type Tensor = {
  readonly name: string;
  /** Dimensions, 1 to 4 of them. */
  readonly shape: readonly number[];
  /** Bits of an element, 1 to 32. */
  readonly bits: number;
  readonly scales: Scales;
  readonly missing: Missing;
  readonly visibility: Visibility;
};

/** The tensors of a model. {@link decodeSchema} and {@link checkSchema} check every limit. */
export type Schema = {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
};

const MAX_NAME = 32;
const MAX_RANK = 4;
const MAX_TENSORS = 8;
export const MAX_ELEMENTS = 1 << 16;
const MAX_BITS = 32;
const MAX_DEPTH = 32;
/** Most positions along an axis with scales of their own, and most columns with a say of their own. */
const MAX_POSITIONS = 128;

/** In the byte of a tensor's bits: scales along an axis follow. */
const ALONG_AXIS = 1 << 7;
/** In the byte of a tensor's bits: elements may be missing. */
const MAY_BE_MISSING = 1 << 6;
/** In the place of a tensor's bits: float32 numbers. */
const FLOAT32 = 33;

type Side = "input" | "output";

/** Elements of a tensor: the product of its dimensions. */
export function elements(tensor: Tensor): number {
  return tensor.shape.reduce((product, dimension) => product * dimension, 1);
}

/** The schema that bytes encode, all of them. */
export function decodeSchema(bytes: Bytes): Schema {
  const reader = new Reader(bytes, (length) => new AssayError(`the schema ends too early, at byte ${length}`));
  const name = readName(reader);
  const inputs = readTensors(reader, "input");
  const outputs = readTensors(reader, "output");
  if (reader.left > 0) {
    throw new AssayError(`${reader.left} bytes follow the schema`);
  }
  return checkSchema({ name, inputs, outputs });
}

/** The one encoding of a schema. */
export function encodeSchema(schema: Schema): Uint8Array {
  const { name, inputs, outputs } = checkSchema(schema);
  const sides = [inputs, outputs].flatMap((tensors) => [Uint8Array.of(tensors.length), ...tensors.map(encodeTensor)]);
  return concat([encodeName(name), ...sides]);
}

/** The same schema, where every limit holds. */
export function checkSchema(schema: Schema): Schema {
  checkName(schema.name);
  for (const [side, tensors] of [["input", schema.inputs], ["output", schema.outputs]] as const) {
    checkCount(side, tensors.length);
    tensors.forEach((tensor) => checkTensor(side, tensor));
  }
  const names = [...schema.inputs, ...schema.outputs].map((tensor) => tensor.name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) {
    throw new AssayError(`two tensors are called ${quoted(repeated)}; names must be unique`);
  }
  const [first, second] = schema.inputs.filter((tensor) => memberDepth(tensor) !== undefined);
  if (first && second) {
    throw new AssayError(
      `${quoted(first.name)} and ${quoted(second.name)} are both members of a tree; a model has at most one such input`,
    );
  }
  return schema;
}

/** Depth of the tree that an input is in, for a member. */
export function memberDepth(tensor: Tensor): number | undefined {
  return typeof tensor.visibility === "object" ? tensor.visibility.memberDepth : undefined;
}

function checkCount(side: Side, count: number): void {
  if (count < 1 || count > MAX_TENSORS) {
    throw new AssayError(`the model has ${count} ${side}s; it needs 1 to ${MAX_TENSORS}`);
  }
}

function checkRank(name: string, rank: number): void {
  if (rank < 1 || rank > MAX_RANK) {
    throw new AssayError(`tensor ${quoted(name)} has ${rank} dimensions; it needs 1 to ${MAX_RANK}`);
  }
}

function checkNameLength(length: number): void {
  if (length < 1 || length > MAX_NAME) {
    throw new AssayError(`a name has ${length} bytes; it needs 1 to ${MAX_NAME}`);
  }
}

function checkName(name: string): void {
  checkNameLength(utf8(name).length);
  if (/\p{Cc}/u.test(name)) {
    throw new AssayError(`the name ${quoted(name)} holds a control character`);
  }
}

function checkTensor(side: Side, tensor: Tensor): void {
  const { name, shape, bits } = tensor;
  checkName(name);
  checkRank(name, shape.length);
  shape.forEach((dimension, axis) => {
    expectInteger(`dimension ${axis} of tensor ${quoted(name)}`, dimension, 0, 0xffffffff);
    if (dimension === 0) {
      throw new AssayError(`dimension ${axis} of tensor ${quoted(name)} is 0; a tensor needs at least one element`);
    }
  });
  if (elements(tensor) > MAX_ELEMENTS) {
    throw new AssayError(`tensor ${quoted(name)} has more than ${MAX_ELEMENTS} elements`);
  }
  if (!Number.isInteger(bits) || bits < 1 || bits > MAX_BITS) {
    throw new AssayError(`tensor ${quoted(name)} has ${bits} bits; it needs 1 to ${MAX_BITS}`);
  }
  checkScales(side, tensor);
  checkMissing(side, tensor);
  checkVisibility(side, tensor);
}

function checkScales(side: Side, { name, shape, bits, scales }: Tensor): void {
  const check = (scale: number) => expectInteger(`a scale of tensor ${quoted(name)}`, scale, -128, 127);
  if (typeof scales === "number") {
    return check(scales);
  }
  if (scales === "float32") {
    if (side === "output") {
      throw new AssayError(`output ${quoted(name)} is of float32 numbers; only inputs are`);
    }
    if (bits !== 32) {
      throw new AssayError(`tensor ${quoted(name)} is of float32 numbers and has ${bits} bits; they have 32`);
    }
    return;
  }
  const length = axisLength(name, shape, scales.axis);
  if (scales.scales.length !== length) {
    throw new AssayError(`tensor ${quoted(name)} has ${scales.scales.length} scales along an axis of ${length} positions`);
  }
  scales.scales.forEach(check);
  if (scales.scales.every((scale) => scale === scales.scales[0])) {
    throw new AssayError(`the scales of tensor ${quoted(name)} along an axis are all equal; that is one scale`);
  }
}

function axisLength(name: string, shape: readonly number[], axis: number): number {
  const length = shape[axis];
  if (length === undefined) {
    throw new AssayError(`tensor ${quoted(name)} has scales along axis ${axis}, and ${shape.length} dimensions`);
  }
  if (length > MAX_POSITIONS) {
    throw new AssayError(
      `tensor ${quoted(name)} has scales along an axis of ${length} positions; at most ${MAX_POSITIONS} have their own`,
    );
  }
  return length;
}

function checkMissing(side: Side, { name, shape, bits, missing }: Tensor): void {
  if (missing === "never") {
    return;
  }
  if (side === "output") {
    throw new AssayError(`output ${quoted(name)} is marked as missing somewhere; only inputs may be missing`);
  }
  if (bits < 2) {
    throw new AssayError(`tensor ${quoted(name)} of ${bits} bits may be missing; it needs 2 bits at least`);
  }
  if (missing === "anywhere") {
    return;
  }
  const length = shape[shape.length - 1]!;
  if (missing.length !== length || length > MAX_POSITIONS) {
    throw columnCount(name, missing.length, length);
  }
  if (!missing.includes(true) || !missing.includes(false)) {
    throw equalColumns(name);
  }
}

function columnCount(name: string, count: number, length: number): AssayError {
  return new AssayError(
    `tensor ${quoted(name)} says of ${count} columns whether they may be missing, and has ${length}; ` +
      `at most ${MAX_POSITIONS} have a say of their own`,
  );
}

function equalColumns(name: string): AssayError {
  return new AssayError(`the columns of tensor ${quoted(name)} that may be missing are all of them, none, or beyond the last`);
}

function checkVisibility(side: Side, tensor: Tensor): void {
  const { name, visibility } = tensor;
  const depth = memberDepth(tensor);
  if (side === "output" && visibility !== "public") {
    throw new AssayError(
      depth === undefined
        ? `output ${quoted(name)} is marked as committed; outputs are public`
        : `output ${quoted(name)} is marked as a member of a tree; outputs are public`,
    );
  }
  if (depth !== undefined && (!Number.isInteger(depth) || depth < 1 || depth > MAX_DEPTH)) {
    throw new AssayError(`member input ${quoted(name)} is in a tree of depth ${depth}; it needs 1 to ${MAX_DEPTH}`);
  }
}

function encodeName(name: string): Uint8Array {
  const bytes = utf8(name);
  return concat([Uint8Array.of(bytes.length), bytes]);
}

function encodeTensor(tensor: Tensor): Uint8Array {
  const { name, shape, bits, scales, missing, visibility } = tensor;
  const mark = missing === "never" ? 0 : MAY_BE_MISSING;
  const head = [encodeName(name), Uint8Array.of(shape.length), ...shape.map((dimension) => littleEndian(dimension, 4))];
  const scaled =
    scales === "float32"
      ? [FLOAT32 | mark]
      : typeof scales === "number"
        ? [bits | mark, scales & 0xff]
        : [bits | mark | ALONG_AXIS, scales.axis, ...scales.scales.map((scale) => scale & 0xff)];
  const masked = missing === "never" ? [] : missing === "anywhere" ? [0] : encodeColumns(missing);
  const shown = visibility === "public" ? [0] : visibility === "committed" ? [1] : [2, visibility.memberDepth];
  return concat([...head, Uint8Array.from([...scaled, ...masked, ...shown])]);
}

/** The number of bytes, then eight columns a byte, the first in the lowest bit. */
function encodeColumns(columns: readonly boolean[]): number[] {
  const bytes = new Array<number>(Math.ceil(columns.length / 8)).fill(0);
  columns.forEach((column, index) => {
    bytes[index >> 3]! |= Number(column) << (index & 7);
  });
  return [bytes.length, ...bytes];
}

function readName(reader: Reader): string {
  const length = reader.u8();
  checkNameLength(length);
  const bytes = reader.take(length);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new AssayError("a name is not UTF-8");
  }
}

function readTensors(reader: Reader, side: Side): Tensor[] {
  const count = reader.u8();
  checkCount(side, count);
  return Array.from({ length: count }, () => readTensor(reader));
}

function readTensor(reader: Reader): Tensor {
  const name = readName(reader);
  const rank = reader.u8();
  checkRank(name, rank);
  const shape = Array.from({ length: rank }, () => reader.u32());
  const marked = reader.u8();
  const own = marked & ~(ALONG_AXIS | MAY_BE_MISSING);
  const isFloat32 = own === FLOAT32 && (marked & ALONG_AXIS) === 0;
  const scales = isFloat32 ? "float32" : (marked & ALONG_AXIS) === 0 ? reader.i8() : readScales(reader, name, shape);
  const missing = (marked & MAY_BE_MISSING) === 0 ? "never" : readMissing(reader, name, shape);
  return { name, shape, bits: isFloat32 ? 32 : own, scales, missing, visibility: readVisibility(reader) };
}

function readScales(reader: Reader, name: string, shape: readonly number[]): Scales {
  const axis = reader.u8();
  const length = axisLength(name, shape, axis);
  return { axis, scales: Array.from({ length }, () => reader.i8()) };
}

function readMissing(reader: Reader, name: string, shape: readonly number[]): Missing {
  const length = Math.max(shape[shape.length - 1]!, 1);
  const count = reader.u8();
  if (count === 0) {
    return "anywhere";
  }
  if (count !== Math.ceil(length / 8)) {
    throw columnCount(name, count, length);
  }
  const bytes = reader.take(count);
  const bits = Array.from({ length: 8 * count }, (_, index) => ((bytes[index >> 3]! >> (index & 7)) & 1) === 1);
  if (bits.slice(length).includes(true)) {
    throw equalColumns(name);
  }
  return bits.slice(0, length);
}

function readVisibility(reader: Reader): Visibility {
  const byte = reader.u8();
  switch (byte) {
    case 0:
      return "public";
    case 1:
      return "committed";
    case 2:
      return { memberDepth: reader.u8() };
    default:
      throw new AssayError(`visibility byte ${byte} is none of 0 (public), 1 (committed) and 2 (member)`);
  }
}

function expectInteger(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new AssayError(`${what} is ${value}; it has to be an integer from ${least} to ${most}`);
  }
}

function quoted(name: string): string {
  return JSON.stringify(name);
}

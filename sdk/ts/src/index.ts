export * from "./addresses.js";
export { AssayError, element, elementValue, fromHex, halves, isElement, MODULUS, toHex, type Bytes } from "./bytes.js";
export * from "./contexts.js";
export { Engine } from "./engine.js";
export * from "./failures.js";
export * from "./files.js";
export { PROGRAM_ERRORS } from "./generated/errors.js";
export { limbsFor, pack, unpack } from "./packing.js";
export {
  checkSchema,
  decodeSchema,
  elements,
  encodeSchema,
  memberDepth,
  type Missing,
  type Scales,
  type Schema,
  type Tensor,
  type Visibility,
} from "./schema.js";
export * from "./statement.js";
export * from "./transaction.js";
export * from "./values.js";
export * from "./verify.js";

// What a proof is about: commitments, membership, the statement and its digest. `docs/statement.md` has the bytes.

import { AssayError, concat, element, equalBytes, expectLength, halves, integer, isElement, littleEndian, utf8, type Bytes } from "./bytes.js";
import type { Engine } from "./engine.js";
import { limbsFor, pack, unpack } from "./packing.js";
import { elements, encodeSchema, MAX_ELEMENTS, memberDepth, type Schema, type Tensor } from "./schema.js";
import { number } from "./values.js";

/** A claim: this model, in this context, maps these inputs to these outputs. */
export type Statement = {
  /** Tag of the model's schema: an element of 32 bytes. */
  readonly domain: Bytes;
  /** 32 bytes of the consumer's: what the proof is for. */
  readonly context: Bytes;
  /** For each input its packed limbs, its commitment or its claim, then each output's packed limbs: 32 bytes each. */
  readonly limbs: readonly Bytes[];
};

/** What a statement says of a member input: the tree's root, what the nullifier is for (32 bytes), the owner's nullifier for it. */
export type Claim = { readonly root: Bytes; readonly scope: Bytes; readonly nullifier: Bytes };

/** What a statement shows of an input: integers, a commitment to them, or a membership. */
export type Shown = readonly number[] | { readonly commitment: Bytes } | Claim;

/** A tensor as a statement shows it; `numbers` has `null` where a value is missing. */
export type Content =
  | { readonly kind: "values"; readonly tensor: Tensor; readonly integers: number[]; readonly numbers: (number | null)[] }
  | { readonly kind: "commitment"; readonly tensor: Tensor; readonly commitment: Bytes }
  | { readonly kind: "member"; readonly tensor: Tensor; readonly claim: Claim };

const KINDS = { committed: 1n, leaf: 2n, key: 3n, nullifier: 4n };

function tag(kind: keyof typeof KINDS, bits: number, count: number): Uint8Array {
  return element((KINDS[kind] << 64n) | (BigInt(bits) << 32n) | BigInt(count));
}

/** The domain tag of an encoded schema, or of a schema. */
export function domain(engine: Engine, schema: Schema | Bytes): Uint8Array {
  const encoded = "inputs" in schema ? encodeSchema(schema) : schema;
  const hash = engine.sha256(utf8("assay:statement:v2\0"), encoded);
  return concat([Uint8Array.of(0), hash.slice(0, 31)]);
}

/** Commitment to a tensor's values; `salt` is an element, uniformly random and used once. */
export function commit(engine: Engine, salt: Bytes, values: readonly number[], bits: number): Uint8Array {
  if (values.length < 1 || values.length > MAX_ELEMENTS) {
    throw new AssayError(`${values.length} values to commit to; a tensor has 1 to ${MAX_ELEMENTS}`);
  }
  return engine.absorb([tag("committed", bits, values.length), salt, ...pack(values, bits)]);
}

/** The public key of a secret. */
export function memberKey(engine: Engine, secret: Bytes): Uint8Array {
  return engine.absorb([tag("key", 0, 1), secret]);
}

/** The leaf of a committed tensor that belongs to the owner of a key. */
export function memberLeaf(engine: Engine, commitment: Bytes, key: Bytes): Uint8Array {
  return engine.absorb([tag("leaf", 0, 2), commitment, key]);
}

/** The nullifier of a secret for a scope of 32 bytes. */
export function nullifier(engine: Engine, secret: Bytes, scope: Bytes): Uint8Array {
  return engine.absorb([tag("nullifier", 0, 3), secret, ...halves(scope)]);
}

/** The root that a leaf at a position has with these siblings, the lowest first, one a level of the tree. */
export function rootOfPath(engine: Engine, leaf: Bytes, position: number, siblings: readonly Bytes[]): Uint8Array {
  const depth = siblings.length;
  if (depth < 1 || depth > 32) {
    throw new AssayError(`a tree of depth ${depth}; it has 1 to 32`);
  }
  if (!Number.isInteger(position) || position < 0 || position >= 2 ** depth) {
    throw new AssayError(`position ${position} in a tree of depth ${depth}, which has positions 0 to 2^${depth} - 1`);
  }
  return siblings.reduce<Uint8Array>((running, sibling, level) => {
    const isLeft = Math.floor(position / 2 ** level) % 2 === 0;
    return engine.absorb(isLeft ? [running, sibling] : [sibling, running]);
  }, new Uint8Array(leaf));
}

/** The statement of one inference, with tensors in the schema's order. Integers that stand for no number are refused. */
export function statement(
  engine: Engine,
  schema: Schema,
  context: Bytes,
  inputs: readonly Shown[],
  outputs: readonly (readonly number[])[],
): Statement {
  expectLength("the context", context, 32);
  expectTensors("input", schema.inputs.length, inputs.length);
  expectTensors("output", schema.outputs.length, outputs.length);
  const limbs = [
    ...schema.inputs.flatMap((tensor, index) => inputLimbs(tensor, inputs[index]!)),
    ...schema.outputs.flatMap((tensor, index) => valueLimbs("output", tensor, outputs[index]!)),
  ];
  return { domain: domain(engine, schema), context, limbs };
}

/** The proof's one public input. */
export function digest(engine: Engine, { domain, context, limbs }: Statement): Uint8Array {
  const position = limbs.findIndex((limb) => !isElement(limb));
  if (position >= 0) {
    throw new AssayError(`limb ${position} is not below the order of the field`);
  }
  return engine.absorb([domain, ...halves(context), ...limbs]);
}

/** Limbs of a model's statements. */
export function statementLimbs(schema: Schema): number {
  return [...schema.inputs, ...schema.outputs].reduce((sum, tensor) => sum + shownLimbs(tensor), 0);
}

/** The tensors that a statement of a model shows; throws where the statement is of another model, or no values give it. */
export function decodeStatement(engine: Engine, schema: Schema, { domain: found, limbs }: Statement): Content[] {
  if (!equalBytes(found, domain(engine, schema))) {
    throw new AssayError(`the statement is not of the model ${JSON.stringify(schema.name)}: its domain is another`);
  }
  const expected = statementLimbs(schema);
  if (limbs.length !== expected) {
    throw new AssayError(`the statement has ${limbs.length} limbs; those of ${JSON.stringify(schema.name)} have ${expected}`);
  }
  let at = 0;
  return [...schema.inputs, ...schema.outputs].map((tensor): Content => {
    const own = limbs.slice(at, (at += shownLimbs(tensor)));
    if (tensor.visibility === "committed") {
      return { kind: "commitment", tensor, commitment: own[0]! };
    }
    if (tensor.visibility !== "public") {
      return { kind: "member", tensor, claim: readClaim(own) };
    }
    const integers = unpack(own, elements(tensor), tensor.bits);
    return { kind: "values", tensor, integers, numbers: integers.map((value, index) => number(tensor, index, value)) };
  });
}

/** The arguments of the verifier program's `verify`, behind the discriminator. */
export function verifyArguments(proof: Bytes, { context, limbs }: Statement): Uint8Array {
  return concat([littleEndian(proof.length, 4), proof, context, littleEndian(limbs.length, 4), ...limbs]);
}

function shownLimbs(tensor: Tensor): number {
  if (tensor.visibility === "public") {
    return limbsFor(elements(tensor), tensor.bits);
  }
  return tensor.visibility === "committed" ? 1 : 4;
}

function inputLimbs(tensor: Tensor, shown: Shown): Bytes[] {
  const name = JSON.stringify(tensor.name);
  const isMember = memberDepth(tensor) !== undefined;
  if ("root" in shown) {
    if (!isMember) {
      throw new AssayError(`input ${name} is in no tree: give its values or its commitment, not a membership`);
    }
    return [shown.root, ...halves(shown.scope), shown.nullifier];
  }
  if (isMember) {
    throw new AssayError(`input ${name} is a member of a tree: give root, scope and nullifier`);
  }
  if ("commitment" in shown) {
    if (tensor.visibility === "public") {
      throw new AssayError(`input ${name} is public: give its values, not a commitment`);
    }
    return [shown.commitment];
  }
  if (tensor.visibility === "committed") {
    throw new AssayError(`input ${name} is committed: give its commitment, not its values`);
  }
  return valueLimbs("input", tensor, shown);
}

function valueLimbs(side: "input" | "output", tensor: Tensor, values: readonly number[]): Uint8Array[] {
  const expected = elements(tensor);
  if (values.length !== expected) {
    throw new AssayError(`${values.length} values for ${side} ${JSON.stringify(tensor.name)}, which has ${expected} elements`);
  }
  const limbs = pack(values, tensor.bits);
  if (tensor.scales === "float32") {
    values.forEach((value, index) => number(tensor, index, value));
  }
  return limbs;
}

function readClaim([root, high, low, nullifier]: readonly Bytes[]): Claim {
  [high!, low!].forEach((half, index) => {
    if (integer(half) >= 1n << 128n) {
      throw new AssayError(`limb ${1 + index} of a member input is no half of a scope: it has more than 128 bits`);
    }
  });
  return { root: root!, scope: concat([high!.slice(16), low!.slice(16)]), nullifier: nullifier! };
}

function expectTensors(side: string, expected: number, given: number): void {
  if (expected !== given) {
    throw new AssayError(`${given} ${side}s where the model has ${expected}`);
  }
}


// Schemas, packing, commitments, members and statements against Rust's.

import assert from "node:assert/strict";
import test from "node:test";

import {
  commit,
  decodeSchema,
  decodeStatement,
  digest,
  domain,
  element,
  encodeSchema,
  float32Key,
  float32Number,
  memberKey,
  memberLeaf,
  nullifier,
  pack,
  quantize,
  rootOfPath,
  statement,
  statementLimbs,
  toHex,
  unpack,
  type Schema,
  type Shown,
} from "@assay/sdk";

import { engine, hex, refusal, unquoted, vectors } from "./support.js";

const file = vectors("statements");

function shown(input: any): Shown {
  if ("root" in input) {
    return { root: hex(input.root), scope: hex(input.scope), nullifier: hex(input.nullifier) };
  }
  return "commitment" in input ? { commitment: hex(input.commitment) } : input.integers;
}

for (const row of file.schemas) {
  test(`the schema and the statement of ${row.schema.name}`, () => {
    const schema: Schema = row.schema;
    assert.equal(toHex(encodeSchema(schema)), row.encoded);
    assert.deepEqual(decodeSchema(hex(row.encoded)), schema);
    assert.equal(toHex(domain(engine, schema)), row.domain);
    assert.equal(statementLimbs(schema), row.statement.limbs.length);

    const context = hex(file.context);
    const made = statement(engine, schema, context, row.statement.inputs.map(shown), row.statement.outputs);
    assert.deepEqual(made.limbs.map(toHex), row.statement.limbs);
    assert.equal(toHex(digest(engine, made)), row.statement.digest);

    const contents = decodeStatement(engine, schema, made);
    contents.slice(0, schema.inputs.length).forEach((content, index) => {
      const input = row.statement.inputs[index];
      if (content.kind === "values") {
        assert.deepEqual(content.integers, input.integers);
        const numbers = input.numbers.map((number: any) => (number === "inf" ? Infinity : number === "-inf" ? -Infinity : number));
        assert.deepEqual(content.numbers, numbers);
        assert.deepEqual(quantize(content.tensor, content.numbers), input.integers, "a tensor's numbers have its integers");
      } else if (content.kind === "commitment") {
        const { bits } = content.tensor;
        assert.equal(toHex(commit(engine, element(file.salt), input.integers, bits)), toHex(content.commitment));
      } else {
        assert.deepEqual(content.claim, shown(input));
      }
    });
    const outputs = contents.slice(schema.inputs.length).map((content) => content.kind === "values" && content.integers);
    assert.deepEqual(outputs, row.statement.outputs);
  });
}

test("encodings that are cut or changed are taken and refused as by Rust", () => {
  for (const [name, at, byte, verdict] of file.mutated) {
    const encoded = hex(file.schemas.find((row: any) => row.schema.name === name).encoded);
    const changed = byte === null ? encoded.slice(0, at) : encoded.with(at, byte);
    let found: string | null = null;
    const refused = refusal(() => {
      const schema = decodeSchema(changed);
      assert.deepEqual(encodeSchema(schema), changed, "a schema has one encoding");
      found = toHex(domain(engine, schema));
    });
    assert.equal(unquoted(found ?? refused), unquoted(verdict), `${name}, byte ${at}: ${byte}`);
    assert.match(refusal(() => decodeSchema(Uint8Array.of(...encoded, 0)))!, /1 bytes follow the schema/);
  }
});

test("integers of every width are packed", () => {
  for (const { bits, values, limbs } of vectors("packs")) {
    assert.deepEqual(pack(values, bits).map(toHex), limbs, `${bits} bits`);
    assert.deepEqual(unpack(limbs.map(hex), values.length, bits), values, `${bits} bits`);
  }
  assert.match(refusal(() => pack([4], 3))!, /value 4 at position 0 does not fit 3 signed bits/);
  assert.match(refusal(() => pack([0.5], 3))!, /does not fit/);
  assert.match(refusal(() => unpack([element(1n << 9n)], 3, 3))!, /limb 0 has bits set above its last value/);
  assert.match(refusal(() => unpack([], 3, 3))!, /0 limbs where 1 hold the values/);
});

test("keys, leaves, roots and nullifiers of members", () => {
  for (const row of vectors("members")) {
    const commitment = commit(engine, hex(row.salt), row.values, row.bits);
    assert.equal(toHex(commitment), row.commitment);
    const key = memberKey(engine, hex(row.secret));
    assert.equal(toHex(key), row.key);
    const leaf = memberLeaf(engine, commitment, key);
    assert.equal(toHex(leaf), row.leaf);
    assert.equal(toHex(rootOfPath(engine, leaf, row.position, row.siblings.map(hex))), row.root);
    assert.equal(toHex(nullifier(engine, hex(row.secret), hex(row.scope))), row.nullifier);
  }
  assert.match(refusal(() => rootOfPath(engine, element(1), 2, [element(1)]))!, /position 2 in a tree of depth 1/);
});

test("order keys of float32 numbers", () => {
  const { keys, none } = vectors("order-keys");
  for (const [bits, key] of keys) {
    const number = new Float32Array(Uint32Array.of(bits).buffer)[0]!;
    if (key === null) {
      assert.match(refusal(() => float32Key(number))!, /NaN has no order key/);
    } else {
      assert.equal(float32Key(number), key);
      assert.equal(float32Number(key), number === 0 ? 0 : number);
    }
  }
  for (const [key] of none) {
    assert.equal(float32Number(key), undefined);
  }
});

test("what is not the schema's is refused", () => {
  const named = (name: string): Schema => file.schemas.find((row: any) => row.schema.name === name).schema;
  const context = new Uint8Array(32);
  const plain = named("one scale");
  const of = (schema: Schema, inputs: Shown[], outputs = [[0, 0]]) => refusal(() => statement(engine, schema, context, inputs, outputs));
  assert.equal(of(plain, [[1, 2, 3]]), null);
  assert.match(of(plain, [])!, /0 inputs where the model has 1/);
  assert.match(of(plain, [[1, 2, 3]], [])!, /0 outputs where the model has 1/);
  assert.match(of(plain, [[1, 2]])!, /2 values for input "in", which has 3 elements/);
  assert.match(of(plain, [{ commitment: element(1) }])!, /input "in" is public: give its values/);
  const claim = { root: element(1), scope: context, nullifier: element(2) };
  assert.match(of(plain, [claim])!, /in no tree/);
  assert.match(of(named("committed"), [[1, 2, 3], [1, 2, 3, 4, 5]])!, /"income" is committed: give its commitment/);
  assert.match(of(named("member"), [[1, 2], [0, 0, 0, 0, 0, 0, 0]])!, /give root, scope and nullifier/);
  const infinity = 0x7f800000;
  assert.equal(of(named("float32"), [[infinity, -infinity, 0, 0, 0, 0, 0, 0, 0]]), null);
  assert.match(of(named("float32"), [[infinity + 1, 0, 0, 0, 0, 0, 0, 0, 0]])!, /no float32 number's/);
  const code = -(2 ** 31);
  assert.equal(of(named("missing float32"), [[0, code, 0, 0, 0, 0, 0, 0, 0]]), null);
  assert.match(of(named("missing float32"), [[code, 0, 0, 0, 0, 0, 0, 0, 0]])!, /no float32 number's/);
  assert.match(refusal(() => statement(engine, plain, new Uint8Array(31), [[1, 2, 3]], [[0, 0]]))!, /31 bytes where 32/);
  const other = statement(engine, plain, context, [[1, 2, 3]], [[0, 0]]);
  assert.match(refusal(() => decodeStatement(engine, named("axis"), other))!, /its domain is another/);
  assert.match(refusal(() => decodeStatement(engine, plain, { ...other, limbs: [element(0)] }))!, /has 1 limbs/);
  const above = hex("ff".repeat(32));
  assert.match(refusal(() => digest(engine, { ...other, limbs: [above] }))!, /limb 0 is not below the order/);
});

test("numbers are rounded to the nearest integer, ties away from zero, and saturate", () => {
  const tensor = { name: "x", shape: [7], bits: 4, scales: 1, missing: "never", visibility: "public" } as const;
  assert.deepEqual(quantize(tensor, [0.25, -0.25, 0.24, 3.5, 99, -99, -0.1]), [1, -1, 0, 7, 7, -8, 0]);
  const missing = { ...tensor, missing: "anywhere" } as const;
  assert.deepEqual(quantize(missing, [null, -99, -Infinity, 0.49999999999999994, 0, 0, 0]), [-8, -7, -7, 1, 0, 0, 0]);
  assert.match(refusal(() => quantize(tensor, [null]))!, /may not be missing/);
  assert.match(refusal(() => quantize(tensor, [NaN]))!, /is NaN/);
});

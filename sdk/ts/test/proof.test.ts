// Keys, proofs and files against Rust's.

import assert from "node:assert/strict";
import test from "node:test";

import {
  decodeAnswer,
  decodeKey,
  decodeProof,
  decodeSchema,
  digest,
  encodeProof,
  ProofVerifier,
  toHex,
  verifyArguments,
} from "@assay/sdk";

import { engine, hex, refusal, vectors } from "./support.js";

const { proven, badKeys, damaged } = vectors("proofs");

test("reading leaves what was read as it is, a Buffer of Node's too", () => {
  const [row] = proven;
  const [key, proof] = [Buffer.from(row.keyFile, "hex"), Buffer.from(row.proofFile, "hex")];
  ProofVerifier.ofFile(engine, key).verifyFile(decodeProof(engine, proof));
  assert.deepEqual([key.toString("hex"), proof.toString("hex")], [row.keyFile, row.proofFile]);
});

for (const row of proven) {
  test(`the ${row.name} proof is accepted, and what differs from it is refused for Rust's reason`, () => {
    const schema = decodeSchema(hex(row.schema));
    const verifier = ProofVerifier.ofFile(engine, hex(row.keyFile), schema);
    assert.equal(toHex(verifier.key), row.key);
    assert.equal(toHex(verifier.compressedKey), row.compressed);
    assert.equal(verifier.setup, row.setup);
    assert.equal(toHex(decodeKey(engine, hex(row.keyFile)).digest), row.keyFileDigest);

    const file = decodeProof(engine, hex(row.proofFile));
    assert.equal(toHex(file.proof), row.proof);
    assert.equal(toHex(encodeProof(engine, file)), row.proofFile);
    assert.equal(toHex(verifyArguments(file.proof, file.statement)), row.arguments);
    assert.equal(toHex(digest(engine, file.statement)), row.digest);

    const verified = verifier.verifyFile(file);
    assert.equal(toHex(verified.digest), row.digest);
    const [input, output] = verified.tensors!;
    assert.deepEqual(input?.kind === "values" && input.integers, row.values);
    assert.deepEqual(output?.kind === "values" && output.integers, row.values.slice(0, 1));
    assert.deepEqual(output?.kind === "values" && output.numbers, [row.values[0] / 8]);

    for (const [proof, digest, error] of row.verdicts) {
      assert.equal(refusal(() => engine.verify(verifier.key, hex(proof), hex(digest))), error);
    }
    const answer = decodeAnswer(hex(row.answer));
    assert.deepEqual([toHex(answer.model), toHex(answer.digest), answer.setup], ["09".repeat(32), row.digest, row.setup]);
  });
}

test("a proof of another key, context or model is refused", () => {
  const [plain, committed, another] = proven;
  const file = decodeProof(engine, hex(plain.proofFile));
  const of = (row: any, schema?: string) =>
    ProofVerifier.ofFile(engine, hex(row.keyFile), schema === undefined ? undefined : decodeSchema(hex(schema)));
  assert.match(refusal(() => of(another).verifyFile(file))!, /made for another verifying key/);
  assert.match(refusal(() => of(another).verify(file.statement, file.proof))!, /does not verify/);
  assert.match(refusal(() => of(committed).verify(file.statement, file.proof))!, /the proof is plain, and the verifying key is committed/);
  const context = new Uint8Array(32).fill(1);
  assert.match(refusal(() => of(plain).verify({ ...file.statement, context }, file.proof))!, /does not verify/);
  assert.match(refusal(() => of(plain, another.schema).verifyFile(file))!, /not of the model "another"/);
  assert.equal(of(plain).verifyFile(file).tensors, undefined);
});

test("keys that bind nothing are refused", () => {
  for (const [key, error] of badKeys) {
    assert.equal(refusal(() => engine.checkKey(hex(key))), error);
  }
});

test("damaged files are refused for Rust's reason", () => {
  for (const [file, error] of damaged) {
    assert.equal(refusal(() => decodeProof(engine, hex(file))), error);
  }
});

test("nothing that is given to the engine breaks it", () => {
  const sizes = [0, 1, 31, 32, 33, 255, 256, 384, 575, 576, 768, 5000];
  for (const size of sizes) {
    const bytes = new Uint8Array(size).fill(size % 7);
    assert.match(refusal(() => engine.checkKey(bytes)) ?? "", /./);
    for (const other of sizes) {
      assert.match(refusal(() => engine.verify(bytes, new Uint8Array(other), new Uint8Array(32))) ?? "", /./);
    }
  }
  assert.match(refusal(() => engine.absorb([]))!, /at least one element/);
  assert.match(refusal(() => engine.absorb([new Uint8Array(33)]))!, /33 bytes are no list of elements/);
  assert.match(refusal(() => engine.absorb([new Uint8Array(32).fill(255)]))!, /element 0 is not below the order/);
  assert.equal(toHex(engine.sha256()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

// A model's life over RPC: registered, activated, proofs accepted and refused, suspended.

import assert from "node:assert/strict";
import test from "node:test";

import {
  decodeAnswer,
  decodeProof,
  decodeSchema,
  encodeSchema,
  modelId,
  ProofVerifier,
  submit,
  toHex,
  verifierAddresses,
} from "@assay/sdk";
import {
  fetchModel,
  fetchReceipt,
  getActivateInstruction,
  getRecordInstruction,
  getRegisterInstruction,
  getSuspendInstruction,
  getVerifyInstruction,
} from "@assay/sdk/verifier";
import { generateKeyPairSigner, type Instruction } from "@solana/kit";

import { DAY, moveClock, NOBODY, now, refused, rpc, skip, wallet } from "./cluster.js";
import { engine, hex, vectors } from "./support.js";

for (const row of vectors("proofs").proven.slice(0, 2)) {
  test(`the life of a model with a ${row.name} key`, { skip }, async (t) => {
    const payer = await wallet();
    const authority = await generateKeyPairSigner(); // fresh, so that the model is new to the cluster
    const schema = decodeSchema(hex(row.schema));
    const verifier = ProofVerifier.ofFile(engine, hex(row.keyFile), schema);
    const { proof, statement } = decodeProof(engine, hex(row.proofFile));
    const transcriptHash = new Uint8Array(32);
    const id = modelId(engine, { setup: "development", transcriptHash, key: verifier.key, schema: encodeSchema(schema) });
    const [model] = await verifierAddresses.model(authority.address, id);
    const [receipt] = await verifierAddresses.receipt(model, hex(row.digest));

    const send = (instruction: Instruction, version: 0 | 1 = 0) => submit(rpc, payer, [instruction], { version });
    const args = { proof, context: statement.context, limbs: [...statement.limbs] };
    const verify = (change: { proof?: Uint8Array; context?: Uint8Array; limbs?: Uint8Array[] } = {}) =>
      getVerifyInstruction({ model, args: { ...args, ...change } });
    const record = (bytes: typeof proof) =>
      getRecordInstruction({ payer, model, receipt, args: { ...args, proof: bytes } });
    const register = getRegisterInstruction({
      authority,
      payer,
      model,
      key: verifier.compressedKey,
      schema: encodeSchema(schema),
      setup: 0,
      transcriptHash,
      timelock: DAY,
      guardian: NOBODY,
    });

    await send(register);
    const account = await fetchModel(rpc, model, { commitment: "confirmed" });
    const { data } = account;
    assert.equal(toHex(data.id), toHex(id));
    const onChain = ProofVerifier.ofModel(engine, account);
    assert.equal(toHex(onChain.verify(statement, proof).digest), row.digest, "the account has what verifies the proof here");

    await refused(payer, "ModelExists", [register]);
    await refused(payer, "TimelockRunning", [getActivateInstruction({ authority, model })]);
    await refused(payer, "ModelProposed", [verify()]);

    if (!(await moveClock((await now()) + DAY + 60n))) {
      t.diagnostic("this cluster's clock cannot be moved: the model stays proposed");
      return;
    }
    await send(getActivateInstruction({ authority, model }));

    for (const version of [0, 1] as const) {
      const { returnData, units } = await send(verify(), version);
      const answer = decodeAnswer(returnData!);
      assert.deepEqual([toHex(answer.digest), answer.setup], [row.digest, "development"]);
      t.diagnostic(`verify in version ${version}: ${units} compute units`);
    }
    await send(record(proof));
    const { data: recorded } = await fetchReceipt(rpc, receipt, { commitment: "confirmed" });
    assert.deepEqual([recorded.model, toHex(recorded.digest), recorded.payer], [model, row.digest, payer.address]);
    await send(record(new Uint8Array(0))); // the statement has its receipt: nobody makes another's transaction fail

    const context = new Uint8Array(32).fill(9);
    await refused(payer, "ProofInvalid", [verify({ context })]);
    await refused(payer, "ProofInvalid", [verify({ limbs: [...statement.limbs].reverse().map((limb) => new Uint8Array(limb)) })]);
    const altered = new Uint8Array(proof);
    altered[200] = altered[200]! ^ 1;
    await refused(payer, "ProofInvalid", [verify({ proof: altered })]);
    await refused(payer, "LimbCount", [verify({ limbs: [] })]);

    await send(getSuspendInstruction({ signer: authority, model }));
    await refused(payer, "ModelSuspended", [verify()]);
  });
}

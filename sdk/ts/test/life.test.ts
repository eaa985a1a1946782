// A model's life over RPC: registered, activated, proofs accepted and refused, suspended. Runs where ANCHOR_PROVIDER_URL says that a
// cluster is; ANCHOR_WALLET is the key file of who pays there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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
  TransactionError,
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
import {
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  generateKeyPairSigner,
  lamports,
  type Address,
  type Instruction,
  type KeyPairSigner,
} from "@solana/kit";

import { engine, hex, vectors } from "./support.js";

const url = process.env["ANCHOR_PROVIDER_URL"];
const NOBODY = "11111111111111111111111111111111" as Address;
const DAY = 86_400n;

/** A call of a method that only local clusters have; `false` where this one lacks it. */
async function cheat(method: string, params: unknown[]): Promise<boolean> {
  const answer = await fetch(url!, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return !("error" in ((await answer.json()) as object));
}

async function wallet(): Promise<KeyPairSigner> {
  const file = process.env["ANCHOR_WALLET"];
  if (file !== undefined) {
    return createKeyPairSignerFromBytes(Uint8Array.from(JSON.parse(readFileSync(file, "utf8"))));
  }
  const signer = await generateKeyPairSigner();
  const rpc = createSolanaRpc(url!);
  await (rpc as any).requestAirdrop(signer.address, lamports(10_000_000_000n)).send();
  while ((await rpc.getBalance(signer.address, { commitment: "confirmed" }).send()).value === 0n) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return signer;
}

for (const row of vectors("proofs").proven.slice(0, 2)) {
  test(`the life of a model with a ${row.name} key`, { skip: url === undefined && "ANCHOR_PROVIDER_URL is not set" }, async (t) => {
    const rpc = createSolanaRpc(url!);
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
    const refused = async (name: string, instruction: Instruction) =>
      assert.rejects(send(instruction), (error) => error instanceof TransactionError && error.failure.name === name);
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

    await refused("ModelExists", register);
    await refused("TimelockRunning", getActivateInstruction({ authority, model }));
    await refused("ModelProposed", verify());

    const slot = await rpc.getSlot({ commitment: "confirmed" }).send();
    const now = (await rpc.getBlockTime(slot).send()) ?? 0n;
    const target = Number(now > data.activatesAt - DAY ? now + DAY + 60n : data.activatesAt + 60n);
    if (!(await cheat("surfnet_timeTravel", [{ absoluteTimestamp: target * 1000 }]))) {
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
    await refused("ProofInvalid", verify({ context }));
    await refused("ProofInvalid", verify({ limbs: [...statement.limbs].reverse().map((limb) => new Uint8Array(limb)) }));
    const altered = new Uint8Array(proof);
    altered[200] = altered[200]! ^ 1;
    await refused("ProofInvalid", verify({ proof: altered }));
    await refused("LimbCount", verify({ limbs: [] }));

    await send(getSuspendInstruction({ signer: authority, model }));
    await refused("ModelSuspended", verify());
  });
}

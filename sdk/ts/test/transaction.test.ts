// Transactions of both versions, and failures by name.

import assert from "node:assert/strict";
import test from "node:test";

import { decodeFailure, decodeSendError, decodeProof, transactionMessage, verifierAddresses } from "@assay/sdk";
import { ASSAY_LENDING_PROGRAM_ADDRESS } from "@assay/sdk/lending";
import { ASSAY_VERIFIER_PROGRAM_ADDRESS, getVerifyInstruction } from "@assay/sdk/verifier";
import {
  generateKeyPairSigner,
  getTransactionEncoder,
  SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND,
  SolanaError,
  signTransactionMessageWithSigners,
  type Blockhash,
} from "@solana/kit";

import { engine, hex, vectors } from "./support.js";

const LIFETIME = { blockhash: "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM" as Blockhash, lastValidBlockHeight: 1n };
const VERIFIER = ASSAY_VERIFIER_PROGRAM_ADDRESS;

for (const version of [0, 1] as const) {
  for (const row of vectors("proofs").proven) {
    test(`a transaction of version ${version} carries the ${row.name} proof`, async () => {
      const payer = await generateKeyPairSigner();
      const [model] = await verifierAddresses.model(payer.address, new Uint8Array(32));
      const { proof, statement } = decodeProof(engine, hex(row.proofFile));
      const verify = getVerifyInstruction({ model, args: { proof, context: statement.context, limbs: [...statement.limbs] } });
      const message = transactionMessage(payer, LIFETIME, [verify], { version });
      assert.equal(message.version, version);
      assert.equal(message.instructions[0]!.programAddress, VERIFIER, "the caller's instructions come first");
      const wire = getTransactionEncoder().encode(await signTransactionMessageWithSigners(message));
      assert.ok(wire.length <= (version === 0 ? 1232 : 4096), `${wire.length} bytes`);
    });
  }
}

test("failures have the program's name for them", () => {
  const err = { InstructionError: [1, { Custom: 6012 }] };
  const early = decodeFailure({ err, programs: [ASSAY_LENDING_PROGRAM_ADDRESS, VERIFIER] })!;
  assert.deepEqual([early.instruction, early.programName, early.code, early.name], [1, "verifier", 6012, "TimelockRunning"]);
  assert.equal(early.message, "verifier: The model's timelock has not passed (TimelockRunning, 6012)");
  assert.equal(decodeFailure({ err: null }), undefined);
  assert.equal(decodeFailure({ err: "BlockhashNotFound" })!.name, "BlockhashNotFound");
  assert.equal(decodeFailure({ err: { InsufficientFundsForRent: { account_index: 0 } } })!.name, "InsufficientFundsForRent");
  assert.deepEqual(decodeFailure({ err: { InstructionError: [0, "MissingRequiredSignature"] } })!, {
    instruction: 0,
    name: "MissingRequiredSignature",
    message: "the runtime refused the transaction: MissingRequiredSignature",
  });
  assert.equal(decodeFailure({ err: { InstructionError: [0, { Custom: 1 }] } })!.name, "Custom1");
});

test("a failure of a called program is that program's", () => {
  const logs = [
    `Program ${ASSAY_LENDING_PROGRAM_ADDRESS} invoke [1]`,
    `Program ${VERIFIER} invoke [2]`,
    `Program ${VERIFIER} failed: custom program error: 0x177c`,
    `Program ${ASSAY_LENDING_PROGRAM_ADDRESS} failed: custom program error: 0x177c`,
  ];
  const failure = decodeFailure({ err: { InstructionError: [0, { Custom: 6012n }] }, logs, programs: [ASSAY_LENDING_PROGRAM_ADDRESS] })!;
  assert.deepEqual([failure.program, failure.name], [VERIFIER, "TimelockRunning"]);
  const silent = decodeFailure({ err: { InstructionError: [0, { Custom: 6012 }] }, programs: [ASSAY_LENDING_PROGRAM_ADDRESS] })!;
  assert.deepEqual([silent.program, silent.name], [VERIFIER, "TimelockRunning"]);
});

test("a batch names the proof at fault", () => {
  const failure = decodeFailure({ err: { InstructionError: [0, { Custom: (3 << 16) | 6012 }] }, programs: [VERIFIER] })!;
  assert.deepEqual([failure.code, failure.name, failure.proof], [6012, "TimelockRunning", 2]);
});

test("what kit throws is read", () => {
  const cause = new SolanaError(SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM, { code: 6012, index: 0 });
  const thrown = new SolanaError(SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE, {
    cause,
    logs: [`Program ${VERIFIER} failed: custom program error: 0x177c`],
  } as never);
  assert.equal(decodeSendError(thrown)!.name, "TimelockRunning");
  const expired = new SolanaError(SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND);
  assert.match(decodeSendError(new Error("not sent", { cause: expired }))!.message, /blockhash/i);
  assert.equal(decodeSendError(new Error("fetch failed")), undefined);
});

// Every instruction of every program, and every kind of account, as the Rust tests of the programs used them.

import assert from "node:assert/strict";
import test from "node:test";

import { addressBytes, domain, PROGRAM_ERRORS, ProofVerifier, toHex } from "@assay/sdk";
import * as credit from "@assay/sdk/credit";
import * as feed from "@assay/sdk/feed";
import * as lending from "@assay/sdk/lending";
import * as market from "@assay/sdk/market";
import * as verifier from "@assay/sdk/verifier";
import { AccountRole, createNoopSigner, type AccountMeta, type Address } from "@solana/kit";

import { engine, hex, refusal, vectors } from "./support.js";

const CLIENTS: Record<string, Record<string, any>> = { verifier, feed, lending, market, credit };
/** What a client calls an instruction where an account has its name. */
const RENAMED: Record<string, string> = { snapshot: "take_snapshot" };

const NOBODY = "11111111111111111111111111111111";

function pascal(name: string): string {
  return name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A value's bytes as the programs' formats have them. */
function bytesOf(value: unknown, length: number): string {
  if (typeof value === "string") {
    return toHex(addressBytes(value as Address));
  }
  if (typeof value === "boolean" || typeof value === "number" || typeof value === "bigint") {
    const number = BigInt.asUintN(8 * length, BigInt(value));
    return toHex(hex(number.toString(16).padStart(2 * length, "0")).reverse());
  }
  return toHex(Uint8Array.from(value as Iterable<number>));
}

/** Compares each part of the data that the IDL describes with the field that the client decodes it to. */
function checkParts(data: Record<string, any>, bytes: string, parts: [string, number][]): void {
  const taken = new Map<string, number>();
  parts.forEach(([path, at], index) => {
    if (path.endsWith(".len")) {
      return;
    }
    const end = parts[index + 1]?.[1] ?? bytes.length / 2;
    const names = path.split(".").map(camel);
    // A client puts the fields of an only argument in its place.
    const fields = names[0]! in data ? names : names.slice(1);
    const place = taken.get(path) ?? 0; // which element of the list that the path goes through
    taken.set(path, place + 1);
    const inside = (found: any) => (Array.isArray(found) ? found.flat(Infinity)[place] : found);
    const value = fields.reduce((found: any, name) => inside(found[name]), data);
    assert.equal(bytesOf(value, end - at), bytes.slice(2 * at, 2 * end), path);
  });
}

for (const [name, client] of Object.entries(CLIENTS)) {
  const { program, instructions, accounts } = vectors(`${name}-program`);

  test(`instructions of ${name}`, () => {
    const names = Object.keys(instructions);
    assert.ok(names.length > 5);
    for (const own of names) {
      const { accounts: listed, data, parts } = instructions[own];
      const metas: AccountMeta[] = listed.map(({ address, signer, writable }: any) => ({
        address,
        role: (signer ? AccountRole.READONLY_SIGNER : AccountRole.READONLY) | (writable ? AccountRole.WRITABLE : 0),
      }));
      const title = pascal(RENAMED[own] ?? own);
      const parsed = client[`parse${title}Instruction`]({ programAddress: program, accounts: metas, data: hex(data) });
      checkParts(parsed.data, data, parts);

      const input: Record<string, unknown> = {};
      for (const [key, value] of Object.entries(parsed.data)) {
        input[key in parsed.accounts ? `${key}Arg` : key] = value;
      }
      for (const [key, meta] of Object.entries(parsed.accounts as Record<string, AccountMeta | undefined>)) {
        const signs = meta !== undefined && meta.role >= AccountRole.READONLY_SIGNER;
        input[key] = signs ? createNoopSigner(meta.address) : meta?.address;
      }
      const built = client[`get${title}Instruction`](input);
      assert.equal(built.programAddress, program);
      assert.equal(toHex(built.data), data, own);
      // Where there is nobody to pay stands the zero address, which nobody writes to, whatever it is marked as.
      const plain = built.accounts.map(({ address, role }: AccountMeta) => ({
        address,
        role: address === NOBODY ? AccountRole.READONLY : role,
      }));
      assert.deepEqual(plain, metas.slice(0, plain.length), own);
    }
  });

  test(`accounts of ${name}`, () => {
    assert.ok(Object.keys(accounts).length > 1);
    for (const [kind, data] of Object.entries(accounts as Record<string, string>)) {
      const codec = client[`get${kind}Codec`]();
      const encoded = toHex(codec.encode(codec.decode(hex(data))));
      // Behind a buffer's fields stands a batch.
      assert.equal(encoded, kind === "Buffer" ? data.slice(0, encoded.length) : data, kind);
    }
  });

  test(`errors of ${name}`, () => {
    const errors = Object.entries(PROGRAM_ERRORS[program]!.errors);
    assert.equal(PROGRAM_ERRORS[program]!.program, name);
    for (const [code, [, message]] of errors) {
      assert.equal(client[`getAssay${pascal(name)}ErrorMessage`](Number(code)), message);
    }
  });
}

test("the key and the schema of a model's account, which is the verifier program's", () => {
  const { program, accounts } = vectors("verifier-program");
  const data = verifier.getModelCodec().decode(hex(accounts.Model));
  const found = ProofVerifier.ofModel(engine, { programAddress: program, data });
  assert.equal(toHex(domain(engine, found.schema!)), toHex(data.domain));
  const refused = (change: object, programAddress = program) =>
    refusal(() => ProofVerifier.ofModel(engine, { programAddress, data: { ...data, ...change } }));
  assert.match(refused({}, lending.ASSAY_LENDING_PROGRAM_ADDRESS)!, /the account belongs to/);
  assert.match(refused({ keyHash: new Uint8Array(32) })!, /not those of its schema and key/);
  assert.match(refused({ domain: new Uint8Array(32) })!, /not those of its schema and key/);
});

test("the plugin of a client builds the same instructions", () => {
  const authority = createNoopSigner("AVr5RWTqtrW1qMaUQ9B6LqbGBP2LQ4gvtpxgHugwPkzN" as Address);
  const model = "ACruvGUXYAjwNh9JQRazxLTrQCBAFuVgzqSErEvM9TFf" as Address;
  const client = verifier.assayVerifierProgram()({ payer: authority, rpc: {} } as never);
  const built = client.assayVerifier.instructions.activate({ authority, model });
  assert.deepEqual(built.data, verifier.getActivateInstruction({ authority, model }).data);
});

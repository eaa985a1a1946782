// Files of the command line: the container, proofs (`.proof`) and verifying keys (`.vk`).

import { AssayError, concat, equalBytes, isElement, littleEndian, Reader, utf8, type Bytes } from "./bytes.js";
import type { Engine } from "./engine.js";
import { verifyArguments, type Statement } from "./statement.js";

/** A proof with its statement. */
export type ProofFile = {
  /** 256 bytes, or 384 with a commitment, as the verifier program takes it. */
  readonly proof: Bytes;
  readonly statement: Statement;
  /** Digest of the verifying key's file that the proof says it was made for. */
  readonly key: Bytes;
};

/** How a key's secrets were made: under a development key, whoever made it can prove anything. */
export type SetupKind = "development" | "ceremony";

/** A `.vk` file. */
export type KeyFile = {
  /** 576 bytes, or 768 with a commitment. Whether it may be trusted, `Engine.checkKey` says. */
  readonly key: Bytes;
  readonly setup: SetupKind;
  /** Digest of the compiled model that the file says the key is of. */
  readonly circuit: Bytes;
  /** What proof files name as their key. */
  readonly digest: Bytes;
};

const KINDS: Record<number, string> = {
  1: "compiled model (.assay)",
  2: "proving key (.pk)",
  3: "verifying key (.vk)",
  4: "witness (.wtns)",
  5: "proof (.proof)",
  6: "setup record (.secret)",
};
const VERIFYING_KEY = 3;
const PROOF = 5;
const HEADER = 80;
const MAX_LIMBS = 1 << 16;

/** What a `.proof` file holds. The proof is not verified by this. */
export function decodeProof(engine: Engine, bytes: Bytes): ProofFile {
  const { parent, payload } = decodeFile(engine, PROOF, bytes);
  const reader = new Reader(payload, (length) => new AssayError(`the proof ends too early: ${length} bytes`));
  const domain = reader.take(32);
  const proof = reader.take(reader.u32());
  if (proof.length !== 256 && proof.length !== 384) {
    throw new AssayError(`${proof.length} bytes are not a proof, which has 256, or with a commitment 384`);
  }
  const context = reader.take(32);
  const count = reader.u32();
  if (count > MAX_LIMBS) {
    throw new AssayError(`a statement of ${count} limbs is larger than any model's (at most ${MAX_LIMBS})`);
  }
  if (reader.left !== 32 * count) {
    throw new AssayError(`the proof says that it has ${count} limbs of 32 bytes, and ${reader.left} bytes follow`);
  }
  const limbs = Array.from({ length: count }, () => reader.take(32));
  const wrong = [domain, ...limbs].findIndex((limb) => !isElement(limb));
  if (wrong >= 0) {
    throw new AssayError(`element ${wrong} of the statement is not below the order of the field`);
  }
  return { proof, statement: { domain, context, limbs }, key: parent };
}

/** The `.proof` file of a proof. */
export function encodeProof(engine: Engine, { proof, statement, key }: ProofFile): Uint8Array {
  const payload = concat([statement.domain, verifyArguments(proof, statement)]);
  const head = [utf8("ASSAY"), Uint8Array.of(PROOF, 1, 0), key, littleEndian(payload.length, 8), engine.sha256(payload)];
  return concat([...head, payload]);
}

/** What a `.vk` file holds. The key is not checked by this. */
export function decodeKey(engine: Engine, bytes: Bytes): KeyFile {
  const { parent, payload, digest } = decodeFile(engine, VERIFYING_KEY, bytes);
  const reader = new Reader(payload, () => new AssayError("the key ends too early"));
  const circuit = reader.take(32);
  if (!equalBytes(circuit, parent)) {
    throw new AssayError("the key's content names another circuit than its header: the file was altered");
  }
  const setup = setupKind(reader.u8());
  return { key: reader.take(reader.left), setup, circuit, digest };
}

/** The kind of setup that a byte stands for, in files, accounts and answers. */
export function setupKind(byte: number): SetupKind {
  if (byte > 1) {
    throw new AssayError(`setup kind ${byte} does not exist`);
  }
  return byte === 0 ? "development" : "ceremony";
}

function decodeFile(engine: Engine, kind: number, bytes: Bytes): { parent: Uint8Array; payload: Uint8Array; digest: Uint8Array } {
  const magic = utf8("ASSAY");
  if (bytes.length === 0 || !equalBytes(bytes.slice(0, 5), magic.slice(0, bytes.length))) {
    throw new AssayError("not an Assay file");
  }
  const truncated = (expected: bigint | number) =>
    new AssayError(`the file is truncated: ${bytes.length} bytes of ${expected}`);
  const reader = new Reader(bytes, () => truncated(HEADER));
  reader.take(5);
  const found = reader.u8();
  const version = reader.u16();
  const newest = found === 1 ? 6 : 1;
  if (version === 0) {
    throw new AssayError("format version 0 does not exist: the file is damaged");
  }
  if (version > newest) {
    throw new AssayError(`the file has format version ${version}, newer than this tool reads: update the tool`);
  }
  if (KINDS[found] === undefined) {
    throw new AssayError(`unknown kind of Assay file (${found}): it may come from a newer version`);
  }
  if (found !== kind) {
    throw new AssayError(`this is a ${KINDS[found]}, where a ${KINDS[kind]} is needed`);
  }
  const parent = reader.take(32);
  const length = reader.u64();
  const digest = reader.take(32);
  if (BigInt(reader.left) < length) {
    throw truncated(length + BigInt(HEADER));
  }
  const payload = reader.take(reader.left);
  if (BigInt(payload.length) > length) {
    throw new AssayError(`${BigInt(payload.length) - length} bytes follow the end of the file's content`);
  }
  if (!equalBytes(engine.sha256(payload), digest)) {
    throw new AssayError("the file is damaged: its checksum does not match");
  }
  return { parent, payload, digest };
}

// Is this a proof of this statement, and what does that say?

import type { Account } from "@solana/kit";

import { AssayError, equalBytes, integer, type Bytes } from "./bytes.js";
import type { Engine } from "./engine.js";
import { decodeKey, setupKind, type ProofFile, type SetupKind } from "./files.js";
import { ASSAY_VERIFIER_PROGRAM_ADDRESS, type Model } from "./generated/verifier/index.js";
import { decodeSchema, type Schema } from "./schema.js";
import { decodeStatement, digest, domain, type Content, type Statement } from "./statement.js";

/** A statement whose proof is valid. */
export type Verified = {
  readonly statement: Statement;
  readonly digest: Uint8Array;
  /** How the key's secrets were made: under a development key, whoever made it can prove anything. */
  readonly setup: SetupKind;
  /** What the statement shows, inputs first, where the verifier knows the schema. */
  readonly tensors?: Content[];
};

/**
 * Accepts the proofs of one verifying key, which was checked.
 *
 * A valid proof says that whoever made it knows a witness of the key's circuit for the statement. That the key is of the model whose
 * schema was given is the word of whoever gave both: of a model's account, the registrar's.
 */
export class ProofVerifier {
  private constructor(
    readonly engine: Engine,
    /** 576 bytes, or 768 with a commitment. */
    readonly key: Bytes,
    /** The key as `register` takes it. */
    readonly compressedKey: Uint8Array,
    readonly setup: SetupKind,
    /** The schema of the statements, where it is known. */
    readonly schema: Schema | undefined,
    /** Digest of the key's file, where it came from one. */
    readonly file: Bytes | undefined,
  ) {}

  /** A verifier of the proofs of a `.vk` file; with a schema, of that model's statements only, which it decodes. */
  static ofFile(engine: Engine, bytes: Bytes, schema?: Schema): ProofVerifier {
    const { key, setup, digest: file } = decodeKey(engine, bytes);
    return new ProofVerifier(engine, key, engine.checkKey(key), setup, schema, file);
  }

  /**
   * A verifier of the proofs of a registered model, from its account as `fetchModel` gives it. Whether the program accepts them now is its
   * status' matter, and whether it is the right model that of whoever chose the address.
   */
  static ofModel(engine: Engine, { programAddress, data }: Pick<Account<Model>, "programAddress" | "data">): ProofVerifier {
    if (programAddress !== ASSAY_VERIFIER_PROGRAM_ADDRESS) {
      throw new AssayError(`the account belongs to ${programAddress}, and models to ${ASSAY_VERIFIER_PROGRAM_ADDRESS}`);
    }
    const schema = decodeSchema(data.schema.slice(0, data.schemaLen));
    const key = data.key.slice(0, data.keyForm === 0 ? 576 : 768);
    if (!equalBytes(domain(engine, schema), data.domain) || !equalBytes(engine.sha256(key), data.keyHash)) {
      throw new AssayError("the account's domain and key hash are not those of its schema and key");
    }
    return new ProofVerifier(engine, key, engine.checkKey(key), setupKind(data.setup), schema, undefined);
  }

  /** What a valid proof says; throws for every other. */
  verify(statement: Statement, proof: Bytes): Verified {
    const found = digest(this.engine, statement);
    this.engine.verify(this.key, proof, found);
    const verified = { statement, digest: found, setup: this.setup };
    return this.schema === undefined
      ? verified
      : { ...verified, tensors: decodeStatement(this.engine, this.schema, statement) };
  }

  /** As {@link verify}, for a `.proof` file, which must name this key where the key came from a file. */
  verifyFile({ statement, proof, key }: ProofFile): Verified {
    if (this.file !== undefined && !equalBytes(key, this.file)) {
      throw new AssayError("the proof was made for another verifying key than this one");
    }
    return this.verify(statement, proof);
  }
}

/** What the verifier program answers by return data: this digest was proven for this model. */
export function decodeAnswer(bytes: Bytes): { model: Uint8Array; digest: Uint8Array; setup: SetupKind } {
  if (bytes.length !== 65) {
    throw new AssayError(`the return data has ${bytes.length} bytes; the verifier's answer has 65, for a batch 67`);
  }
  return {
    model: new Uint8Array(bytes.slice(0, 32)),
    digest: new Uint8Array(bytes.slice(32, 64)),
    setup: setupKind(Number(integer(bytes.slice(64)))),
  };
}

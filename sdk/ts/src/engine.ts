// The hashes, key checks and verification of the Rust crate `assay-interface`, as WebAssembly.

import { moduleBytes } from "#module";

import { AssayError, concat, type Bytes } from "./bytes.js";

type Exports = {
  memory: WebAssembly.Memory;
  reserve(length: number): number;
  answer(): number;
  sha256(): number;
  absorb(): number;
  check_key(): number;
  verify(proof: number): number;
};

/** The code that the chain runs. Each call is synchronous and touches nothing but the module's own memory. */
export class Engine {
  readonly #exports: Exports;

  private constructor(exports: Exports) {
    this.#exports = exports;
  }

  /** The engine of the package's module, or of these bytes of it. */
  static async load(module?: BufferSource | WebAssembly.Module): Promise<Engine> {
    const source = module ?? (await moduleBytes());
    const compiled = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source);
    return new Engine((await WebAssembly.instantiate(compiled)).exports as Exports);
  }

  /** SHA-256 of the parts, one after another. */
  sha256(...parts: readonly Bytes[]): Uint8Array {
    return this.#call(parts, () => this.#exports.sha256());
  }

  /** Poseidon of 1 to 12 elements, and beyond that absorption: 32 bytes each, and so the result. */
  absorb(elements: readonly Bytes[]): Uint8Array {
    return this.#call(elements, () => this.#exports.absorb());
  }

  /** The compressed form of a verifying key of 576 or 768 bytes; throws where it may not be trusted to bind proofs. */
  checkKey(key: Bytes): Uint8Array {
    return this.#call([key], () => this.#exports.check_key());
  }

  /** Throws unless this is a proof of the digest under the key, which {@link checkKey} must have taken. */
  verify(key: Bytes, proof: Bytes, digest: Bytes): void {
    this.#call([key, proof, digest], () => this.#exports.verify(proof.length));
  }

  #call(parts: readonly Bytes[], call: () => number): Uint8Array {
    const input = concat(parts);
    const at = this.#exports.reserve(input.length);
    new Uint8Array(this.#exports.memory.buffer, at, input.length).set(input);
    const length = call();
    const output = new Uint8Array(this.#exports.memory.buffer, this.#exports.answer(), Math.abs(length)).slice();
    if (length < 0) {
      throw new AssayError(new TextDecoder().decode(output));
    }
    return output;
  }
}

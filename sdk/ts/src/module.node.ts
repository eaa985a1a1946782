// The WebAssembly module's bytes, in Node.

import { readFile } from "node:fs/promises";

export async function moduleBytes(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL("../../wasm/assay.wasm", import.meta.url)));
}

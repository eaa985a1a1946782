// The WebAssembly module's bytes, in a browser: fetched from beside this package, where bundlers put what `new URL` names.

export async function moduleBytes(): Promise<ArrayBuffer> {
  const url = new URL("../../wasm/assay.wasm", import.meta.url);
  const answer = await fetch(url);
  if (!answer.ok) {
    throw new Error(`${url.href}: ${answer.status}; serve the package's wasm/assay.wasm there, or give load() its bytes`);
  }
  return answer.arrayBuffer();
}

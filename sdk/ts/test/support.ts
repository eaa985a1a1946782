import { readFileSync } from "node:fs";

import { Engine, fromHex } from "@assay/sdk";

/** Golden vectors, which the Rust tests of `tests/` write and compare. */
export function vectors(name: string): any {
  return JSON.parse(readFileSync(new URL(`../../test/vectors/${name}.json`, import.meta.url), "utf8"));
}

export const engine = await Engine.load();

export const hex = fromHex;

/** The message of what `run` throws; `null` where it throws nothing. */
export function refusal(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof Error && error.name === "AssayError") {
      return error.message;
    }
    throw error;
  }
}

/** Names in messages are quoted in each language's own way. */
export function unquoted(message: string | null): string | null {
  return message === null ? null : message.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}

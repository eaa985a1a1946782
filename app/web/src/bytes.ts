// Bytes in texts.

import { fromHex, type Bytes } from "@assay/sdk";

export const equalBytes = (left: Bytes, right: Bytes): boolean => left.length === right.length && left.every((byte, index) => byte === right[index]);

/** Whether all bytes are zero. */
export const isZero = (bytes: Bytes): boolean => bytes.every((byte) => byte === 0);

/** The bytes of a hexadecimal or base64 text, with or without `0x` and line breaks; `undefined` of any other. */
export function ofText(text: string): Uint8Array | undefined {
  const plain = text.replace(/\s+/g, "").replace(/^0x/, "");
  if (/^(?:[0-9a-fA-F]{2})+$/.test(plain)) {
    return fromHex(plain.toLowerCase());
  }
  if (/^[A-Za-z0-9+/_-]{8,}={0,2}$/.test(plain)) {
    try {
      return Uint8Array.from(atob(plain.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

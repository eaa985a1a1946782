// Why a transaction failed: the program, and its error by name.

import {
  isSolanaError,
  SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM,
  SOLANA_ERROR__INSTRUCTION_ERROR__UNKNOWN,
  SOLANA_ERROR__TRANSACTION_ERROR__UNKNOWN,
  type Address,
} from "@solana/kit";

import { PROGRAM_ERRORS } from "./generated/errors.js";

/** What is known of a failure. */
export type Failure = {
  /** Position of the instruction in the transaction, from 0. */
  readonly instruction?: number;
  /** Address of the program whose error it is: the innermost, where programs call each other. */
  readonly program?: Address;
  /** `verifier`, `feed`, `lending`, `market` or `credit`. */
  readonly programName?: string;
  /** Number of the program's error. */
  readonly code?: number;
  /** Name of the error: of the program's, or of the runtime's. */
  readonly name: string;
  /** Place of the proof at fault in a batch, from 0. */
  readonly proof?: number;
  readonly message: string;
};

/** What a cluster says of a transaction, in a simulation, a status or the metadata of a block. */
export type TransactionFailure = {
  readonly err: unknown;
  readonly logs?: readonly string[] | null;
  /** Program of each instruction: names the failing program where logs are missing. */
  readonly programs?: readonly Address[];
};

/** Reads the answer of `simulateTransaction`, or a status; `undefined` where it says success. */
export function decodeFailure({ err, logs, programs }: TransactionFailure): Failure | undefined {
  if (err === null || err === undefined) {
    return undefined;
  }
  if (typeof err !== "object" || !("InstructionError" in err)) {
    return named(variant(err));
  }
  const [index, reason] = err.InstructionError as [number | bigint, unknown];
  const instruction = Number(index);
  if (typeof reason === "object" && reason !== null && "Custom" in reason) {
    const number = Number(reason.Custom as number | bigint);
    return programFailure(instruction, number, failingProgram(logs ?? [], number) ?? whose(number, programs?.[instruction]));
  }
  return { ...named(variant(reason)), instruction };
}

/** Thousands of kit's numbers for what the runtime says of an instruction and of a transaction. */
const OF_THE_RUNTIME = [SOLANA_ERROR__INSTRUCTION_ERROR__UNKNOWN, SOLANA_ERROR__TRANSACTION_ERROR__UNKNOWN].map((code) =>
  Math.floor(code / 1000),
);

/** Reads what `sendTransaction` of kit throws, or an error around it; `undefined` where it is no failure of a transaction. */
export function decodeSendError(error: unknown, programs?: readonly Address[]): Failure | undefined {
  let logs: readonly string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) {
    const context = (current as { context?: { logs?: readonly string[] } }).context;
    logs = context?.logs ?? logs;
    if (isSolanaError(current, SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM)) {
      const { code, index } = current.context as { code: number | bigint; index: number | bigint };
      const [number, instruction] = [Number(code), Number(index)];
      return programFailure(instruction, number, failingProgram(logs, number) ?? whose(number, programs?.[instruction]));
    }
    if (isSolanaError(current) && OF_THE_RUNTIME.includes(Math.floor(current.context.__code / 1000))) {
      return named(current.message);
    }
  }
  return undefined;
}

/** Whose error a number is that a program returned: ours have disjoint numbers, since they pass on those of each other. */
function whose(number: number, caller: Address | undefined): Address | undefined {
  if (caller === undefined || PROGRAM_ERRORS[caller] === undefined) {
    return caller;
  }
  const found = Object.keys(PROGRAM_ERRORS).find((program) => number in PROGRAM_ERRORS[program]!.errors);
  return (found as Address | undefined) ?? caller;
}

function programFailure(instruction: number, number: number, program: Address | undefined): Failure {
  const known = program === undefined ? undefined : PROGRAM_ERRORS[program];
  const isBatch = known?.program === "verifier" && number >= 1 << 16;
  const code = isBatch ? number & 0xffff : number;
  const [name, text] = known?.errors[code] ?? [`Custom${code}`, "the error is none that the program's IDL lists"];
  const place = isBatch ? (number >> 16) - 1 : undefined;
  return {
    instruction,
    code,
    name,
    message: `${known?.program ?? program ?? "an unknown program"}: ${text} (${name}, ${code}${place === undefined ? "" : `, proof ${place} of the batch`})`,
    ...(program === undefined ? {} : { program }),
    ...(known === undefined ? {} : { programName: known.program }),
    ...(place === undefined ? {} : { proof: place }),
  };
}

/** The first program that a log says failed with this number: callers repeat the error of who they called. */
function failingProgram(logs: readonly string[], number: number): Address | undefined {
  const pattern = /^Program (\w+) failed: custom program error: 0x([0-9a-f]+)$/;
  const found = logs.map((line) => pattern.exec(line)).find((match) => match !== null && parseInt(match[2]!, 16) === number);
  return found?.[1] as Address | undefined;
}

function variant(err: unknown): string {
  if (typeof err === "string") {
    return err;
  }
  return typeof err === "object" && err !== null ? (Object.keys(err)[0] ?? "Unknown") : String(err);
}

function named(name: string): Failure {
  return { name, message: `the runtime refused the transaction: ${name}` };
}

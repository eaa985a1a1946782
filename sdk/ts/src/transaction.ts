// Transactions with what proofs need: compute units, and in version 1 a limit on loaded data.

import {
  appendTransactionMessageInstructions,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageComputeUnitLimit,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  setTransactionMessageLoadedAccountsDataSizeLimit,
  signTransactionMessageWithSigners,
  type Blockhash,
  type Commitment,
  type GetBlockHeightApi,
  type GetLatestBlockhashApi,
  type GetSignatureStatusesApi,
  type Instruction,
  type Rpc,
  type SendTransactionApi,
  type Signature,
  type SimulateTransactionApi,
  type TransactionSigner,
} from "@solana/kit";

import { AssayError } from "./bytes.js";
import { decodeFailure, type Failure } from "./failures.js";

/** What a transaction may take where nothing else is said: more than one proof with its receipt, and twice the programs' data. */
export const COMPUTE_UNITS = 400_000;
export const LOADED_DATA = 8 * 1024 * 1024;

type Lifetime = { readonly blockhash: Blockhash; readonly lastValidBlockHeight: bigint };

export type Limits = {
  /** Version 1 carries 4,096 bytes and needs both limits; version 0 carries 1,232. */
  readonly version?: 0 | 1;
  readonly computeUnits?: number;
  readonly loadedData?: number;
};

/** A transaction of instructions that `payer` pays for; its instructions' signers sign it. */
export function transactionMessage(payer: TransactionSigner, lifetime: Lifetime, instructions: readonly Instruction[], limits: Limits = {}) {
  const { version = 0, computeUnits = COMPUTE_UNITS, loadedData = LOADED_DATA } = limits;
  return version === 1
    ? limited(createTransactionMessage({ version: 1 }))
    : limited(createTransactionMessage({ version: 0 }));

  function limited<T extends ReturnType<typeof createTransactionMessage<0>> | ReturnType<typeof createTransactionMessage<1>>>(message: T) {
    return pipe(
      message as ReturnType<typeof createTransactionMessage<0>>,
      (message) => setTransactionMessageFeePayerSigner(payer, message),
      (message) => setTransactionMessageLifetimeUsingBlockhash(lifetime, message),
      (message) => appendTransactionMessageInstructions(instructions, message), // first, so that errors have their indices
      (message) => setTransactionMessageComputeUnitLimit(computeUnits, message),
      (message) => setTransactionMessageLoadedAccountsDataSizeLimit(loadedData, message),
    );
  }
}

/** A transaction that the cluster refused, or whose blockhash expired before it was seen. */
export class TransactionError extends AssayError {
  override name = "TransactionError";

  constructor(
    readonly failure: Failure,
    readonly signature?: Signature,
    readonly logs?: readonly string[],
  ) {
    super(failure.message);
  }
}

export type SubmitApi = GetBlockHeightApi &
  GetLatestBlockhashApi &
  GetSignatureStatusesApi &
  SendTransactionApi &
  SimulateTransactionApi;

export type Submitted = { readonly signature: Signature; readonly units: bigint; readonly returnData?: Uint8Array };

export type SubmitOptions = Limits & {
  readonly commitment?: Extract<Commitment, "confirmed" | "finalized">;
  /** Only simulate. */
  readonly dryRun?: boolean;
};

/** What a program returned, by its logs: an instruction behind it, such as a limit of version 0, clears the data. In base64. */
function logged(logs: readonly string[]): string | undefined {
  return logs.findLast((line) => line.startsWith("Program return: "))?.split(" ")[3];
}

/**
 * Simulates a transaction, sends it, and waits until it is confirmed or its blockhash has expired. Throws {@link TransactionError},
 * with the program's error by name.
 */
export async function submit(
  rpc: Rpc<SubmitApi>,
  payer: TransactionSigner,
  instructions: readonly Instruction[],
  options: SubmitOptions = {},
): Promise<Submitted> {
  const commitment = options.commitment ?? "confirmed";
  const { value: lifetime } = await rpc.getLatestBlockhash({ commitment }).send();
  const signed = await signTransactionMessageWithSigners(transactionMessage(payer, lifetime, instructions, options));
  const programs = instructions.map((instruction) => instruction.programAddress);
  const signature = getSignatureFromTransaction(signed);
  const wire = getBase64EncodedWireTransaction(signed);
  const { value: simulated } = await rpc.simulateTransaction(wire, { commitment, encoding: "base64" }).send();
  const refused = decodeFailure({ err: simulated.err, logs: simulated.logs, programs });
  if (refused !== undefined) {
    throw new TransactionError(refused, undefined, simulated.logs ?? []);
  }
  const returned = simulated.returnData?.data[0] ?? logged(simulated.logs ?? []);
  const result = {
    signature,
    units: simulated.unitsConsumed ?? 0n,
    ...(returned == null ? {} : { returnData: Uint8Array.from(atob(returned), (letter) => letter.charCodeAt(0)) }),
  };
  if (options.dryRun === true) {
    return result;
  }
  await rpc.sendTransaction(wire, { encoding: "base64", preflightCommitment: commitment, skipPreflight: true }).send();
  await confirmed();
  return result;

  async function confirmed(): Promise<void> {
    for (;;) {
      // The height is asked first: what is not seen after it passed the last valid one never will be.
      const height = await rpc.getBlockHeight({ commitment }).send();
      const [status] = (await rpc.getSignatureStatuses([signature]).send()).value;
      const failed = decodeFailure({ err: status?.err, programs });
      if (failed !== undefined) {
        throw new TransactionError(failed, signature);
      }
      const reached = status?.confirmationStatus;
      if (reached === "finalized" || reached === commitment) {
        return;
      }
      if (status === null && height > lifetime.lastValidBlockHeight) {
        const name = "BlockhashExpired";
        throw new TransactionError({ name, message: "the transaction's blockhash expired: send it anew" }, signature);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

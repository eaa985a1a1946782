// An Ethereum virtual machine with contracts, by the rules of the Prague fork, and the encoding of calls.

import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createEVM } from '@ethereumjs/evm';
import { Account, createAddressFromString } from '@ethereumjs/util';
import { keccak_256 } from '@noble/hashes/sha3.js';

/** Precompiled contracts, which every transaction finds warm (EIP-2929). */
const PRECOMPILED = Array.from({ length: 17 }, (_, index) => `0x${(index + 1).toString(16).padStart(40, '0')}`);
const CALLER = createAddressFromString(`0x${'ca'.repeat(20)}`);
/** What a call gets that does not say. */
const GAS = 3_000_000n;

export async function machine() {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Prague });
  const evm = await createEVM({ common });
  await evm.stateManager.putAccount(CALLER, new Account(0n, 10n ** 20n));
  return new Machine(evm);
}

class Machine {
  constructor(evm) {
    this.evm = evm;
    /** Whoever sends all calls, as a number. */
    this.caller = BigInt(CALLER.toString());
  }

  warm() {
    for (const address of [...PRECOMPILED, CALLER.toString()]) this.evm.journal.addAlwaysWarmAddress(address);
  }

  /** Creates a contract; the gas of execution, of which 200 a byte of code are for storing it. */
  async deploy({ initcode, ...compiled }, ...words) {
    this.warm();
    const data = Buffer.concat([initcode, ...words.map(word)]);
    const { createdAddress, execResult } = await this.evm.runCall({ data, caller: CALLER, gasLimit: 30_000_000n });
    if (execResult.exceptionError) throw new Error(`not created: ${execResult.exceptionError.error}`);
    return { ...compiled, address: createdAddress, gas: Number(execResult.executionGasUsed) };
  }

  /**
   * Calls with these bytes: what comes back, the gas of execution (without the transaction's own), and for a call that was
   * reverted, the name of the error.
   */
  async call(contract, data, gasLimit = GAS) {
    this.warm();
    this.evm.journal.addAlwaysWarmAddress(contract.address.toString());
    const { execResult } = await this.evm.runCall({ to: contract.address, caller: CALLER, data, gasLimit });
    await this.evm.journal.cleanup();
    const returned = Buffer.from(execResult.returnValue);
    const gas = Number(execResult.executionGasUsed);
    const logs = execResult.logs ?? [];
    if (!execResult.exceptionError) return { returned, gas, logs, error: null };
    return { returned, gas, logs, error: errorName(contract, returned) ?? execResult.exceptionError.error };
  }
}

/** Which error of the contract's ABI a revert names. */
function errorName(contract, returned) {
  const errors = contract.abi.filter((entry) => entry.type === 'error');
  return errors.find((entry) => selector(signature(entry)).equals(returned.subarray(0, 4)))?.name;
}

function signature({ name, inputs }) {
  return `${name}(${inputs.map((input) => input.type).join(',')})`;
}

export function keccak(bytes) {
  return Buffer.from(keccak_256(bytes));
}

export function selector(text) {
  return keccak(Buffer.from(text)).subarray(0, 4);
}

/** 32 bytes of a number, or of bytes that are that long. */
export function word(value) {
  if (typeof value === 'bigint' || typeof value === 'number') return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
  if (value.length !== 32) throw new Error(`${value.length} bytes are no word`);
  return Buffer.from(value);
}

/** Bytes as an ABI has them behind their offset: the length, then whole words. */
export function tail(bytes) {
  return Buffer.concat([word(bytes.length), bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);
}

/** The call `verify(proof, digest)`. */
export function verifyCall(proof, digest) {
  return Buffer.concat([selector('verify(bytes,uint256)'), word(64), word(digest), tail(proof)]);
}

/** The call `verifyStatement(proof, context, limbs)`. */
export function statementCall(proof, context, limbs) {
  const bytes = tail(proof);
  const head = [word(96), word(context), word(96 + bytes.length), bytes, word(limbs.length), ...limbs.map(word)];
  return Buffer.concat([selector('verifyStatement(bytes,bytes32,uint256[])'), ...head]);
}

/**
 * The most that a transaction with this call costs beside its execution: 21,000, and 16 for each byte. Proofs hold hardly a
 * zero byte, so it is near what they cost; statements hold some.
 */
export function intrinsic(data) {
  return 21_000 + 16 * data.length;
}

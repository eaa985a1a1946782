// Solidity's compiler, as a library.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import solc from 'solc';

/** Settings that a deployer has by default but for the optimizer; Paris is the oldest machine that the contracts are for. */
const SETTINGS = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'paris',
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.methodIdentifiers'] } },
};

/** The most bytes that a contract's code may have (EIP-170), and those that create it (EIP-3860). */
export const MOST_CODE = 24_576;
export const MOST_INITCODE = 49_152;

const compiled = new Map();

/**
 * Compiles files, name to source, and gives the contract of this name. Warnings are errors.
 */
export function compile(sources, name) {
  const known = JSON.stringify([sources, name]);
  if (!compiled.has(known)) compiled.set(known, compileNew(sources, name));
  return compiled.get(known);
}

function compileNew(sources, name) {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
    settings: SETTINGS,
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  if (output.errors?.length) throw new Error(output.errors.map((error) => error.formattedMessage).join('\n'));
  const contract = Object.values(output.contracts).map((file) => file[name]).find(Boolean);
  if (!contract) throw new Error(`no contract ${name}`);
  return {
    abi: contract.abi,
    initcode: Buffer.from(contract.evm.bytecode.object, 'hex'),
    code: Buffer.from(contract.evm.deployedBytecode.object, 'hex'),
    selectors: contract.evm.methodIdentifiers,
  };
}

/** A file of the repository. */
export function repository(path) {
  return readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
}

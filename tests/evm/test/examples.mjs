// Contracts that act on proofs: those of examples/evm.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keccak, machine, selector, tail, word } from '../src/machine.mjs';
import { compile, repository } from '../src/solidity.mjs';
import { prepare, subjects } from '../src/subjects.mjs';

const [subject] = subjects;
const address = (contract) => BigInt(contract.address.toString());
/** Arguments that stand behind the words, whose places have their offsets. */
const words = (numbers) => ({ behind: Buffer.concat([word(numbers.length), ...numbers.map(word)]) });
const bytes = (content) => ({ behind: tail(content) });

/** Arguments: words, and what stands behind them. */
function encode(...parts) {
  let offset = 32 * parts.length;
  const [head, tails] = [[], []];
  for (const part of parts) {
    if (part.behind) {
      head.push(word(offset));
      tails.push(part.behind);
      offset += part.behind.length;
    } else {
      head.push(word(part));
    }
  }
  return Buffer.concat([...head, ...tails]);
}

test('a gate opens once for a proven tier, to whom the proof was made for', async () => {
  const evm = await machine();
  const first = prepare(subject);
  const source = first.model.contract();
  const verifier = await evm.deploy(compile({ 'Verifier.sol': source }, 'Verifier'));
  const bits = BigInt([...source.matchAll(/output .* values? of (\d+) bits/g)].at(-1)[1]);
  const compiled = compile({ 'TierGate.sol': repository('examples/evm/TierGate.sol') }, 'TierGate');
  const tier = BigInt(first.outputs.at(-1).integers[0]);
  const gate = await evm.deploy(compiled, address(verifier), bits, tier);
  const strict = await evm.deploy(compiled, address(verifier), bits, BigInt.asUintN(256, tier - 1n));
  const context = async (of) => (await evm.call(of, Buffer.concat([selector('contextOf(address)'), word(evm.caller)]))).returned;
  const enter = ({ proof, limbs }) => Buffer.concat([selector('enter(bytes,uint256[])'), encode(bytes(proof), words(limbs))]);
  // A proof without a verifier's errors in the gate's ABI: they come through by their selectors.
  const knows = (contract) => ({ ...contract, abi: [...contract.abi, ...verifier.abi] });

  assert.equal((await evm.call(knows(gate), enter(first))).error, 'InvalidProof', 'its context is another');
  const proven = first.model.prove(0, await context(gate));
  const { error, gas } = await evm.call(gate, enter(proven));
  assert.equal(error, null);
  assert.ok(gas > 234_000 && gas < 320_000, `${gas}`);
  assert.equal((await evm.call(knows(gate), enter(proven))).error, 'InvalidProof', 'again');
  const other = first.model.prove(0, await context(strict));
  assert.equal((await evm.call(strict, enter(other))).error, 'TierTooHigh');
});

test('a model behind the interface of ERC-7992', async () => {
  const evm = await machine();
  const { model, proof, context, limbs } = prepare(subject);
  const statements = await evm.deploy(compile({ 'Verifier.sol': model.contract() }, 'Verifier'));
  const registry = await evm.deploy(compile({ 'Registry.sol': REGISTRY }, 'Registry'));
  const sources = { 'Erc7992Verifier.sol': repository('examples/evm/Erc7992Verifier.sol') };
  const compiled = compile(sources, 'Erc7992Verifier');
  const contract = await evm.deploy(compiled, address(registry), address(statements), 1n);
  const all = { ...contract, abi: [...contract.abi, ...statements.abi] };
  const read = async (of, text) => (await evm.call(of, selector(text))).returned;
  const [key, circuit] = [await read(statements, 'KEY_HASH()'), await read(statements, 'CIRCUIT()')];
  const system = Buffer.concat([selector('groth16-bn254-assay-v1'), Buffer.alloc(28)]);
  const zero = Buffer.alloc(32);
  const register = async (id, vk, of, kind, deprecated) => {
    const call = Buffer.concat([selector('put(uint256,bytes32,bytes32,bytes4,bool)'), encode(id, vk, of, kind, deprecated)]);
    assert.equal((await evm.call(registry, call)).error, null);
  };
  await register(1n, key, circuit, system, 0n);
  await register(2n, key, circuit, system, 1n);
  await register(3n, zero, circuit, system, 0n);
  await register(4n, key, zero, system, 0n);
  await register(5n, key, circuit, zero, 0n);

  const [inputs, outputs] = [limbs.slice(0, -1), limbs.slice(-1)];
  const label = bytes(Buffer.from('assay:erc7992:v1'));
  const commitment = (of, at) => keccak(encode(label, of, words(at)));
  const infer = (id, committed, output, parts) => {
    const inner = encode(bytes(parts.proof ?? proof), parts.context ?? context, words(parts.inputs ?? inputs));
    const call = encode(id, committed, bytes(encode(words(output))), bytes(inner));
    return evm.call(all, Buffer.concat([selector('verifyInference(uint256,bytes32,bytes,bytes)'), call]));
  };
  const honest = commitment(context, inputs);
  const accepted = await infer(1n, honest, outputs, {});
  assert.equal(accepted.error, null);
  assert.equal(accepted.logs.length, 1, 'InferenceVerified');
  const altered = outputs.map((limb) => Buffer.from([...limb.subarray(0, 31), limb[31] ^ 1]));
  for (const [result, error] of [
    [infer(2n, honest, outputs, {}), 'VerificationRefused_ModelDeprecated'],
    [infer(3n, honest, outputs, {}), 'ModelMismatch'],
    [infer(4n, honest, outputs, {}), 'ModelMismatch'],
    [infer(5n, honest, outputs, {}), 'UnsupportedProofSystem'],
    [infer(1n, zero, outputs, {}), 'InputCommitmentMismatch'],
    [infer(1n, honest, outputs, { context: Buffer.alloc(32, 1) }), 'InputCommitmentMismatch'],
    [infer(1n, honest, altered, {}), 'InvalidProof'],
    [infer(1n, commitment(context, []), limbs, { inputs: [] }), 'OutputMismatch'],
    [infer(1n, commitment(context, limbs), [], { inputs: limbs }), 'OutputMismatch'],
    [infer(1n, honest, outputs, { proof: Buffer.alloc(256) }), 'Identity'],
  ]) {
    assert.equal((await result).error, error);
  }
});

/** A registry that anybody writes to: the example's subject is the verifier. */
const REGISTRY = `
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;
contract Registry {
    struct Model { bytes32 modelHash; bytes32 circuitHash; bytes32 vkHash; bytes4 proofSystemId; string uri; }
    mapping(uint256 => Model) private models;
    mapping(uint256 => bool) private deprecated;
    function put(uint256 id, bytes32 vkHash, bytes32 circuitHash, bytes4 system, bool old) external {
        models[id] = Model(bytes32(0), circuitHash, vkHash, system, "");
        deprecated[id] = old;
    }
    function getModel(uint256 id) external view returns (Model memory, bool, address) {
        return (models[id], deprecated[id], address(0));
    }
}
`;

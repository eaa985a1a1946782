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
  const compiled = compile({ 'TierGate.sol': repository('examples/evm/TierGate.sol') }, 'TierGate');
  const tier = BigInt(first.outputs.at(-1).integers[0]);
  const read = async (text, ...parts) => (await evm.call(verifier, Buffer.concat([selector(text), ...parts.map(word)]))).returned;
  const keyHash = await read('KEY_HASH()');
  const gate = await evm.deploy(compiled, address(verifier), keyHash, tier);
  const strict = await evm.deploy(compiled, address(verifier), keyHash, BigInt.asUintN(256, tier - 1n));
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

  // A verifier of another key, one whose output is no single value, and one that says too few bits.
  await assert.rejects(evm.deploy(compiled, address(verifier), Buffer.alloc(32), tier), /not created/);
  const [limb, bits, values] = [0, 32, 64].map((at) => read('outputAt(uint256)', 0n).then((all) => all.subarray(at, at + 32)));
  const says = async (...layout) => evm.deploy(compile({ 'Says.sol': SAYS }, 'Says'), address(verifier), keyHash, ...layout);
  await assert.rejects(evm.deploy(compiled, address(await says(await limb, await bits, 2n)), keyHash, tier), /not created/);
  const offset = BigInt(`0x${first.limbs.at(-1).toString('hex')}`);
  assert.ok(offset > 1n);
  for (const [width, error] of [[BigInt(offset.toString(2).length - 1), 'NotOneTier'], [BigInt(`0x${(await bits).toString('hex')}`), null]]) {
    const doubtful = await evm.deploy(compiled, address(await says(await limb, width, await values)), keyHash, tier);
    assert.equal((await evm.call(doubtful, enter(first.model.prove(0, await context(doubtful))))).error, error, `${width} bits`);
  }
});

test('a model behind the interface of ERC-7992', async () => {
  const evm = await machine();
  const { model, proof, context, limbs } = prepare(subject);
  const statements = await evm.deploy(compile({ 'Verifier.sol': model.contract() }, 'Verifier'));
  const registry = await evm.deploy(compile({ 'Registry.sol': REGISTRY }, 'Registry'));
  const sources = { 'Erc7992Verifier.sol': repository('examples/evm/Erc7992Verifier.sol') };
  const compiled = compile(sources, 'Erc7992Verifier');
  const modelHash = Buffer.alloc(32, 0x3d);
  const contract = await evm.deploy(compiled, address(registry), address(statements), modelHash);
  const all = { ...contract, abi: [...contract.abi, ...statements.abi] };
  const read = async (of, text) => (await evm.call(of, selector(text))).returned;
  const [key, circuit] = [await read(statements, 'KEY_HASH()'), await read(statements, 'CIRCUIT()')];
  const system = Buffer.concat([selector('groth16-bn254-assay-v1'), Buffer.alloc(28)]);
  const zero = Buffer.alloc(32);
  const register = async (id, vk, of, kind, deprecated, hash = modelHash) => {
    const call = Buffer.concat([selector('put(uint256,bytes32,bytes32,bytes32,bytes4,bool)'), encode(id, hash, vk, of, kind, deprecated)]);
    assert.equal((await evm.call(registry, call)).error, null);
  };
  await register(1n, key, circuit, system, 0n);
  await register(2n, key, circuit, system, 1n);
  await register(3n, zero, circuit, system, 0n);
  await register(4n, key, zero, system, 0n);
  await register(5n, key, circuit, zero, 0n);
  await register(6n, key, circuit, system, 0n, zero);

  const [inputs, outputs] = [limbs.slice(0, -1), limbs.slice(-1)];
  const label = bytes(Buffer.from('assay:erc7992:v1'));
  const commitment = (of, at) => keccak(encode(label, of, words(at)));
  const infer = (id, committed, output, parts) => {
    const inner = encode(bytes(parts.proof ?? proof), parts.context ?? context, words(parts.inputs ?? inputs));
    const call = encode(id, committed, bytes(parts.encoded ?? encode(words(output))), bytes(inner));
    return evm.call(all, Buffer.concat([selector('verifyInference(uint256,bytes32,bytes,bytes)'), call]));
  };
  const honest = commitment(context, inputs);
  const accepted = await infer(1n, honest, outputs, {});
  assert.equal(accepted.error, null);
  assert.equal(accepted.logs.length, 1, 'InferenceVerified');
  // What decodes to the proven output and is not its one encoding: behind an offset that skips a forged list, and with more behind it.
  const [forged, proven] = [Buffer.alloc(32, 1), outputs[0]];
  const skipping = Buffer.concat([word(96n), word(1n), forged, word(1n), proven]);
  const trailing = Buffer.concat([encode(words(outputs)), forged]);
  const altered = outputs.map((limb) => Buffer.from([...limb.subarray(0, 31), limb[31] ^ 1]));
  for (const [result, error] of [
    [infer(2n, honest, outputs, {}), 'VerificationRefused_ModelDeprecated'],
    [infer(3n, honest, outputs, {}), 'ModelMismatch'],
    [infer(4n, honest, outputs, {}), 'ModelMismatch'],
    [infer(5n, honest, outputs, {}), 'UnsupportedProofSystem'],
    [infer(6n, honest, outputs, {}), 'ModelMismatch'],
    [infer(1n, honest, outputs, { encoded: skipping }), 'OutputMismatch'],
    [infer(1n, honest, outputs, { encoded: trailing }), 'OutputMismatch'],
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
    function put(uint256 id, bytes32 modelHash, bytes32 vkHash, bytes32 circuitHash, bytes4 system, bool old) external {
        models[id] = Model(modelHash, circuitHash, vkHash, system, "");
        deprecated[id] = old;
    }
    function getModel(uint256 id) external view returns (Model memory, bool, address) {
        return (models[id], deprecated[id], address(0));
    }
}
`;

/** A verifier that says another layout than the one that it asks. */
const SAYS = `
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;
interface IVerifier {
    function verifyStatement(bytes calldata proof, bytes32 context, uint256[] calldata limbs) external view returns (uint256 digest);
    function valueOf(uint256 limb, uint256 bits, uint256 position) external pure returns (int256);
}
contract Says {
    IVerifier private immutable asked;
    bytes32 public immutable KEY_HASH;
    uint256 private immutable limb;
    uint256 private immutable bits;
    uint256 private immutable values;
    constructor(IVerifier asked_, bytes32 keyHash, uint256 limb_, uint256 bits_, uint256 values_) {
        (asked, KEY_HASH, limb, bits, values) = (asked_, keyHash, limb_, bits_, values_);
    }
    function outputAt(uint256) external view returns (uint256, uint256, uint256) {
        return (limb, bits, values);
    }
    function verifyStatement(bytes calldata proof, bytes32 context, uint256[] calldata limbs) external view returns (uint256) {
        return asked.verifyStatement(proof, context, limbs);
    }
    function valueOf(uint256 limb_, uint256 bits_, uint256 position) external view returns (int256) {
        return asked.valueOf(limb_, bits_, position);
    }
}
`;

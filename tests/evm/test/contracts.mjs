// Contracts accept proofs, say what they hold, and take as much gas as the ledger says.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Model } from '../src/assay.mjs';
import { outsideSubgroup, replaced } from '../src/curve.mjs';
import { intrinsic, machine, selector, statementCall, verifyCall, word } from '../src/machine.mjs';
import { MOST_CODE, MOST_INITCODE, compile } from '../src/solidity.mjs';
import { prepare, subjects } from '../src/subjects.mjs';

const LEDGER = fileURLToPath(new URL('../gas.csv', import.meta.url));
const HEADER = 'model,form,elements,code,deploy,verify,verify at most,verify refused,verifyStatement,verifyStatement at most,verifyStatement refused';
/** In place of a number of elements, and of what a contract of a key alone does not do. */
const NONE = '-';

const integer = (bytes) => BigInt.asIntN(256, BigInt(`0x${bytes.toString('hex')}`));

test('contracts accept proofs at the gas of the ledger', async () => {
  const evm = await machine();
  const rows = [HEADER];
  for (const subject of subjects) {
    const { model, proof, digest, context, limbs, call, digestCall, outputs } = prepare(subject, { context: Buffer.alloc(32, 0x5a) });
    assert.deepEqual(call, statementCall(proof, context, limbs));
    assert.deepEqual(digestCall, verifyCall(proof, digest));
    const compiled = compile({ 'Verifier.sol': model.contract() }, 'Verifier');
    assert.ok(compiled.code.length <= MOST_CODE && compiled.initcode.length <= MOST_INITCODE, `${subject.name}: ${compiled.code.length}`);
    const contract = await evm.deploy(compiled);
    const ask = async (text, ...words) => (await evm.call(contract, Buffer.concat([selector(text), ...words.map(word)]))).returned;

    const byDigest = await evm.call(contract, digestCall);
    assert.equal(byDigest.error, null);
    const byStatement = await evm.call(contract, call);
    assert.equal(byStatement.error, null);
    assert.deepEqual(byStatement.returned, digest);

    // What the contract says of itself is what it computes with.
    const key = (await ask('key()')).subarray(64);
    const form = proof.length === 256 ? 'plain' : 'committed';
    assert.equal(key.length, form === 'plain' ? 576 : 768);
    assert.deepEqual(await ask('KEY_HASH()'), createHash('sha256').update(key).digest());
    assert.deepEqual(byDigest.returned, await ask('KEY_HASH()'));
    assert.equal((await ask('SETUP()')).subarray(64).toString().replaceAll('\0', ''), 'development');
    assert.equal(integer(await ask('LIMBS()')), BigInt(limbs.length));

    // Outputs are at the end of the limbs, and are read from there.
    const layout = layoutOf(model).filter(({ side }) => side === 'output');
    assert.equal(layout.length, outputs.length);
    for (const [index, { limb, bits, values }] of layout.entries()) {
      assert.deepEqual(await ask('outputAt(uint256)', index), Buffer.concat([limb, bits, values].map(word)));
      const each = Math.floor(248 / bits);
      assert.equal(outputs[index].integers.length, values);
      for (const [at, value] of outputs[index].integers.entries()) {
        const parts = [limbs[limb + Math.floor(at / each)], bits, at % each];
        assert.equal(integer(await ask('valueOf(uint256,uint256,uint256)', ...parts)), BigInt(value));
      }
    }
    const none = await evm.call(contract, Buffer.concat([selector('outputAt(uint256)'), word(layout.length)]));
    assert.equal(none.error, 'NoOutput');

    rows.push(
      [
        subject.name,
        form,
        3 + limbs.length,
        compiled.code.length,
        contract.gas,
        byDigest.gas,
        byDigest.gas + intrinsic(digestCall),
        await refusal(evm, contract, verifyCall(forged(proof), digest)),
        byStatement.gas,
        byStatement.gas + intrinsic(call),
        await refusal(evm, contract, statementCall(forged(proof), context, limbs)),
      ].join(','),
    );
  }
  rows.push(await ofKeyAlone(evm, subjects[0]), await ofKeyAlone(evm, subjects[1]));
  const measured = `${rows.join('\n')}\n`;
  if (process.env.ASSAY_LEDGER === 'write') writeFileSync(LEDGER, measured);
  assert.equal(readFileSync(LEDGER, 'utf8'), measured, 'if this is meant, run with ASSAY_LEDGER=write and commit the difference');
});

/** The row of a contract that takes digests and knows no statements. */
async function ofKeyAlone(evm, subject) {
  const { model, proof, digest, call, digestCall } = prepare(subject);
  const compiled = compile({ 'Verifier.sol': model.contract({ statements: false }) }, 'Verifier');
  assert.deepEqual(Object.keys(compiled.selectors).filter((name) => /statement|limb/i.test(name)), []);
  const contract = await evm.deploy(compiled);
  const { error, gas } = await evm.call(contract, digestCall);
  assert.equal(error, null);
  assert.notEqual((await evm.call(contract, call)).error, null);
  const form = proof.length === 256 ? 'plain' : 'committed';
  const numbers = [compiled.code.length, contract.gas, gas, gas + intrinsic(digestCall), await refusal(evm, contract, verifyCall(forged(proof), digest))];
  return [`${subject.name}: key alone`, form, NONE, ...numbers, NONE, NONE, NONE].join(',');
}

/**
 * The proof with B outside its subgroup: the dearest to refuse, since all is computed before the pairings, and these then take
 * all that they are given.
 */
function forged(proof) {
  return replaced(proof, 64, outsideSubgroup());
}

/** The gas of a call that is refused, a transaction's own aside. */
async function refusal(evm, contract, call) {
  const { error, gas } = await evm.call(contract, call);
  assert.equal(error, 'InvalidProof');
  return gas;
}

/** Tensors as the contract's comments have them. */
function layoutOf(model) {
  const lines = model.contract().matchAll(/\/\/ limbs? (\d+).*: (input|output) ".*", (\d+) values? of (\d+) bits/g);
  return [...lines].map(([, limb, side, values, bits]) => ({ side, limb: +limb, bits: +bits, values: +values }));
}

test('values are read as they are packed, or not at all', async () => {
  const evm = await machine();
  const contract = await evm.deploy(compile({ 'Verifier.sol': prepare(subjects[0]).model.contract() }, 'Verifier'));
  const valueOf = (...words) => evm.call(contract, Buffer.concat([selector('valueOf(uint256,uint256,uint256)'), ...words.map(word)]));
  const full = (1n << 248n) - 1n;
  for (const [bits, last] of [[1n, 247n], [3n, 81n], [31n, 7n], [32n, 6n]]) {
    const room = bits * (last + 1n);
    const limb = full >> (248n - room);
    for (const position of [0n, last]) {
      const { error, returned } = await valueOf(limb, bits, position);
      assert.deepEqual([error, integer(returned)], [null, (1n << (bits - 1n)) - 1n], `${bits} bits, position ${position}`);
    }
    assert.equal(integer((await valueOf(0n, bits, last)).returned), -(1n << (bits - 1n)));
    assert.equal((await valueOf(limb, bits, last + 1n)).error, 'NoValue');
    assert.equal((await valueOf(1n << room, bits, 0n)).error, 'NoValue', 'bits above the last value');
  }
  for (const bits of [0n, 33n, 248n, 256n, 2n ** 256n - 1n]) assert.equal((await valueOf(1n, bits, 0n)).error, 'NoValue', `${bits} bits`);
  for (const position of [2n ** 255n, 2n ** 256n - 1n]) assert.equal((await valueOf(1n, 2n, position)).error, 'NoValue');
});

test('no name of a model makes its contract another or none', () => {
  const label = 'SPDX-License-Identifier: A\u2028*/';
  const { path, options } = subjects[0];
  const source = new Model(path, { name: 'named', options: [...options, '--name', label] }).contract();
  assert.match(source, /Model: "SPDX-License-Identifier: A/);
  const named = compile({ 'Verifier.sol': source }, 'Verifier').selectors;
  assert.deepEqual(named, compile({ 'Verifier.sol': prepare(subjects[0]).model.contract() }, 'Verifier').selectors);
});

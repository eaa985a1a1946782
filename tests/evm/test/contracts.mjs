// Contracts accept proofs, say what they hold, and take as much gas as the ledger says.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { intrinsic, machine, selector, statementCall, verifyCall, word } from '../src/machine.mjs';
import { MOST_CODE, MOST_INITCODE, compile } from '../src/solidity.mjs';
import { prepare, subjects } from '../src/subjects.mjs';

const LEDGER = fileURLToPath(new URL('../gas.csv', import.meta.url));
const HEADER = 'model,form,elements,code,deploy,verify,verify at most,verifyStatement,verifyStatement at most';
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
    assert.deepEqual([byDigest.error, byDigest.returned.length], [null, 0]);
    const byStatement = await evm.call(contract, call);
    assert.equal(byStatement.error, null);
    assert.deepEqual(byStatement.returned, digest);

    // What the contract says of itself is what it computes with.
    const key = (await ask('key()')).subarray(64);
    const form = proof.length === 256 ? 'plain' : 'committed';
    assert.equal(key.length, form === 'plain' ? 576 : 768);
    assert.deepEqual(await ask('KEY_HASH()'), createHash('sha256').update(key).digest());
    assert.equal((await ask('SETUP()')).subarray(64).toString().replaceAll('\0', ''), 'development');
    assert.equal(integer(await ask('LIMBS()')), BigInt(limbs.length));

    // Outputs are at the end of the limbs, and are read from there.
    const last = outputs.at(-1).integers;
    const bits = BigInt(outputBits(model));
    for (const [position, value] of last.entries()) {
      assert.equal(integer(await ask('valueOf(uint256,uint256,uint256)', limbs.at(-1), bits, BigInt(position))), BigInt(value));
    }

    rows.push(
      [
        subject.name,
        form,
        3 + limbs.length,
        compiled.code.length,
        contract.gas,
        byDigest.gas,
        byDigest.gas + intrinsic(digestCall),
        byStatement.gas,
        byStatement.gas + intrinsic(call),
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
  const { model, proof, call, digestCall } = prepare(subject);
  const compiled = compile({ 'Verifier.sol': model.contract({ statements: false }) }, 'Verifier');
  assert.deepEqual(Object.keys(compiled.selectors).filter((name) => /statement|limb/i.test(name)), []);
  const contract = await evm.deploy(compiled);
  const { error, gas } = await evm.call(contract, digestCall);
  assert.equal(error, null);
  assert.notEqual((await evm.call(contract, call)).error, null);
  const form = proof.length === 256 ? 'plain' : 'committed';
  const numbers = [compiled.code.length, contract.gas, gas, gas + intrinsic(digestCall)];
  return [`${subject.name}: key alone`, form, NONE, ...numbers, NONE, NONE].join(',');
}

/** Bits of the last output, as the contract's comments have them. */
function outputBits(model) {
  const layout = [...model.contract().matchAll(/\/\/ limbs? .*: output .* values? of (\d+) bits/g)];
  return layout.at(-1)[1];
}

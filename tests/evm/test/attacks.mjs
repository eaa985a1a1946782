// What is not a proof of this statement under this key is refused, and costs no more than the contract allows.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createAddressFromString } from '@ethereumjs/util';
import { bn254 } from '@noble/curves/bn254.js';

import { outsideSubgroup, replaced } from '../src/curve.mjs';
import { machine, statementCall, verifyCall, word } from '../src/machine.mjs';
import { compile } from '../src/solidity.mjs';
import { prepare, subjects } from '../src/subjects.mjs';

const Q = bn254.fields.Fp.ORDER;
const R = bn254.fields.Fr.ORDER;
const [plainSubject, committedSubject] = subjects;

const number = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const flipped = (whole, offset, bit = 1) => replaced(whole, offset, Buffer.from([whole[offset] ^ bit]));

const G1 = bn254.G1.Point;
const point = (bytes) => G1.fromAffine({ x: number(bytes.subarray(0, 32)), y: number(bytes.subarray(32, 64)) });
const encoded = (p) => Buffer.concat([word(p.toAffine().x), word(p.toAffine().y)]);

/** Places of the proof's points of G1, and of all their coordinates. */
const points = (proof) => [0, 192, 256, 320].filter((offset) => offset < proof.length);

for (const subject of [plainSubject, committedSubject]) {
  const committed = subject === committedSubject;
  test(`attacks on ${committed ? 'committed' : 'plain'} proofs`, async (t) => {
    const evm = await machine();
    const honest = prepare(subject);
    const { model, proof, digest, context, limbs } = honest;
    const contract = await evm.deploy(compile({ 'Verifier.sol': model.contract() }, 'Verifier'));
    /** The most that a refusal may cost: the caps of the precompiled contracts, and some for what is around them. */
    const most = 300_000 + (committed ? 60_000 + 8 * 20_000 : 2 * 20_000) + 60_000;
    const verify = (bytes, of = digest) => evm.call(contract, verifyCall(bytes, of));
    const refused = async (what, result, error) => {
      const { error: given, gas } = await result;
      assert.notEqual(given, null, `${what} was accepted`);
      if (error) assert.ok([error].flat().includes(given), `${what}: ${given}`);
      assert.ok(gas <= most, `${what} took ${gas} gas`);
    };
    assert.equal((await verify(proof)).error, null);

    // Those that both forms share are tried under the plain key, where a refusal takes no multiplications.
    await t.test('every byte of the proof', async () => {
      for (let offset = committed ? 256 : 0; offset < proof.length; offset++) {
        await refused(`byte ${offset}`, verify(flipped(proof, offset)), ['InvalidProof', 'NotCanonical']);
      }
    });
    await t.test('every byte of the digest', async () => {
      for (let offset = 0; offset < 32; offset += committed ? 8 : 1) {
        await refused(`byte ${offset}`, verify(proof, flipped(digest, offset)), ['InvalidProof', 'NotCanonical']);
      }
    });
    await t.test('numbers that are not canonical', async () => {
      for (let offset = 0; offset < proof.length; offset += 32) {
        const coordinate = number(proof.subarray(offset, offset + 32));
        for (const other of [coordinate + Q, Q, 2n ** 256n - 1n]) {
          await refused(`coordinate at ${offset}`, verify(replaced(proof, offset, word(other))), 'NotCanonical');
        }
      }
      for (const other of [number(digest) + R, R, 2n ** 256n - 1n]) await refused('digest', verify(proof, word(other)), 'NotCanonical');
      for (const [index, limb] of limbs.entries()) {
        const others = limbs.with(index, word(number(limb) + R));
        await refused(`limb ${index}`, evm.call(contract, statementCall(proof, context, others)), 'NotCanonical');
      }
    });
    await t.test('identities', async () => {
      for (const offset of points(proof)) await refused(`G1 at ${offset}`, verify(replaced(proof, offset, Buffer.alloc(64))), 'Identity');
      await refused('B', verify(replaced(proof, 64, Buffer.alloc(128))), 'Identity');
      await refused('zeros', verify(Buffer.alloc(proof.length)), 'Identity');
    });
    await t.test('points off their curves and groups', async () => {
      for (const offset of points(proof)) {
        await refused(`G1 at ${offset}`, verify(replaced(proof, offset, Buffer.concat([word(1n), word(1n)]))), 'InvalidProof');
      }
      await refused('B', verify(replaced(proof, 64, Buffer.concat([1n, 1n, 1n, 1n].map(word)))), 'InvalidProof');
      await refused('B outside its subgroup', verify(replaced(proof, 64, outsideSubgroup())), 'InvalidProof');
    });
    await t.test('points of their groups', async () => {
      for (const offset of points(proof)) {
        const honestPoint = point(proof.subarray(offset));
        for (const [what, other] of [['negated', honestPoint.negate()], ['doubled', honestPoint.double()], ['generator', G1.BASE]]) {
          await refused(`${what} at ${offset}`, verify(replaced(proof, offset, encoded(other))), 'InvalidProof');
        }
      }
      await refused('A and C exchanged', verify(replaced(replaced(proof, 0, proof.subarray(192, 256)), 192, proof.subarray(0, 64))), 'InvalidProof');
    });
    await t.test('lengths', async () => {
      for (const length of [0, 1, 32, 255, 256, 257, 288, 320, 383, 384, 385, 416, 640]) {
        if (length === proof.length) continue;
        const bytes = Buffer.concat([proof, Buffer.alloc(640)]).subarray(0, length);
        await refused(`${length} bytes`, verify(bytes), 'ProofLength');
      }
      const whole = verifyCall(proof, digest);
      for (const length of [0, 3, 4, 35, 67, whole.length - 1]) {
        await refused(`a call of ${length} bytes`, evm.call(contract, whole.subarray(0, length)));
      }
      for (const others of [[], limbs.slice(1), [...limbs, word(0n)]]) {
        await refused(`${others.length} limbs`, evm.call(contract, statementCall(proof, context, others)), 'LimbCount');
      }
    });
    await t.test('an address without a contract', async () => {
      const nobody = { address: createAddressFromString(`0x${'ab'.repeat(20)}`), abi: [] };
      for (const call of [verifyCall(proof, digest), statementCall(proof, context, limbs)]) {
        const { error, returned } = await evm.call(nobody, call);
        assert.deepEqual([error, returned.length], [null, 0], 'a call succeeds there');
        assert.equal((await evm.call(contract, call)).returned.length, 32, 'and a contract answers');
      }
    });
    await t.test('other statements', async () => {
      const statement = (of, at) => evm.call(contract, statementCall(proof, of, at));
      assert.equal((await statement(context, limbs)).error, null);
      for (const offset of [0, 15, 16, 31]) await refused(`context ${offset}`, statement(flipped(context, offset), limbs), 'InvalidProof');
      for (const [index, limb] of limbs.entries()) {
        await refused(`limb ${index}`, statement(context, limbs.with(index, flipped(limb, 31))), 'InvalidProof');
      }
    });
    await t.test('other proofs and keys', async () => {
      const second = model.prove(1);
      assert.equal((await verify(second.proof, second.digest)).error, null);
      await refused('a proof of another statement', verify(second.proof), 'InvalidProof');
      const stranger = prepare(subject, { seed: '08'.repeat(32) });
      assert.deepEqual(stranger.digest, digest);
      await refused('a proof under another key', verify(stranger.proof), 'InvalidProof');
      for (const offset of points(proof)) {
        const mixed = replaced(proof, offset, second.proof.subarray(offset, offset + 64));
        await refused(`a point of another proof at ${offset}`, verify(mixed), 'InvalidProof');
      }
    });
    if (committed) {
      await t.test('commitments', async () => {
        const second = model.prove(1);
        const pair = second.proof.subarray(256, 384); // D and PoK that belong together
        await refused('another commitment with its knowledge', verify(replaced(proof, 256, pair)), 'InvalidProof');
        // D + T and PoK - T / rho would cancel in the folded sum, if rho did not depend on both.
        const moved = [G1.BASE, point(proof.subarray(256))].map((by) => {
          const d = encoded(point(proof.subarray(256)).add(by));
          return replaced(replaced(proof, 256, d), 320, encoded(point(proof.subarray(320)).add(by.negate())));
        });
        for (const bytes of moved) await refused('a moved commitment', verify(bytes), 'InvalidProof');
        const scaled = replaced(replaced(proof, 256, encoded(point(proof.subarray(256)).double())), 320, encoded(point(proof.subarray(320)).double()));
        await refused('both doubled, which keeps the knowledge true', verify(scaled), 'InvalidProof');
      });
    }
    await t.test('gas', async () => {
      const enough = (await verify(proof)).gas;
      // With whatever gas, from too little for anything to plenty: accepted, or out of gas, or said to be too little. Never called invalid.
      const least = 300_000 + (committed ? 60_000 : 0);
      for (let gas = 5_000; gas < 2 * least; gas += 40_111) {
        const { error } = await evm.call(contract, verifyCall(proof, digest), BigInt(gas));
        assert.ok(['NotEnoughGas', 'out of gas', null].includes(error), `${gas}: ${error}`);
        if (gas < enough) assert.notEqual(error, null);
        if (gas > least + 150_000) assert.equal(error, null, `${gas}`);
      }
    });
    await t.test('an altered key is not deployed', async () => {
      const { initcode, ...rest } = compile({ 'Verifier.sol': model.contract({ statements: false }) }, 'Verifier');
      const alpha = (await evm.call(contract, Buffer.from('3943380c', 'hex'))).returned.subarray(64, 96);
      const found = initcode.indexOf(alpha);
      assert.ok(found > 0, 'the key is in the code');
      await assert.rejects(evm.deploy({ ...rest, initcode: altered(initcode, alpha) }), /not created/);
    });
  });
}

/** Every copy of `part` with its last bit flipped. */
function altered(code, part) {
  const copy = Buffer.from(code);
  for (let found = copy.indexOf(part); found >= 0; found = copy.indexOf(part, found + 1)) copy[found + part.length - 1] ^= 1;
  return copy;
}

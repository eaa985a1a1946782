// Addresses, ids and contexts against Rust's.

import assert from "node:assert/strict";
import test from "node:test";

import {
  attestorSetId,
  creditAddresses,
  feedAddresses,
  lendingAddresses,
  lineContext,
  liquidationContext,
  marketAddresses,
  modelId,
  observationHash,
  resolutionContext,
  roundContext,
  seriesId,
  toHex,
  verifierAddresses,
} from "@assay/sdk";
import type { Address } from "@solana/kit";

import { engine, hex, vectors } from "./support.js";

const file = vectors("addresses");
const [a, b, c, d, e] = file.listed as [Address, Address, Address, Address, Address];
const hash = hex(file.hash);
const nonce = BigInt(file.nonce);
const { minute, revision, shard } = file;

test("derived addresses", async () => {
  const found = {
    verifier: {
      model: verifierAddresses.model(a, hash),
      receipt: verifierAddresses.receipt(a, hash),
      attestorSet: verifierAddresses.attestorSet(hash),
      attestation: verifierAddresses.attestation(a, b),
      buffer: verifierAddresses.buffer(a, nonce),
      series: verifierAddresses.series(a, hash),
    },
    feed: {
      source: feedAddresses.source(a),
      feed: feedAddresses.feed(a, nonce),
      round: feedAddresses.round(a, minute),
      pythPrice: feedAddresses.pythPrice(shard, hash),
    },
    lending: {
      market: lendingAddresses.market(a, b, c),
      collateralVault: lendingAddresses.collateralVault(a),
      liquidityVault: lendingAddresses.liquidityVault(a),
      position: lendingAddresses.position(a, b),
      deposit: lendingAddresses.deposit(a, b),
      snapshot: lendingAddresses.snapshot(a, minute, revision),
    },
    market: {
      question: marketAddresses.question(a, nonce),
      vault: marketAddresses.vault(a),
      outcomeMint: marketAddresses.outcomeMint(a, 2),
      observation: marketAddresses.observation(a),
    },
    credit: {
      issuer: creditAddresses.issuer(a),
      tree: creditAddresses.tree(a, revision),
      pool: creditAddresses.pool(a, nonce),
      vault: creditAddresses.vault(a),
      deposit: creditAddresses.deposit(a, b),
      line: creditAddresses.line(a, hash),
    },
  };
  for (const [program, addresses] of Object.entries(found)) {
    assert.deepEqual(Object.keys(addresses).sort(), Object.keys(file.addresses[program]).sort());
    for (const [name, address] of Object.entries(addresses)) {
      assert.deepEqual(await address, file.addresses[program][name], `${program}.${name}`);
    }
  }
});

test("contexts", () => {
  const prices = (first: bigint) => Array.from({ length: 30 }, (_, hour) => first + BigInt(hour));
  const contexts = {
    liquidation: liquidationContext(engine, {
      market: a,
      position: b,
      snapshot: c,
      epoch: minute,
      revision,
      takenAt: -7n,
      prover: d,
    }),
    round: roundContext(engine, { feed: a, round: b, minute, prover: c }),
    observation: observationHash(engine, a, [prices(1n), prices(1n << 40n)], 5),
    resolution: resolutionContext(engine, { question: a, observation: hash, place: 2, prover: b }),
    line: lineContext(engine, { pool: a, line: b, borrower: c, issuer: d, epoch: revision }),
  };
  for (const [name, context] of Object.entries(contexts)) {
    assert.equal(toHex(context), file.contexts[name], name);
  }
});

test("ids of models, sets and series", () => {
  const { key, schema, model, attestorSet, series } = file.ids;
  const found = modelId(engine, { setup: "ceremony", transcriptHash: hash, key: hex(key), schema: hex(schema) });
  assert.equal(toHex(found), model);
  assert.equal(toHex(attestorSetId(engine, 2, [a, b, e])), attestorSet);
  const promised = { timelock: 86_400n, domain: hash, attestorSet: a, name: "préferred" };
  assert.equal(toHex(seriesId(engine, promised)), series);
});

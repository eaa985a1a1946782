// The command line: models, keys, proofs and contracts as its users make them.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url));
const BINARY = process.env.ASSAY_BINARY;
if (!BINARY) throw new Error('ASSAY_BINARY has to name the command line; `cargo xtask evm` builds it and runs this');

/** Keys repeat, so that what depends on their bytes does. */
const SEED = '07'.repeat(32);

/** A folder that is gone when the process ends. */
const folder = mkdtempSync(join(tmpdir(), 'assay-evm-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function assay(...args) {
  return execFileSync(BINARY, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A model of `models/` with keys of its own; `options` are those of `assay compile`. */
export class Model {
  constructor(path, { name, options = [], seed = SEED }) {
    this.name = name;
    this.source = join(MODELS, path);
    const calibration = ['csv', 'json'].map((ending) => join(this.source, `calibration.${ending}`)).find(existsSync);
    assay('compile', join(this.source, 'model.onnx'), '--calibration', calibration, '-o', `${name}.assay`, '--force', ...options);
    assay('setup', `${name}.assay`, '--development', '--seed', seed, '--force');
  }

  /** The contract's source; with `statements` it hashes them. */
  contract({ statements = true } = {}) {
    const model = statements ? ['--model', `${this.name}.assay`] : [];
    return assay('export', 'solidity', '--vk', `${this.name}.vk`, ...model, '--name', 'Verifier', '-o', '-');
  }

  /** A proof of one of the model's samples. */
  prove(sample, context = Buffer.alloc(32)) {
    const samples = JSON.parse(readFileSync(join(this.source, 'samples.json'), 'utf8'));
    const input = Object.fromEntries(Object.entries(samples.inputs).map(([name, rows]) => [name, rows[sample]]));
    writeFileSync(join(folder, 'input.json'), JSON.stringify(input));
    const proof = `${this.name}-${sample}.proof`;
    const files = ['--model', `${this.name}.assay`, '--key', `${this.name}.pk`, '--input', 'input.json'];
    assay('prove', ...files, '--context', Buffer.from(context).toString('hex'), '-o', proof, '--force');
    const parts = JSON.parse(assay('export', 'calldata', '--proof', proof, '--json'));
    const bytes = (text) => Buffer.from(text.slice(2), 'hex');
    return {
      proof: bytes(parts.proof),
      digest: bytes(parts.digest),
      context: bytes(parts.context),
      limbs: parts.limbs.map(bytes),
      call: bytes(parts.calldata),
      digestCall: bytes(assay('export', 'calldata', '--proof', proof, '--digest').trim()),
      outputs: JSON.parse(assay('inspect', proof, '--model', `${this.name}.assay`, '--json')).outputs,
    };
  }
}

// What is verified: models of both forms, whose statements have as many elements as each of Poseidon's three shapes takes at most: on the
// stack 6, as shifts in memory 9, with the one matrix 12; and one less than the most of the latter two.

import { Model } from './assay.mjs';

export const subjects = [
  { path: 'credit-score', name: 'credit-score by bits', options: ['--ranges', 'bits'] },
  { path: 'credit-score', name: 'credit-score by lookups', options: ['--ranges', 'lookup'] },
  { path: 'anomaly-filter', name: 'anomaly-filter', options: ['--input-format', '15:12', '--output-format', '24:12', '--ranges', 'bits'] },
  { path: 'suite/conv-average', name: 'conv-average of 11 bits', options: ['--input-format', '11:10', '--ranges', 'lookup'] },
  { path: 'suite/conv-average', name: 'conv-average of 13 bits', options: ['--input-format', '13:12', '--ranges', 'lookup'] },
  { path: 'suite/conv-average', name: 'conv-average of 20 bits', options: ['--input-format', '20:16', '--ranges', 'lookup'] },
  { path: 'suite/conv-average', name: 'conv-average of 24 bits', options: ['--input-format', '24:20', '--ranges', 'lookup'] },
];

const models = new Map();

/** A subject with its keys and a proof. */
export function prepare({ path, name, options }, { seed, sample = 0, context } = {}) {
  const known = `${name}${seed ? ' of other keys' : ''}`;
  if (!models.has(known)) models.set(known, new Model(path, { name: known.replaceAll(' ', '-'), options, ...(seed && { seed }) }));
  const model = models.get(known);
  return { model, ...model.prove(sample, context) };
}

// All tests in one process: models, keys and compiled contracts are made once.

import './contracts.mjs';
import './attacks.mjs';
import './examples.mjs';

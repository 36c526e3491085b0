import { describeFaults } from './suite.js';

describeFaults('a fleet whose network is cut, slow and one-way', [
  'cut-redis',
  'cut-postgres',
  'cut-clients',
  'lose-answers',
  'lose-questions',
  'slow-network',
]);

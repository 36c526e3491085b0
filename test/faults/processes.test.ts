import { describeFaults } from './suite.js';

describeFaults('a fleet whose processes die, stand still and are replaced', [
  'kill-each',
  'kill-all',
  'kill-producers',
  'deploy',
  'stop-worker',
  'stop-scaler',
]);

import { describeFaults } from './suite.js';

describeFaults('a fleet whose Redis dies, stands still, fills up and forgets', [
  'redis-kill',
  'redis-pause',
  'redis-full',
  'redis-disk-full',
  'redis-readonly',
  'redis-promote',
  'redis-empty',
  'redis-rack',
  'redis-flush',
]);

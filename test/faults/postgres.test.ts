import { describeFaults } from './suite.js';

describeFaults('a fleet whose PostgreSQL dies, stands still and has no room', [
  'postgres-kill',
  'postgres-pause',
  'postgres-exhausted',
  'postgres-breaks',
]);

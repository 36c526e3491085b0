import { describeFaults } from './suite.js';

describeFaults('a fleet whose clocks, clients and jobs are bad', [
  'clock-fast',
  'clock-slow',
  'clock-others',
  'slowloris',
  'deaf-clients',
  'poison',
]);

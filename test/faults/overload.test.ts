import { describeFaults } from './suite.js';

describeFaults('a fleet that one tenant floods', ['overload']);

/** What `--help` prints. */
export const HELP = `Builds Redis anew from the ledger: every unfinished job, with its priority and what is left of its delay.

  npm run rebuild [-- options]

Uses the deployment's own settings: REDIS_URL, DATABASE_URL, and SLUICE_PREFIX, DATABASE_SCHEMA, REDIS_CLUSTER ... if it sets them.
It may run beside the fleet, or while the fleet is stopped. Running it twice is harmless.

  --dry-run   compare only: say what would be done, and write nothing
  --merge     Redis holds queues of this fleet: add what is missing, and leave the rest
  --empty     delete all keys of this fleet first; asks for the prefix to be typed
  --yes       do not ask
  --json      one JSON document at the end, and nothing else
  --help      print this

Examples
  npm run rebuild -- --dry-run
  npm run rebuild -- --merge
  npm run rebuild -- --empty --yes
  npm run -s rebuild -- --merge --json

Exits 0 when Redis holds every unfinished job; 1 when it could not be finished, and should be run again; 2 when an option cannot
be used; 3 when Redis holds queues of this fleet, and neither --merge nor --empty says what to do with them.
`;

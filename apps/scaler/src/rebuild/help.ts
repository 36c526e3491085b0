/** The output of `--help`. */
export const HELP = `Rebuilds Redis from the ledger: adds every unfinished job that Redis lacks, with its priority and remaining delay.

  npm run rebuild [-- options]

Reads the deployment's settings from the environment: REDIS_URL, DATABASE_URL, and, if set, SLUICE_PREFIX, DATABASE_SCHEMA,
REDIS_CLUSTER ... It can run while the fleet runs or is stopped. Running it twice is harmless.

  --dry-run   compare only: report what would be done, write nothing
  --merge     if Redis holds queues of this fleet: add what is missing, keep the rest
  --empty     delete all keys of this fleet first; you confirm by typing the prefix
  --yes       do not ask for confirmation
  --json      print one JSON document at the end, nothing else
  --help      print this

Examples
  npm run rebuild -- --dry-run
  npm run rebuild -- --merge
  npm run rebuild -- --empty --yes
  npm run -s rebuild -- --merge --json

Exit status: 0 when Redis holds every unfinished job; 1 when the rebuild did not finish and should be run again; 2 for an invalid
option; 3 when Redis holds queues of this fleet and neither --merge nor --empty is given.
`;

/** What `--help` prints. */
export const HELP = `Runs the scaler's decisions over a load, in simulated time, and prints what they would do.

  npm run simulate [-- options]

Load
  --load [TENANT=]SHAPE     how jobs arrive, in jobs per second; several of one tenant add up (default poisson:1)
                              constant:5             evenly spaced
                              poisson:5              at random
                              step:1->50@60s         one rate, and another from a moment on
                              ramp:1->20@1m..5m      from one rate to another between two moments
                              spike:1->100@60s..70s  another rate between two moments
                              wave:1->20/24h         to and fro, once per day
                              flood:5000@60s         so many jobs at one moment
  --service [TENANT=]TIME   how long jobs run: fixed:1s, exponential:1s or log-normal:1s/1.5 (default exponential:1s)
  --hold [TENANT=]WHY@SPAN  no job starts in a span: paused@1m..2m, or rate-limited, quota, circuit
  --recorded FILE           recorded load instead: CSV with the header time_ms,tenant,service_ms, or JSON lines
  --seed N                  seed of all that is random (default 1)
  --minutes N               how long (default 10, or five more than the recording)

The scaler's settings
  --policy NAME             queue-length or wait-target (default queue-length)
  --interval TIME           SCALER_INTERVAL_MS (default 30s)
  --min N, --max N          SCALER_MIN_SLOTS, SCALER_MAX_SLOTS (default 1, 5)
  --jobs-per-slot N         SCALER_JOBS_PER_SLOT (default 10)
  --drain-target TIME       of wait-target (default 60s)
  --stabilisation TIME      shrinking takes the highest recommendation of this long (default 60s)
  --slot-concurrency N      SLOT_CONCURRENCY (default 1)

Output
  --every TIME              a row at least so often; changes have theirs always (default: about 40 rows)
  --json                    one JSON document; npm's own lines are left out by: npm run -s simulate -- --json
  --help                    print this

Examples
  npm run simulate -- --load 'step:0.5->3@2m'
  npm run simulate -- --policy wait-target --load 'wave:0.2->4/20m' --minutes 60
  npm run simulate -- --load acme=poisson:0.5 --load acme=flood:500@1m --load globex=constant:1 --service globex=fixed:200ms
  npm run simulate -- --load constant:2 --hold rate-limited@2m..4m --seed 7 --json

Workers always suffice, a decision takes effect at once, and no job fails. Exits 0, or 2 when an option cannot be used.
`;

/** The output of `--help`. */
export const HELP = `Runs the scaler's decisions against a load in simulated time and prints them.

  npm run simulate [-- options]

Load
  --load [TENANT=]SHAPE     arrivals, in jobs per second; several loads of one tenant add up (default poisson:1)
                              constant:5             evenly spaced
                              poisson:5              at random
                              step:1->50@60s         one rate, then another from a given time
                              ramp:1->20@1m..5m      rises (or falls) linearly between two times
                              spike:1->100@60s..70s  another rate between two times
                              wave:1->20/24h         oscillates between two rates, here once per day
                              flood:5000@60s         5000 jobs at once
  --service [TENANT=]TIME   service time: fixed:1s, exponential:1s or log-normal:1s/1.5 (default exponential:1s)
  --hold [TENANT=]WHY@SPAN  no job starts during SPAN: paused@1m..2m, or rate-limited, quota, circuit
  --recorded FILE           a recorded load instead: CSV with the header time_ms,tenant,service_ms, or JSON lines
  --seed N                  random seed (default 1)
  --minutes N               simulated duration (default 10, or five more than the recording)

The scaler's settings
  --policy NAME             queue-length or wait-target (default queue-length)
  --interval TIME           SCALER_INTERVAL_MS (default 30s)
  --min N, --max N          SCALER_MIN_SLOTS, SCALER_MAX_SLOTS (default 1, 5)
  --jobs-per-slot N         SCALER_JOBS_PER_SLOT (default 10)
  --drain-target TIME       SCALER_DRAIN_TARGET_MS, for wait-target (default 60s)
  --stabilisation TIME      SCALER_STABILISATION_MS (default 60s)
  --slot-concurrency N      SLOT_CONCURRENCY (default 1)

Output
  --every TIME              at least one row per TIME, and one per change (default: about 40 rows)
  --json                    one JSON document; use npm run -s simulate -- --json to suppress npm's own output
  --help                    print this

Examples
  npm run simulate -- --load 'step:0.5->3@2m'
  npm run simulate -- --policy wait-target --load 'wave:0.2->4/20m' --minutes 60
  npm run simulate -- --load acme=poisson:0.5 --load acme=flood:500@1m --load globex=constant:1 --service globex=fixed:200ms
  npm run simulate -- --load constant:2 --hold rate-limited@2m..4m --seed 7 --json

Assumes enough workers, decisions that take effect at once, and no failing jobs. Exit status: 0, or 2 for an invalid option.
`;

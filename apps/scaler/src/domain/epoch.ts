/**
 * What a bucket's mark says. `lost`: Redis does not have the one that the ledger noted, so its data went with it.
 * `unmarked`: the ledger never noted one, as at the first start.
 */
export type EpochVerdict = 'kept' | 'lost' | 'unmarked';

/**
 * Whether a bucket of Redis still holds what it was given. Pure.
 * @param noted the epoch in the ledger; null when there is none
 * @param found the epoch in Redis; null when there is none
 */
export function judgeEpoch(noted: string | null, found: string | null): EpochVerdict {
  if (noted === null) return 'unmarked';
  return noted === found ? 'kept' : 'lost';
}

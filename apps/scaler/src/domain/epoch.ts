/**
 * The verdict on a bucket's epoch. `lost`: Redis does not have the epoch that the ledger recorded, so it lost the data
 * as well. `unmarked`: the ledger never recorded one, as at the first start.
 */
export type EpochVerdict = 'kept' | 'lost' | 'unmarked';

/**
 * Decides whether Redis still holds a bucket's data. Pure.
 * @param noted the epoch in the ledger; null when there is none
 * @param found the epoch in Redis; null when there is none
 */
export function judgeEpoch(noted: string | null, found: string | null): EpochVerdict {
  if (noted === null) return 'unmarked';
  return noted === found ? 'kept' : 'lost';
}

import { isIP } from 'node:net';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isPublicAddress } from '@sluice/tasks/internal';

/**
 * Parses an untrusted URL. The URL parser normalises unusual spellings of addresses (`0x7f.1`, `2130706433`) before
 * they are checked; names are checked when they are resolved.
 * @throws FleetError `address_refused`: not an http(s) URL, contains credentials, or has a literal address that is not
 * public
 */
export function readTargetUrl(text: string, { allowPrivateAddresses }: { allowPrivateAddresses: boolean }): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new FleetError('address_refused', 'The URL must start with http:// or https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw new FleetError('address_refused', 'The URL must not hold a user name or password');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivateAddresses && isIP(host) !== 0 && !isPublicAddress(host)) {
    throw new FleetError('address_refused', 'The address in the URL is not public');
  }
  return url;
}

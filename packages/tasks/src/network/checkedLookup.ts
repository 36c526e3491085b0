import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isPublicAddress } from './publicAddress.js';

/** Resolves every address of a host; `dns.lookup` in production, a fixed list in tests. */
export type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for sockets that returns only addresses it has checked itself, so that a name cannot be public when it is
 * checked and private when it is dialled (DNS rebinding). One refused address refuses the name. Fails with FleetError
 * `address_refused`.
 */
export function createCheckedLookup(resolveAll: ResolveAll = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolveAll(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
        return callback(new FleetError('address_refused', 'The host of the URL has an address that is not public'), []);
      }
      if (options.all === true) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

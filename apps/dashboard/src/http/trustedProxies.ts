import { isIP } from 'node:net';
import { z } from 'zod';

/** Addresses, ranges and named ranges of the proxies that are believed; false for none. */
export type TrustedProxies = false | string[];

/** Names for ranges that Fastify knows. */
const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** Reads `false`, or addresses, CIDR ranges and names of ranges separated by commas. */
export function trustedProxies(): z.ZodType<TrustedProxies> {
  return z
    .string()
    .default('false')
    .transform((text, context) => {
      if (text === 'false') return false;
      const ranges = text.split(',').map((part) => part.trim());
      if (ranges.every((range) => NAMED_RANGES.includes(range) || isAddressRange(range))) return ranges;
      context.addIssue({
        code: 'custom',
        message: `must be false, or IP addresses, CIDR ranges, ${NAMED_RANGES.join(', ')}, separated by commas`,
      });
      return z.NEVER;
    });
}

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

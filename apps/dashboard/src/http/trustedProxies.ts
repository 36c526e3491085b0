import { isIP } from 'node:net';
import { z } from 'zod';

/** Addresses, ranges and named ranges of the trusted proxies; false for none. */
export type TrustedProxies = false | string[];

/** Range names that Fastify supports. */
const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** Parses `false`, or comma-separated addresses, CIDR ranges and range names. */
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

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Global unicast addresses of IPv6; nothing else is routed over the Internet. IANA registry, RFC 4291. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Whether an address belongs to the public Internet: not loopback, private, link-local (cloud metadata), carrier-grade
 * NAT, multicast, documentation or reserved. An IPv6 address that embeds an IPv4 one (mapped, NAT64, 6to4) is
 * classified by that. A text that is not an address is not public.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false;
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv4') return address.range() === 'unicast';
  const inner = standsFor(address as ipaddr.IPv6);
  if (inner !== null) return inner.range() === 'unicast';
  return address.range() === 'unicast' && (address as ipaddr.IPv6).match(GLOBAL_UNICAST);
}

/** The IPv4 address embedded in an IPv6 address, or null. */
function standsFor(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const bytes = address.toByteArray();
  // ::ffff:a.b.c.d (RFC 4291) and the well-known prefix 64:ff9b::a.b.c.d (RFC 6052): the last four bytes.
  if (address.isIPv4MappedAddress()) return new ipaddr.IPv4(bytes.slice(12));
  if (address.match(ipaddr.IPv6.parse('64:ff9b::'), 96)) return new ipaddr.IPv4(bytes.slice(12));
  // 2002:aabb:ccdd:: (RFC 3056): the four bytes after the prefix.
  if (address.range() === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  return null;
}

/**
 * 32-bit FNV-1a of a string's UTF-16 code units, finished with the murmur3 mixer so that similar strings spread.
 * Fast and stable across processes and versions: names and placement depend on it. Sources: Fowler/Noll/Vo;
 * Appleby, MurmurHash3 `fmix32`.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

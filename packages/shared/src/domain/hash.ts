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
  return mix32(hash);
}

/**
 * Mixes a 32-bit integer so that flipping any bit flips about half of the result's bits. A bijection. Appleby,
 * MurmurHash3 `fmix32`.
 */
export function mix32(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

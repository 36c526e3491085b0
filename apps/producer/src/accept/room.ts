/** Room in memory for what waits, by number and by bytes. */
export interface Room {
  /** Takes room for one more; false when there is none. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** Room for so much. A single thing that is larger than all of it finds room while nothing else waits. */
export function createRoom(most: { readonly items: number; readonly bytes: number }): Room {
  let items = 0;
  let bytes = 0;
  return {
    take(more) {
      if (items >= most.items || (items > 0 && bytes + more > most.bytes)) return false;
      items++;
      bytes += more;
      return true;
    },
    give(less) {
      items--;
      bytes -= less;
    },
  };
}

/**
 * Resolves when everything that the current turn of the event loop has started has gone as far as it gets by itself, and before
 * anything is written: what is sent then is sent last.
 */
export function afterTurn(): Promise<void> {
  // Microtasks all run before the next tick, those that they make included.
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}

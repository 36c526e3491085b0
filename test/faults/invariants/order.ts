import { isTerminal } from '@sluice/shared/contracts/jobStates';
import type { Check, Transition } from './facts.js';

/** I8: a finished job does not change, no row disappears, and fences only grow. */
export const endsAreFinal: Check = ({ transitions }) =>
  transitions.flatMap((transition) => {
    const what = wrongWith(transition);
    return what === null ? [] : [{ invariant: 'I8', what: `${transition.jobId} ${what}` }];
  });

function wrongWith({ fromState, toState, fromFence, toFence }: Transition): string | null {
  if (toState === null) return `vanished when it was ${fromState}`;
  if (fromState === null) return null;
  if (isTerminal(fromState) && toState !== fromState) return `went from ${fromState} to ${toState}`;
  if (isTerminal(fromState) && toFence !== fromFence) return `was started again when it was ${fromState}`;
  if ((toFence ?? 0) < (fromFence ?? 0)) return `has fence ${toFence} after ${fromFence}`;
  return null;
}

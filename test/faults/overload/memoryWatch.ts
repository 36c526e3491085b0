import { readFile } from 'node:fs/promises';
import type { Post } from '../stand/stand.js';

/** Looks at how much memory each process of the fleet has resident, all the time. */
export interface MemoryWatch {
  /** The most of each process so far, by its name, in MiB; nothing where the system does not tell. */
  readonly mostMib: ReadonlyMap<string, number>;
  /** Looks that the system answered. */
  looks(): number;
  stop(): void;
}

/** Between two looks, in ms. */
const LOOK_EVERY_MS = 100;

const KIB_PER_MIB = 1_024;

/** Begins to look. One timer reads `/proc` for all processes, so that looking costs next to nothing. */
export function watchMemory(posts: readonly Post[]): MemoryWatch {
  const mostMib = new Map<string, number>();
  let looks = 0;

  async function look(): Promise<void> {
    for (const { member } of posts) {
      const pid = member.pid();
      const residentMib = pid === null ? null : await readResidentMib(pid);
      if (residentMib === null) continue;
      looks++;
      mostMib.set(member.name, Math.max(mostMib.get(member.name) ?? 0, residentMib));
    }
  }
  let isOn = true;
  let timer: NodeJS.Timeout | undefined;
  function lookAgain(): void {
    if (!isOn) return;
    timer = setTimeout(() => void look().finally(lookAgain), LOOK_EVERY_MS);
  }
  lookAgain();
  return {
    mostMib,
    looks: () => looks,
    stop() {
      isOn = false;
      clearTimeout(timer);
    },
  };
}

/** Null of a process that has ended, and on a system without `/proc`. */
async function readResidentMib(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return found === undefined ? null : Number(found) / KIB_PER_MIB;
}

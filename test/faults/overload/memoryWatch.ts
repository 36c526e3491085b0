import { readFile } from 'node:fs/promises';
import type { Post } from '../stand/stand.js';

/** Continuously samples the resident memory of each process of the fleet. */
export interface MemoryWatch {
  /** Peak of each process so far, by its name, in MiB; empty where the system does not report it. */
  readonly mostMib: ReadonlyMap<string, number>;
  /** Successful samples. */
  looks(): number;
  stop(): void;
}

/** Sampling interval, in ms. */
const LOOK_EVERY_MS = 100;

const KIB_PER_MIB = 1_024;

/** Starts sampling. One timer reads `/proc` for all processes, so the overhead is negligible. */
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

/** Null when the process has ended, or on a system without `/proc`. */
async function readResidentMib(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return found === undefined ? null : Number(found) / KIB_PER_MIB;
}

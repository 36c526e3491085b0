import { readFile } from 'node:fs/promises';

/** Length of a tick in `/proc`, in ms: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** CPU time that a process has used so far, in ms; null where the system does not tell. */
export async function readCpuMs(pid: number | undefined): Promise<number | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces; behind it, user and system time are the 12th and 13th fields (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return null;
  }
}

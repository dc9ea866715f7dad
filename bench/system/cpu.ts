import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { processNames, type ProcessName } from './system.js';

/** Processor time in milliseconds. */
export interface CpuTimes {
  byProcess: Record<ProcessName, number>;
  /** What the harness itself has used. */
  harness: number;
  /** What all processes of the machine have used. */
  machine: number;
}

/** Linux counts processor time in ticks. */
let millisecondsPerTick: number | undefined;

/** Reads the processor time that each process has used since its start. @throws Error where there is no /proc */
export function readCpu(pids: Record<ProcessName, number>): CpuTimes {
  millisecondsPerTick ??= 1_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const milliseconds = millisecondsPerTick;
  // A PostgreSQL computes in the children of its server; the server itself counts those that have ended.
  const byProcess = Object.fromEntries(
    processNames.map((name) => [name, ticksOf(pids[name], name === 'PostgreSQL') * milliseconds]),
  ) as CpuTimes['byProcess'];
  return { byProcess, harness: ticksOf(process.pid, false) * milliseconds, machine: machineTicks() * milliseconds };
}

/** What was used between two readings. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  const byProcess = Object.fromEntries(
    processNames.map((name) => [name, after.byProcess[name] - before.byProcess[name]]),
  ) as CpuTimes['byProcess'];
  return { byProcess, harness: after.harness - before.harness, machine: after.machine - before.machine };
}

/** Memory that a process has resident, in bytes. */
export function readResident(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}

function ticksOf(pid: number, withChildren: boolean): number {
  const own = statOf(pid);
  if (own === undefined) return 0;
  if (!withChildren) return own.ticks;
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const children = pids.map(statOf).filter((stat) => stat?.parent === pid);
  return children.reduce((sum, child) => sum + (child?.ticks ?? 0), own.ticks + own.ticksOfEndedChildren);
}

function statOf(pid: number): { parent: number; ticks: number; ticksOfEndedChildren: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces; after it come the state, the parent, and nine fields on the times.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return { parent, ticks: user + system, ticksOfEndedChildren: childUser + childSystem };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** User, nice, system, irq, softirq: what somebody has computed. Guests are counted as users already. */
function machineTicks(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .map(Number);
  return user + nice + system + irq + softirq;
}

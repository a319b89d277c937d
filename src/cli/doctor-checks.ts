/**
 * The judgements of `kvorum doctor`: from what was measured to what it means for a node. Pure, so
 * that every verdict can be tested without a machine that deserves it.
 */
import type { DiskSpeed } from './disk-speed.js';
import { formatSize } from './size.js';

export interface Finding {
  readonly name: string;
  readonly verdict: 'ok' | 'warning' | 'bad';
  readonly detail: string;
}

type Judgement = Omit<Finding, 'name'>;

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

export function judgeNodeVersion(version: string): Judgement {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const isEnough = major * 1e6 + minor * 1e3 + patch >= 20_018_001;
  return isEnough
    ? { verdict: 'ok', detail: version }
    : { verdict: 'bad', detail: `${version}; 20.18.1 or newer is needed` };
}

/**
 * A leader whose log hangs for an election timeout (0.6 to 1.2 s) steps down; long before that
 * every write is as slow as the sync it waits for.
 */
const syncGoodMs = 20;
const syncBearableMs = 200;

export function judgeDisk({ syncs, p50Ms, p99Ms, maxMs }: DiskSpeed): Judgement {
  const single = Math.max(1, Math.round(1000 / Math.max(p50Ms, 0.001)));
  const measured =
    `${syncs} syncs: p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, ` +
    `longest ${maxMs.toFixed(1)} ms; about ${single} writes/s for one client that waits`;
  if (p99Ms <= syncGoodMs) return { verdict: 'ok', detail: measured };
  if (p99Ms <= syncBearableMs) {
    return { verdict: 'warning', detail: `${measured}; slow: expect writes to take that long` };
  }
  return {
    verdict: 'bad',
    detail: `${measured}; too slow: leaders will lose their followers; use a local SSD`,
  };
}

/** Names of file systems by the number that statfs gives on Linux. */
const fileSystems = new Map<number, readonly [name: string, Judgement['verdict'], why?: string]>([
  [0xef53, ['ext4', 'ok']],
  [0x58465342, ['XFS', 'ok']],
  [0x9123683e, ['Btrfs', 'ok']],
  [0x01021994, ['tmpfs', 'warning', 'it is memory: everything is gone after a restart']],
  [0x6969, ['NFS', 'bad', 'locks and syncs on it are not what a database needs']],
  [0x65735546, ['FUSE', 'warning', 'whether its syncs are durable depends on the program behind']],
  [0x794c7630, ['overlayfs', 'warning', 'the data is gone with the container; mount a volume']],
]);

export function judgeFileSystem(type: number): Judgement {
  const known = fileSystems.get(type);
  if (known === undefined) return { verdict: 'ok', detail: `of type 0x${type.toString(16)}` };
  const [name, verdict, why] = known;
  return { verdict, detail: why === undefined ? name : `${name}; ${why}` };
}

export function judgeSpace(freeBytes: number): Judgement {
  const detail = `${formatSize(freeBytes)} free`;
  if (freeBytes >= 5 * GiB) return { verdict: 'ok', detail };
  if (freeBytes >= GiB) return { verdict: 'warning', detail: `${detail}; 5 GiB or more is better` };
  return { verdict: 'bad', detail: `${detail}; at least 1 GiB is needed` };
}

export interface Memory {
  readonly totalBytes: number;
  /** What a container allows; undefined: no limit of its own. */
  readonly limitBytes: number | undefined;
}

export function judgeMemory({ totalBytes, limitBytes }: Memory): Judgement {
  const usable = Math.min(totalBytes, limitBytes ?? totalBytes);
  const detail = `${formatSize(usable)}${usable < totalBytes ? ' in this container' : ''}`;
  if (usable >= 1024 * MiB) return { verdict: 'ok', detail };
  if (usable >= 384 * MiB) return { verdict: 'warning', detail: `${detail}; 1 GiB is better` };
  return { verdict: 'bad', detail: `${detail}; at least 384 MiB is needed` };
}

/** Undefined: the limit is not known here. */
export function judgeOpenFiles(limit: number | undefined): Judgement {
  if (limit === undefined) return { verdict: 'warning', detail: 'the limit cannot be read here' };
  const detail = limit === Number.POSITIVE_INFINITY ? 'no limit' : `at most ${limit}`;
  if (limit >= 4096) return { verdict: 'ok', detail };
  const advice = 'raise it with `ulimit -n 65536`, every client connection is one';
  return { verdict: limit >= 512 ? 'warning' : 'bad', detail: `${detail}; ${advice}` };
}

export interface ClockSample {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

const driftMsMax = 50;

/** Two samples some time apart. Expiry and logs use the wall clock; correctness never does. */
export function judgeClock(before: ClockSample, after: ClockSample): Judgement {
  const elapsedMs = after.monotonicMs - before.monotonicMs;
  const driftMs = after.wallMs - before.wallMs - elapsedMs;
  const year = new Date(after.wallMs).getUTCFullYear();
  if (year < 2024 || year > 2100) {
    return { verdict: 'bad', detail: `the year is ${year}; set the clock` };
  }
  const drift = `${driftMs.toFixed(1)} ms drift in ${elapsedMs.toFixed(0)} ms`;
  const detail = `${new Date(after.wallMs).toISOString()}, ${drift}`;
  if (Math.abs(driftMs) <= driftMsMax) return { verdict: 'ok', detail };
  return { verdict: 'warning', detail: `${detail}; the clock is being stepped` };
}

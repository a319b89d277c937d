/** `kvorum doctor`: measures this machine and says whether a node will be well on it. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { addressAllowed, parseAddress } from './address.js';
import type { Context, Invocation } from './command.js';
import { UsageError } from './command-errors.js';
import { measureDiskSpeed } from './disk-speed.js';
import {
  type ClockSample,
  type Finding,
  judgeClock,
  judgeDisk,
  judgeFileSystem,
  judgeMemory,
  judgeNodeVersion,
  judgeOpenFiles,
  judgeSpace,
} from './doctor-checks.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import type { Flags } from './flags.js';
import { openFileLimit } from './open-files.js';
import { portProblem } from './ports.js';

const syncsMax = 400;
const durationMsMax = 3000;

export async function run({ flags }: Invocation, { stdout }: Context): Promise<ExitCode> {
  const dir = resolve(flags.text('dir') ?? '.');
  const addresses = {
    'http port': addressOf(flags, 'http', '127.0.0.1:8401'),
    'peer port': addressOf(flags, 'peer', '127.0.0.1:9401'),
  };
  const before = sampleClock();
  const findings: Finding[] = [
    { name: 'node', ...judgeNodeVersion(process.versions.node) },
    ...(await examineFolder(dir)),
    { name: 'memory', ...judgeMemory(memory()) },
    { name: 'open files', ...judgeOpenFiles(await openFileLimit()) },
  ];
  for (const [name, address] of Object.entries(addresses)) {
    const problem = await portProblem(address);
    const detail = problem ?? `${address.host}:${address.port} is free`;
    findings.push({ name, verdict: problem ? 'bad' : 'ok', detail });
  }
  if (addresses['http port'].port === addresses['peer port'].port) {
    const detail = '--http and --peer have the same port; each needs its own';
    findings.push({ name: 'ports', verdict: 'bad', detail });
  }
  findings.push({ name: 'clock', ...judgeClock(before, sampleClock()) });
  const isFit = findings.every(({ verdict }) => verdict !== 'bad');
  stdout.write(flags.has('json') ? asJson(isFit, findings) : asText(isFit, findings, dir));
  return isFit ? exitCodes.ok : exitCodes.failed;
}

function addressOf(flags: Flags, name: string, otherwise: string) {
  const text = flags.text(name) ?? otherwise;
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new UsageError(`--${name} is "${text}"; it must be ${addressAllowed}.`);
}

/** A folder that does not exist yet is judged by the nearest one above that does. */
async function examineFolder(wanted: string): Promise<Finding[]> {
  let dir = wanted;
  while (!existsSync(dir) && dirname(dir) !== dir) dir = dirname(dir);
  try {
    const { bavail, bsize, type } = await statfs(dir);
    const speed = await measureDiskSpeed(dir, { syncsMax, durationMsMax });
    return [
      { name: 'file system', ...judgeFileSystem(type) },
      { name: 'disk space', ...judgeSpace(bavail * bsize) },
      { name: 'fsync', ...judgeDisk(speed) },
    ];
  } catch (error) {
    const detail = `cannot be written: ${error instanceof Error ? error.message : error}`;
    return [{ name: 'data folder', verdict: 'bad', detail }];
  }
}

function memory() {
  const limit = process.constrainedMemory();
  const totalBytes = totalmem();
  return { totalBytes, limitBytes: limit > 0 && limit < totalBytes ? limit : undefined };
}

/** Node raises its own soft limit to the hard one, so what counts is what this process has. */
function sampleClock(): ClockSample {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

function asText(isFit: boolean, findings: readonly Finding[], dir: string): string {
  const marks = { ok: 'ok  ', warning: 'warn', bad: 'BAD ' };
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(
    ({ name, verdict, detail }) => `${marks[verdict]}  ${name.padEnd(width)}  ${detail}\n`,
  );
  const conclusion = isFit ? 'This machine can run a node' : 'This machine is not fit for a node';
  return `${lines.join('')}\n${conclusion} with its data in ${dir}.\n`;
}

function asJson(isFit: boolean, findings: readonly Finding[]): string {
  return `${JSON.stringify({ fit: isFit, findings })}\n`;
}

/**
 * Faults of the disk under a running node, without root and without touching its code.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { NodeProcess } from './node-process.js';

export interface FaultTool {
  /** Undefined when the tool works here; else why it does not. */
  readonly missing: string | undefined;
}

/** A limit on file sizes makes every write beyond it fail (EFBIG), like a full disk. */
export function fileSizeLimit(): FaultTool {
  const found = spawnSync('prlimit', ['--version']);
  return { missing: found.error === undefined ? undefined : 'prlimit is not installed' };
}

/** From now on no write of the node beyond `bytes` of a file succeeds. */
export function limitFileSize(node: NodeProcess, bytes: number): void {
  const result = spawnSync('prlimit', [`--pid=${node.pid}`, `--fsize=${bytes}`]);
  if (result.status !== 0) throw new Error(`prlimit: ${result.stderr}`);
}

/** strace can make system calls of another process fail, where it may attach to it. */
export function systemCallFaults(): FaultTool {
  const probe = spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'trace=fsync', 'true']);
  if (probe.error !== undefined) return { missing: 'strace is not installed' };
  if (probe.status !== 0) return { missing: 'strace may not trace processes here' };
  return { missing: undefined };
}

/** Synchronous writes too: a log may be opened with O_DSYNC and then needs no sync call. */
const durableCalls = 'fsync,fdatasync,pwrite64,pwritev,pwritev2';

export interface Injection {
  /** Ends when the node ends or `stop` is called. */
  stop(): Promise<void>;
}

/** From the time the promise resolves every sync and positioned write of the node gives EIO. */
export async function failSyncs(node: NodeProcess): Promise<Injection> {
  const inject = `inject=${durableCalls}:error=EIO`;
  const strace = spawn(
    'strace',
    ['-f', '-o', '/dev/null', '-e', `trace=${durableCalls}`, '-e', inject, '-p', `${node.pid}`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => strace.on('close', () => resolve()));
  let told = '';
  await new Promise<void>((resolve, reject) => {
    strace.on('error', reject);
    strace.stderr.setEncoding('utf8');
    strace.stderr.on('data', (text: string) => {
      told += text;
      if (/attached/.test(told)) resolve();
    });
    void ended.then(() => reject(new Error(`strace did not attach: ${told}`)));
  });
  return {
    async stop() {
      strace.kill('SIGTERM');
      await ended;
    },
  };
}

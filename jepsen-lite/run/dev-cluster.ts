/** A cluster of real processes for the time of a run, started as a developer starts one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { HarnessError } from './harness-error.js';

const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'kvorum.js');
const readyMsMax = 60_000;
const outputShown = 2_000;

export interface DevCluster {
  readonly endpoints: readonly string[];
  stop(): Promise<void>;
}

export async function startDevCluster(options: {
  readonly nodes: number;
  readonly shards: number;
  readonly dir: string;
}): Promise<DevCluster> {
  const { nodes, shards, dir } = options;
  const [http, peer] = await freeRanges(nodes);
  const flags = ['--nodes', nodes, '--shards', shards, '--port', http, '--peer-port', peer];
  const args = [launcher, 'dev', '--dir', dir, ...flags.map(String)];
  // In a group of its own: Ctrl-C ends the clients first, and the cluster when they are done.
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const ended = once(child, 'exit');
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-outputShown);
        if (output.includes('Ready.')) resolve();
      });
    }
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    await ended;
  };
  const patience = new AbortController();
  const late = new Promise<'late'>((resolve) => {
    const timer = setTimeout(() => resolve('late'), readyMsMax);
    patience.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const first = await Promise.race([ready.then(() => 'ready' as const), late, ended]);
  patience.abort();
  if (first !== 'ready') {
    await stop();
    throw new HarnessError(`the cluster did not become ready:\n${output}`);
  }
  const endpoints = Array.from({ length: nodes }, (_, i) => `http://127.0.0.1:${http + i}`);
  return { endpoints, stop };
}

/** The first ports of two ranges that are free now. */
async function freeRanges(count: number): Promise<[number, number]> {
  for (;;) {
    const [base = 0] = await listenOn([0]);
    const http = Math.min(base, 65_535 - 2 * count);
    const ports = Array.from({ length: 2 * count }, (_, i) => http + i);
    const free = await listenOn(ports).catch(() => undefined);
    if (free !== undefined) return [http, http + count];
  }
}

/** Listens on all and closes them again. */
async function listenOn(ports: readonly number[]): Promise<number[]> {
  const servers = ports.map(() => createServer());
  try {
    await Promise.all(
      servers.map((server, i) => once(server.listen(ports[i], '127.0.0.1'), 'listening')),
    );
    return servers.map((server) => (server.address() as AddressInfo).port);
  } finally {
    await Promise.all(
      servers.filter((server) => server.listening).map((server) => once(server.close(), 'close')),
    );
  }
}

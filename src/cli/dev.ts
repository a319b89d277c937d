/**
 * `kvorum dev`: a cluster on this machine, real processes with real fsync. It starts the nodes,
 * says when they are ready, reports the death of one, and stops all on Ctrl-C. It restarts
 * nothing by itself: whoever kills a node wants to see what that does.
 */
import { join, relative } from 'node:path';
import { replicasOn } from '../kv/cluster-configuration.js';
import { formatAddress } from './address.js';
import type { Context, Invocation } from './command.js';
import { CommandError } from './command-errors.js';
import { DevFolder, type DevNode } from './dev-folder.js';
import { DevProcess, type Exit } from './dev-process.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { request } from './http-request.js';
import { portProblem } from './ports.js';
import { StopSignals } from './stop-signals.js';
import { formatTable } from './table.js';

export type NodeCommand = readonly [program: string, ...args: string[]];

const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'kvorum.js');
const readyPollMs = 100;
const readyRequestTimeoutMs = 1000;
/** A cluster that takes longer gets an explanation, not a sentence. */
const readyPatienceMs = 20_000;

export async function run(invocation: Invocation, context: Context): Promise<ExitCode> {
  return runDev([process.execPath, launcher], invocation, context);
}

export async function runDev(
  command: NodeCommand,
  { flags }: Invocation,
  { stdout, stderr }: Context,
): Promise<ExitCode> {
  const replicas = flags.oneOf('replicas', ['1', '3', '5']);
  const shownDir = flags.text('dir') ?? '.kvorum';
  const folder = new DevFolder({
    dir: shownDir,
    nodes: flags.integer('nodes', { min: 1, max: 100 }),
    shards: flags.integer('shards', { min: 1, max: 1024 }),
    replicas: replicas && (Number(replicas) as 1 | 3 | 5),
    port: flags.integer('port', { min: 1, max: 65_535 }),
    peerPort: flags.integer('peer-port', { min: 1, max: 65_535 }),
  });
  // From before the first word on: whoever reads "Starting" may stop it.
  const stop = new StopSignals();
  try {
    await refuseTakenPorts(folder.nodes);
    const { nodes, shards } = folder.cluster;
    const replicas = replicasOn(nodes, folder.cluster.replicas);
    const verb = folder.resumed ? 'Resuming' : 'Starting';
    const what = [count(nodes, 'node'), count(shards, 'shard'), count(replicas, 'replica')];
    stdout.write(`${verb} ${what.join(', ')} in ${shownDir}\n`);
    const processes = folder.nodes.map((node) => new DevProcess(node, command));
    return await watch(processes, { stdout, stderr, shownDir, stop });
  } finally {
    stop.close();
    folder.close();
  }
}

async function refuseTakenPorts(nodes: readonly DevNode[]): Promise<void> {
  const addresses = nodes.flatMap(({ http, peer }) => [http, peer]);
  const problems = (await Promise.all(addresses.map(portProblem))).filter(
    (problem) => problem !== undefined,
  );
  if (problems.length === 0) return;
  throw new CommandError(
    `Ports are not free:\n${problems.map((problem) => `  ${problem}`).join('\n')}\n` +
      'Stop what uses them, or choose others with --port and --peer-port.',
    exitCodes.failed,
  );
}

interface Surroundings extends Pick<Context, 'stdout' | 'stderr'> {
  readonly shownDir: string;
  readonly stop: StopSignals;
}

/** From the start of the processes to the end of the last one. */
async function watch(processes: readonly DevProcess[], around: Surroundings): Promise<ExitCode> {
  const { stdout, stderr, shownDir, stop } = around;
  for (const process of processes) {
    process.ended.then((exit) => {
      if (!stop.requested) stderr.write(describeDeath(process, exit));
    });
  }
  const allEnded = Promise.all(processes.map((process) => process.ended));
  await Promise.race([announce(processes, around), allEnded, stop.first]);
  await Promise.race([allEnded, stop.first]);
  if (!stop.requested) {
    stderr.write(`All nodes have ended. Their logs are in ${shownDir}.\n`);
    return exitCodes.failed;
  }
  stdout.write(`Stopping ${count(processes.length, 'node')} (Ctrl-C again: by force)\n`);
  stop.second.then(() => {
    for (const process of processes) process.kill();
  });
  const clean = await Promise.all(processes.map((process) => process.stop()));
  const how = clean.every(Boolean) ? 'Stopped' : 'Stopped, some by force';
  stdout.write(`${how}. The data is in ${shownDir}; the same command resumes it.\n`);
  return exitCodes.ok;
}

/** Waits until every node that lives is ready, then shows what to do with the cluster. */
async function announce(
  processes: readonly DevProcess[],
  { stdout, stderr, shownDir, stop }: Surroundings,
): Promise<void> {
  const patienceEnds = performance.now() + readyPatienceMs;
  let explained = false;
  for (;;) {
    const alive = processes.filter((process) => process.exit === undefined);
    const states = await Promise.all(alive.map(({ node }) => readiness(node)));
    if (stop.requested || alive.length === 0) return;
    const waiting = states.filter((state) => state !== undefined);
    if (waiting.length === 0) {
      stdout.write(describeCluster(alive, shownDir));
      return;
    }
    if (!explained && performance.now() > patienceEnds) {
      explained = true;
      stderr.write(`Still waiting. Logs are in ${shownDir}.\n  ${waiting.join('\n  ')}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, readyPollMs));
  }
}

/** Undefined when the node is ready; else what it waits for. */
async function readiness({ id, http }: DevNode): Promise<string | undefined> {
  try {
    const answer = await request({
      url: `http://${formatAddress(http)}`,
      method: 'GET',
      path: '/readyz',
      timeoutMs: readyRequestTimeoutMs,
    });
    if (answer.status === 200) return undefined;
    return `node ${id}: ${answer.body.toString('utf8', 0, 500)}`;
  } catch (error) {
    return `node ${id}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function describeCluster(processes: readonly DevProcess[], shownDir: string): string {
  const rows = processes.map(({ node, pid }) => [
    node.id,
    `http://${formatAddress(node.http)}`,
    formatAddress(node.peer),
    pid ?? '',
    join(shownDir, `node-${node.id}`),
  ]);
  const url = (i: number) => rows[i % rows.length]?.[1];
  return `
${formatTable(['node', 'http', 'peer', 'pid', 'folder'], rows)}
Ready. Any node takes any request:

  curl -X PUT -H 'Content-Type: text/plain' -d 'hello' ${url(0)}/v1/kv/greeting
  curl -i ${url(1)}/v1/kv/greeting
  curl -i -X PUT -H 'If-None-Match: *' -d 'again' ${url(2)}/v1/kv/greeting
  curl '${url(1)}/v1/kv/greeting?consistency=stale'
  curl ${url(0)}/admin/v1/shards

Ctrl-C stops all nodes; the same command resumes the data.
`;
}

function describeDeath(process: DevProcess, { code, signal }: Exit): string {
  const { node, pid } = process;
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
  const again = `${shorten(launcher)} start --config ${shorten(node.configFile)}`;
  const tail = process.logTail().map((line) => `  | ${line}\n`);
  return `
Node ${node.id} (pid ${pid ?? 'none'}) ${how}. The end of ${shorten(node.logFile)}:
${tail.join('')}To start it again by hand: ${again}
`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function shorten(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below;
}

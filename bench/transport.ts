/**
 * Frames and requests per second between two transports in two threads, over loopback.
 *
 *     node build/bench/transport.js [seconds]
 *
 * Requests: 256-byte bodies, 100-byte answers, 256 in flight. Messages: one frame per event-loop
 * pass with one append of eight 256-byte entries, answered by an append response.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { realClock } from '../src/raft/clock.js';
import type { AppendMessage, Message } from '../src/raft/core/types.js';
import { SocketTransport } from '../src/raft/transport/socket-transport.js';
import type { TransportHandler } from '../src/raft/transport/types.js';

const inFlight = 256;
const requestBody = Buffer.alloc(256, 'r');
const answerBody = Buffer.alloc(100, 'a');
const nowhere = '127.0.0.1:1';

if (isMainThread) await main();
else await serve();

async function main(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 4);
  const worker = new Worker(new URL(import.meta.url), { workerData: 'serve' });
  const transport = makeTransport(1);
  let responses = 0;
  await transport.open({
    onMessages: (_from, messages) => {
      responses += messages.length;
    },
    onRequest: async () => answerBody,
    onUnreachable: () => undefined,
  });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  worker.postMessage(transport.port);
  transport.setPeerAddress({ node: 2, address: `127.0.0.1:${port}` });
  while (!transport.peers().every((peer) => peer.connected)) await pause(10);
  await measureRequests(transport, 1);
  console.log(`requests/s: ${Math.round(await measureRequests(transport, seconds))}`);
  const framesPerSecond = await measureAppends(transport, seconds, () => responses);
  console.log(`append frames/s, each answered: ${Math.round(framesPerSecond)}`);
  const [status] = transport.peers();
  console.log(`dropped ${status?.droppedMessages}, round trip ${status?.roundTripMs} ms`);
  await transport.close();
  await worker.terminate();
}

async function measureRequests(transport: SocketTransport, seconds: number): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  let done = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await transport.request(2, requestBody, { timeoutMs: 5_000 });
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return (done * 1_000) / (performance.now() - startMs);
}

/** At most 64 appends ahead of their responses, like a leader's window. */
async function measureAppends(
  transport: SocketTransport,
  seconds: number,
  responses: () => number,
): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  let sent = 0;
  while (performance.now() < endMs) {
    for (let burst = 0; burst < 8 && sent - responses() < 64; burst++) {
      transport.send(2, [{ group: 1, message: append(sent++) }]);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (responses() < sent) await pause(1);
  return (sent * 1_000) / (performance.now() - startMs);
}

function append(number: number): AppendMessage {
  const previousIndex = number * 8;
  const entries = Array.from({ length: 8 }, (_, at) => ({
    index: previousIndex + 1 + at,
    term: 3,
    kind: 1 as const,
    data: requestBody,
  }));
  const commit = previousIndex;
  return {
    type: 'append',
    from: 1,
    to: 2,
    term: 3,
    previousIndex,
    previousTerm: 3,
    commit,
    entries,
  };
}

async function serve(): Promise<void> {
  const port = parentPort;
  if (port === null || workerData !== 'serve') return;
  const transport = makeTransport(2);
  const handler: TransportHandler = {
    onMessages: (from, messages) => {
      transport.send(
        from,
        messages.map(({ group, message }) => ({ group, message: response(message) })),
      );
    },
    onRequest: async () => answerBody,
    onUnreachable: () => undefined,
  };
  await transport.open(handler);
  port.on('message', (peerPort: number) => {
    transport.setPeerAddress({ node: 1, address: `127.0.0.1:${peerPort}` });
  });
  port.postMessage(transport.port);
}

function response(message: Message): Message {
  const index = message.type === 'append' ? message.previousIndex + message.entries.length : 0;
  const ends = { from: message.to, to: message.from, term: message.term };
  return {
    type: 'append-response',
    ...ends,
    rejected: false,
    index,
    hintIndex: 0,
    hintTerm: 0,
    wantsSnapshot: false,
  };
}

function makeTransport(node: number): SocketTransport {
  const quiet = () => undefined;
  return new SocketTransport({
    node,
    storeId: `store-${node}`,
    clusterId: 'bench',
    configurationDigest: 'digest',
    secret: 'a secret for the benchmark only',
    listen: { host: '127.0.0.1', port: 0 },
    peers: [{ node: 3 - node, address: nowhere }],
    httpAddress: '127.0.0.1:1',
    version: '0.0.0',
    clock: realClock,
    random: Math.random,
    logger: { debug: quiet, info: quiet, warn: quiet, error: console.error },
    identities: { known: () => undefined, remember: async () => undefined },
  });
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/**
 * Clients that behave badly: many, slow, large, all at one key. They need nothing but HTTP, so any
 * cluster can be met. Those that write use keys of their own and remove them.
 */
import { connect, type Socket } from 'node:net';
import type { RandomStream } from '../workloads/random-stream.js';
import type { Fault, RemoteFaultKind } from './fault.js';
import { becomes } from './patience.js';
import { Traffic, type WriteLoad } from './traffic.js';

const lane = 'nodes';
const seenMsMax = 5_000;
const stormConnections = 300;
const slowConnections = 20;
const stormEveryMs = 20;
const dripMs = 100;
const pipelined = 50;

/** Connections of bad clients, ended with the fault. */
class Crowd {
  readonly #sockets = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;
  opened = 0;

  open(endpoint: string): Socket {
    const { hostname, port, protocol } = new URL(endpoint);
    const usual = protocol === 'https:' ? 443 : 80;
    const socket = connect(port === '' ? usual : Number(port), hostname);
    this.#sockets.add(socket);
    socket.on('connect', () => {
      this.opened += 1;
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }

  get sockets(): readonly Socket[] {
    return [...this.#sockets];
  }

  every(periodMs: number, act: () => void): void {
    this.#timer = setInterval(act, periodMs);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Opened in bursts and dropped without a word. */
function storm(endpoints: readonly string[], random: RandomStream): Fault {
  const crowd = new Crowd();
  return {
    name: 'connections',
    async start() {
      crowd.every(stormEveryMs, () => {
        for (let i = 0; i < 10; i += 1) crowd.open(random.pick(endpoints));
        for (const socket of crowd.sockets.slice(0, -stormConnections)) socket.destroy();
      });
      return `${stormConnections} idle connections at a time, ever new ones`;
    },
    probe: () => becomes(() => crowd.opened >= stormConnections, seenMsMax),
    async stop() {
      crowd.close();
      return `${crowd.opened} connections were opened`;
    },
  };
}

/** A request that never ends, a byte at a time. */
function slowWriters(endpoints: readonly string[]): Fault {
  const crowd = new Crowd();
  let dripped = 0;
  return {
    name: 'slow-writers',
    async start() {
      for (let i = 0; i < slowConnections; i += 1) {
        const endpoint = endpoints[i % endpoints.length] ?? '';
        crowd.open(endpoint).write(`GET / HTTP/1.1\r\nHost: ${new URL(endpoint).host}\r\nX-Slow: `);
      }
      crowd.every(dripMs, () => {
        for (const socket of crowd.sockets) if (socket.write('x')) dripped += 1;
      });
      return `${slowConnections} clients send their requests a byte at a time`;
    },
    probe: () => becomes(() => dripped > slowConnections, seenMsMax),
    async stop() {
      crowd.close();
      return `${dripped} bytes were sent`;
    },
  };
}

/** Many requests and nobody who reads the answers. */
function slowReaders(endpoints: readonly string[]): Fault {
  const crowd = new Crowd();
  return {
    name: 'slow-readers',
    async start() {
      for (let i = 0; i < slowConnections; i += 1) {
        const endpoint = endpoints[i % endpoints.length] ?? '';
        const request = `GET /metrics HTTP/1.1\r\nHost: ${new URL(endpoint).host}\r\n\r\n`;
        crowd.open(endpoint).pause().write(request.repeat(pipelined));
      }
      return `${slowConnections} clients ask ${pipelined} times each and do not read`;
    },
    probe: () => becomes(() => crowd.opened > 0, seenMsMax),
    async stop() {
      crowd.close();
      return 'they have gone';
    },
  };
}

const writing =
  (name: string, words: string, load: WriteLoad): RemoteFaultKind['draw'] =>
  (endpoints) => {
    const traffic = new Traffic(endpoints);
    return {
      name,
      async start() {
        traffic.write(load);
        return words;
      },
      probe: () => becomes(() => traffic.answered > 0, seenMsMax),
      async stop() {
        await traffic.end();
        return `${traffic.answered} writes were answered`;
      },
    };
  };

export const loadFaults: readonly RemoteFaultKind[] = [
  {
    name: 'connections',
    lane,
    needs: 'http',
    does: 'opens hundreds of connections and drops them',
    draw: storm,
  },
  {
    name: 'slow-writers',
    lane,
    needs: 'http',
    does: 'sends requests a byte at a time',
    draw: slowWriters,
  },
  {
    name: 'slow-readers',
    lane,
    needs: 'http',
    does: 'asks much and does not read the answers',
    draw: slowReaders,
  },
  {
    name: 'large-values',
    lane,
    needs: 'kvorum',
    does: 'writes values of 512 KiB',
    draw: writing('large-values', 'values of 512 KiB are written', {
      writers: 2,
      keys: 8,
      valueBytes: 512 * 1024,
      pauseMs: 100,
    }),
  },
  {
    name: 'hot-key',
    lane,
    needs: 'kvorum',
    does: 'lets many clients write to one key',
    draw: writing('hot-key', '32 clients write to one key', {
      writers: 32,
      keys: 1,
      valueBytes: 100,
      pauseMs: 5,
    }),
  },
];

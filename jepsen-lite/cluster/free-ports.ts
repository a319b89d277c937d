/**
 * Ports that are free now, all different, and below those that systems give to connections: a node
 * that is down for a while must find its port free when it comes back, however many connections
 * were made meanwhile. A node cannot be told port 0, because its peers must know where it is.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const lowest = 10_000;
/** Linux gives connections the ports from here on, others later ones. */
const end = 32_768;

export async function freePorts(count: number): Promise<number[]> {
  // All are held until the last is found, so that the same port is not found twice.
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = randomInt(lowest, end);
    const server = await listen(port);
    if (server !== undefined) held.set(port, server);
  }
  await Promise.all([...held.values()].map((server) => once(server.close(), 'close')));
  return [...held.keys()];
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch {
    // Somebody else has it.
    return undefined;
  }
}

/** A server before a whole cluster in memory, and requests with JSON. */
import { ClusterWorld } from '../kv/balance/cluster-world.js';
import { startServer, type TestAnswer, type TestServer } from './harness.js';

type Test = Parameters<typeof startServer>[0];

export interface ClusterServer {
  readonly server: TestServer;
  readonly world: ClusterWorld;
  ask(method: string, path: string, body?: unknown, headers?: Headers): Promise<TestAnswer>;
}

type Headers = Readonly<Record<string, string>>;

export async function startCluster(t: Test, world = new ClusterWorld()): Promise<ClusterServer> {
  const server = await startServer(t, { cluster: world.service });
  return {
    server,
    world,
    ask: (method, path, body, headers = {}) => {
      if (body === undefined) return server.request(method, `/admin/v1${path}`, { headers });
      const json = { 'content-type': 'application/json', ...headers };
      const text = JSON.stringify(body);
      return server.request(method, `/admin/v1${path}`, { headers: json, body: text });
    },
  };
}

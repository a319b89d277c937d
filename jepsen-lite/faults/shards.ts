/** What Kvorum's admin routes tell of shards, and what can be asked of them. */
import { request } from 'undici';
import { z } from 'zod';
import { NotNow } from './fault.js';

const askMs = 1_000;
const changeMs = 4_000;

const member = z.object({ node: z.number(), role: z.string() });
const shardView = z.object({
  shard: z.number(),
  leader: z.number().nullable(),
  replica: z.object({ role: z.string(), term: z.number() }).nullable(),
  members: z.array(member),
  epoch: z.object({ members: z.number() }),
});
export type ShardView = z.infer<typeof shardView>;
const shardList = z.object({ shards: z.array(z.object({ shard: z.number() })) });
const nodeList = z.object({ nodes: z.array(z.object({ node: z.number() })) });

/** As the leader itself sees it; undefined when nobody says that it leads. */
export async function leaderView(
  endpoints: readonly string[],
  shard: number,
): Promise<ShardView | undefined> {
  const views = await Promise.all(
    endpoints.map((endpoint) => ask(`${endpoint}/admin/v1/shards/${shard}`, shardView)),
  );
  return views
    .filter((view) => view?.replica?.role === 'leader')
    .sort((a, b) => (b?.replica?.term ?? 0) - (a?.replica?.term ?? 0))[0];
}

export async function shardNumbers(endpoints: readonly string[]): Promise<readonly number[]> {
  const list = await first(endpoints, '/admin/v1/shards', shardList);
  return list.shards.map(({ shard }) => shard);
}

export async function nodeNumbers(endpoints: readonly string[]): Promise<readonly number[]> {
  const list = await first(endpoints, '/admin/v1/nodes', nodeList);
  return list.nodes.map(({ node }) => node);
}

/** The status of the first answer of any node; what it does is told by a later view. */
export async function command(
  endpoints: readonly string[],
  path: string,
  body: object,
): Promise<{ readonly status: number; readonly text: string }> {
  let last = 'no endpoint';
  for (const endpoint of endpoints) {
    try {
      const { statusCode, body: answer } = await request(endpoint + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'kvorum-timeout': `${changeMs}ms` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(changeMs + askMs),
      });
      const text = await answer.text();
      if (statusCode < 500) return { status: statusCode, text };
      last = `${statusCode} ${text}`;
    } catch (error) {
      // That node is down or in trouble; another may do.
      last = String(error);
    }
  }
  throw new NotNow(`nobody carried out ${path}: ${last}`);
}

async function first<T>(
  endpoints: readonly string[],
  path: string,
  shape: z.ZodType<T>,
): Promise<T> {
  for (const endpoint of endpoints) {
    const found = await ask(endpoint + path, shape);
    if (found !== undefined) return found;
  }
  throw new NotNow(`nobody answers ${path}`);
}

async function ask<T>(url: string, shape: z.ZodType<T>): Promise<T | undefined> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(askMs) });
    const text = await body.text();
    return statusCode === 200 ? shape.parse(JSON.parse(text)) : undefined;
  } catch {
    // A node that is down or in trouble says nothing.
    return undefined;
  }
}

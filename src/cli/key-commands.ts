/** `kvorum get`, `put` and `delete`: one key, raw bytes in and out. */
import { readFile, stat } from 'node:fs/promises';
import {
  ask,
  type ClusterAnswer,
  type ClusterRequest,
  clusterOf,
  describeProblem,
  exitCodeOf,
  jsonOf,
} from './cluster-request.js';
import type { Context, Input, Invocation } from './command.js';
import { CommandError, UsageError } from './command-errors.js';
import { parseDurationMs } from './duration.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import type { Flags } from './flags.js';

const keyBytesMax = 1024;
/** Above every limit a server can be given; what does not fit here fits nowhere. */
const valueBytesMax = 64 * 1024 ** 2;

export async function get(invocation: Invocation, context: Context): Promise<ExitCode> {
  const query = new URLSearchParams();
  const { flags } = invocation;
  const consistency = flags.oneOf('consistency', ['linearizable', 'stale']);
  if (consistency) query.set('consistency', consistency);
  const staleness = flags.text('max-staleness');
  if (staleness !== undefined) {
    if (parseDurationMs(staleness) === undefined) {
      throw new UsageError(`--max-staleness is "${staleness}"; it must be a duration such as 2s.`);
    }
    if (consistency !== 'stale') throw new UsageError('--max-staleness needs --consistency stale.');
    query.set('max_staleness', staleness);
  }
  const path = `${keyPath(invocation)}${query.size > 0 ? `?${query}` : ''}`;
  const answer = await ask(clusterOf(invocation, context.env), { method: 'GET', path });
  if (answer.status !== 200) {
    const exitCode = refuse(invocation, context, answer);
    // A read leaves nothing behind whose fate could be unknown.
    return exitCode === exitCodes.unknown ? exitCodes.notApplied : exitCode;
  }
  if (flags.has('json')) {
    writeJson(context, { ...factsOf(invocation, answer), ...contentOf(answer) });
  } else {
    context.stdout.write(answer.body);
    if (context.stdout.isTTY && answer.body.at(-1) !== 0x0a) context.stdout.write('\n');
  }
  return exitCodes.ok;
}

export async function put(invocation: Invocation, context: Context): Promise<ExitCode> {
  const path = keyPath(invocation);
  const { body, contentType } = await readValue(invocation, context.stdin);
  const headers = { ...conditionsOf(invocation.flags), 'Content-Type': contentType };
  return write(invocation, context, { method: 'PUT', path, body, headers });
}

export async function remove(invocation: Invocation, context: Context): Promise<ExitCode> {
  const path = keyPath(invocation);
  return write(invocation, context, {
    method: 'DELETE',
    path,
    headers: conditionsOf(invocation.flags),
  });
}

async function write(
  invocation: Invocation,
  context: Context,
  wanted: ClusterRequest,
): Promise<ExitCode> {
  const answer = await ask(clusterOf(invocation, context.env), wanted);
  if (answer.status !== 200 && answer.status !== 201) return refuse(invocation, context, answer);
  const result = jsonOf(answer);
  if (invocation.flags.has('json')) {
    writeJson(context, { ...factsOf(invocation, answer), ...result });
    return exitCodes.ok;
  }
  const created = result['created'] === true ? 'created' : 'replaced';
  const deleted = result['deleted'] === true ? 'deleted' : 'was not there';
  const what = wanted.method === 'PUT' ? created : deleted;
  context.stdout.write(`${what}, revision ${result['revision'] ?? 'unknown'}\n`);
  return exitCodes.ok;
}

function refuse(invocation: Invocation, context: Context, answer: ClusterAnswer): ExitCode {
  const exitCode = exitCodeOf(answer);
  if (invocation.flags.has('json')) {
    const problem = { status: answer.status, ...jsonOf(answer) };
    writeJson(context, { ...factsOf(invocation, answer), problem });
  } else {
    context.stderr.write(`${answer.url}: ${describeProblem(answer)}\n`);
  }
  return exitCode;
}

/** Every byte but the plainest percent-encoded; slashes stay, for people who read logs. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');
}

function keyPath({ operands }: Invocation): string {
  const [key = ''] = operands;
  const length = Buffer.byteLength(key);
  if (length >= 1 && length <= keyBytesMax) return `/v1/kv/${encodeKey(key)}`;
  throw new UsageError(`The key has ${length} bytes; it must have 1 to ${keyBytesMax}.`);
}

function conditionsOf(flags: Flags): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [flag, header] of [
    ['if-match', 'If-Match'],
    ['if-none-match', 'If-None-Match'],
  ] as const) {
    const text = flags.text(flag);
    if (text === undefined) continue;
    const revision = /^"?(\d{1,16})"?$/.exec(text)?.[1];
    if (revision === undefined && text !== '*') {
      throw new UsageError(`--${flag} is "${text}"; it must be a revision or "*".`);
    }
    headers[header] = revision === undefined ? '*' : `"${revision}"`;
  }
  return headers;
}

interface Value {
  readonly body: Uint8Array;
  readonly contentType: string;
}

async function readValue({ flags, operands }: Invocation, stdin: Input): Promise<Value> {
  const [, argument] = operands;
  const file = flags.text('file');
  if (argument !== undefined && file !== undefined) {
    throw new UsageError('Give the value once: as VALUE or with --file.');
  }
  const isText = argument !== undefined && argument !== '-';
  const contentType =
    flags.text('content-type') ??
    (isText ? 'text/plain; charset=utf-8' : 'application/octet-stream');
  if (isText) return { body: Buffer.from(argument), contentType };
  if (file !== undefined) return { body: await readWhole(file), contentType };
  if (argument === undefined && stdin.isTTY) {
    throw new UsageError('Give a VALUE, --file FILE, or "-" to type it here (end with Ctrl-D).');
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    length += chunk.length;
    if (length > valueBytesMax) throw tooLong('The input');
  }
  return { body: Buffer.concat(chunks), contentType };
}

async function readWhole(file: string): Promise<Buffer> {
  try {
    if ((await stat(file)).size > valueBytesMax) throw tooLong(file);
    return await readFile(file);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`The value cannot be read: ${why}.`, exitCodes.failed);
  }
}

function tooLong(what: string): CommandError {
  return new CommandError(`${what} has more than ${valueBytesMax} bytes.`, exitCodes.failed);
}

/** Where the answer was decided, from its headers. */
function factsOf({ operands }: Invocation, { url, headers }: ClusterAnswer) {
  const number = (name: string) =>
    typeof headers[name] === 'string' ? Number(headers[name]) : undefined;
  const tag = /^"(\d+)"$/.exec(headers.etag ?? '')?.[1];
  return {
    key: operands[0],
    url,
    node: number('kvorum-node'),
    shard: number('kvorum-shard'),
    revision: tag === undefined ? undefined : Number(tag),
  };
}

function contentOf({ body, headers }: ClusterAnswer) {
  const contentType = headers['content-type'];
  const text = body.toString('utf8');
  const isText = Buffer.from(text).equals(body);
  return {
    content_type: contentType,
    ...(isText ? { value: text } : { value_base64: body.toString('base64') }),
  };
}

function writeJson({ stdout }: Context, value: unknown): void {
  stdout.write(`${JSON.stringify(value)}\n`);
}

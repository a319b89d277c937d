/**
 * What is put: the files under a folder, keyed by their path in it, and a few made keys and values
 * that no ordinary folder has. Paths are bytes here as they are in the file system and in a key.
 */
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

export interface Input {
  readonly key: Buffer;
  readonly bytes: number;
  /** Undefined: none is sent, and none must come back. */
  readonly contentType: string | undefined;
  /** Status of the refusal that the limits of the API ask for; undefined: it must be stored. */
  readonly refusal: 400 | 413 | undefined;
  read(): Promise<Buffer>;
}

const keyBytesMax = 1024;
const valueBytesMax = 1024 * 1024;

const typeOfSuffix: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  cjs: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  json: 'application/json',
  md: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  css: 'text/css',
  svg: 'image/svg+xml',
  node: 'application/octet-stream',
};

/** At most `limit` files, spread evenly over the whole list; symbolic links are not followed. */
export function filesUnder(folder: string, limit = Number.POSITIVE_INFINITY): Input[] {
  const paths: Buffer[] = [];
  collect(Buffer.from(folder), Buffer.alloc(0), paths);
  paths.sort(Buffer.compare);
  const step = Math.max(1, paths.length / limit);
  return Array.from({ length: Math.min(limit, paths.length) }, (_, at) => {
    const key = paths[Math.floor(at * step)] ?? Buffer.alloc(0);
    const path = Buffer.concat([Buffer.from(`${folder}/`), key]);
    const { size } = statSync(path);
    return toInput(key, size, () => readFile(path));
  });
}

/** Keys and values at the edges of what the API takes. */
export function oddInputs(): Input[] {
  const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const keys = [
    '.',
    '..',
    '../up',
    'a//b',
    '/',
    '//',
    '%2F',
    '%',
    'q?a=b#c',
    ' ',
    '\n',
    '\0',
    '{}',
  ];
  const value = (bytes: number) => Buffer.alloc(bytes, allBytes);
  const made: readonly (readonly [key: Buffer, value: Buffer])[] = [
    ...keys.map((key) => [Buffer.from(key), Buffer.from(`value of ${key}`)] as const),
    [allBytes, allBytes],
    [Buffer.from('odd/empty'), value(0)],
    [Buffer.from('odd/largest'), value(valueBytesMax)],
    [Buffer.from('odd/too-large'), value(valueBytesMax + 1)],
    [Buffer.alloc(keyBytesMax, 'longest'), value(1)],
    [Buffer.alloc(keyBytesMax, 0xff), value(2)],
    [Buffer.alloc(keyBytesMax + 1, 'too-long'), value(3)],
  ];
  return made.map(([key, bytes]) => toInput(key, bytes.length, async () => bytes));
}

function collect(folder: Buffer, prefix: Buffer, paths: Buffer[]): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([prefix, entry.name]);
    if (entry.isFile()) paths.push(path);
    if (!entry.isDirectory()) continue;
    const inside = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    collect(inside, Buffer.concat([path, Buffer.from('/')]), paths);
  }
}

function toInput(key: Buffer, bytes: number, read: () => Promise<Buffer>): Input {
  const suffix = /\.([a-z]+)$/.exec(key.toString('latin1'))?.[1] ?? '';
  let refusal: Input['refusal'];
  if (bytes > valueBytesMax) refusal = 413;
  if (key.length > keyBytesMax) refusal = 400;
  return { key, bytes, contentType: typeOfSuffix[suffix], refusal, read };
}

/** For messages. */
export function keyInWords(key: Buffer): string {
  const text = JSON.stringify(key.toString('latin1'));
  return text.length > 120 ? `${text.slice(0, 117)}..."` : text;
}

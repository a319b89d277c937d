/**
 * Small JSON files that must survive a power cut whole: written beside, synced, renamed, and the
 * folder synced; read back with a checksum, so that a damaged file is an error and not another
 * truth. For files of a few kilobytes, written rarely.
 *
 *     {"checksum":"<crc32 of the JSON text of content, 8 hex digits>","content":{...}}
 */
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { crc32 } from 'node:zlib';

export const durableJsonBytesMax = 1024 * 1024;

/** The file is there and is not what was written; `message` says what is wrong with it. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile';
}

/** Resolves when the new content survives a power cut; before that, the old content does. */
export async function writeDurableJson(path: string, content: unknown): Promise<void> {
  const text = JSON.stringify({ checksum: checksumOf(content), content }, undefined, 2);
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** The content, or undefined when there is no such file. Rejects with DamagedFile. */
export async function readDurableJson(path: string): Promise<unknown> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  if (bytes.length > durableJsonBytesMax) {
    throw new DamagedFile(`it has ${bytes.length} bytes, more than ${durableJsonBytesMax}`);
  }
  const envelope = parseEnvelope(bytes.toString('utf8'));
  if (envelope.checksum !== checksumOf(envelope.content)) {
    throw new DamagedFile('its checksum does not match its content');
  }
  return envelope.content;
}

/** Makes renames and new names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Creates a folder and what is missing above it, durably. Not by `mkdir` with `recursive`: that
 * never returns where the parent is there and still answers ENOENT, as in /proc.
 */
export async function createFolder(path: string): Promise<void> {
  const parent = dirname(resolve(path));
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || (await exists(parent))) throw error;
    await createFolder(parent);
    await mkdir(path, { mode: 0o700 });
  }
  await syncFolder(parent);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function parseEnvelope(text: string): { checksum: unknown; content: unknown } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new DamagedFile(text.trim() === '' ? 'it is empty' : 'it is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw new DamagedFile('it holds no object');
  if (!('checksum' in parsed) || !('content' in parsed)) {
    throw new DamagedFile('it lacks checksum or content');
  }
  return { checksum: parsed.checksum, content: parsed.content };
}

function checksumOf(content: unknown): string {
  return crc32(JSON.stringify(content)).toString(16).padStart(8, '0');
}

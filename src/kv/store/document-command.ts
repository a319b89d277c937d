/**
 * The bytes of a command on the documents of the meta group: the header that all commands have,
 * then JSON. JSON because documents are JSON, rare, and read by people; the header decides the
 * version.
 *
 *   { "if": [[name, revision], ...], "put": [[name, value], ...], "remove": [name, ...] }
 */
import { CommandFormatError } from './command-format-error.js';
import type { DocumentsCommand } from './types.js';

/** All of a command's JSON; the meta group's log carries nothing larger. */
export const documentsBytesMax = 4 * 1024 * 1024;

export const documentNameCharactersMax = 100;

const name = /^[a-z0-9][a-z0-9/._-]*$/;

export type DocumentsContent = Pick<DocumentsCommand, 'conditions' | 'puts' | 'removals'>;

export function encodeDocuments({ conditions, puts, removals }: DocumentsContent): Buffer {
  const json = { if: conditions, put: puts, remove: removals };
  return Buffer.from(JSON.stringify(json), 'utf8');
}

export function decodeDocuments(bytes: Buffer): DocumentsContent {
  let json: { if?: unknown; put?: unknown; remove?: unknown } | null;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new CommandFormatError('documents that are not JSON');
  }
  const { if: conditions, put: puts, remove: removals } = json ?? {};
  const valid =
    isPairs(conditions) &&
    conditions.every(([, revision]) => Number.isSafeInteger(revision)) &&
    isPairs(puts) &&
    Array.isArray(removals) &&
    removals.every(isDocumentName);
  if (!valid) throw new CommandFormatError('documents of another form');
  return { conditions: conditions as DocumentsCommand['conditions'], puts, removals };
}

export function isDocumentName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= documentNameCharactersMax && name.test(value);
}

function isPairs(value: unknown): value is [string, unknown][] {
  return (
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && isDocumentName(pair[0]))
  );
}

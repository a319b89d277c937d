/** Reads the documents of the meta group, and tells when they have changed. */
import { documentHash, documentKey, documentName } from './document-place.js';
import { firstId, type KeyRows } from './key-rows.js';
import type { Documents, StoredDocument } from './types.js';

/** Undefined without a whole state. */
export type ReadRows = <T>(read: (rows: KeyRows) => T) => T | undefined;

export class StoredDocuments implements Documents {
  onChange: (names: readonly string[] | undefined) => void = () => {};
  readonly #read: ReadRows;

  constructor(read: ReadRows) {
    this.#read = read;
  }

  all(): readonly StoredDocument[] {
    return this.#read(allDocuments) ?? [];
  }

  get(name: string): StoredDocument | undefined {
    const row = this.#read((rows) => rows.get(documentHash, documentKey(name)));
    return row === undefined ? undefined : document(name, row);
  }
}

function allDocuments(rows: KeyRows): StoredDocument[] {
  const found = rows.between(firstId(documentHash), firstId(documentHash + 1));
  return [...found].map((row) => document(documentName(row.key), row));
}

function document(
  name: string,
  { revision, value }: { readonly revision: number; readonly value: Buffer },
): StoredDocument {
  return { name, revision, value: JSON.parse(value.toString('utf8')) };
}

/**
 * The tables of `state.db`, and the checks that a file really is one of ours before anything in it
 * is believed. The reasons for each column and pragma are in DESIGN.md ("Schema").
 */
import type { Database } from 'better-sqlite3';
import { StoreError } from './store-error.js';

export const databaseFileName = 'state.db';
export const pageBytes = 4096;
/** A WAL frame is a page with a header of its own. */
export const frameBytes = pageBytes + 24;
export const formatVersion = 2;
/** 'Kvrm': what `file` and SQLite call the application id. */
export const applicationId = 0x4b76726d;
/** Serials within one hash: at most this many keys may share a hash tag. */
export const keysPerHashMax = 2 ** 20;
/** One after the last hash. */
export const hashCount = 2 ** 32;
/** One after the last place of a row: the documents of the meta group lie behind all keys. */
export const placeCount = hashCount + 1;

/** A part of the hash space, or the documents' place: never some of both. */
export function isRangeOfPlaces(start: number, end: number): boolean {
  const ofKeys = start >= 0 && start < end && end <= hashCount;
  return ofKeys || (start === hashCount && end === placeCount);
}

/**
 * What the rows in a shard's range are: a state, on the way to one, or on the way out. Part of the
 * data format.
 */
export const Standing = { whole: 0, installing: 1, dropping: 2 } as const;
export type Standing = (typeof Standing)[keyof typeof Standing];

const sqliteVersionMin = 3_051_003;
const autoVacuumIncremental = 2;

const tables = `
  CREATE TABLE meta (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE shards (
    group_id INTEGER PRIMARY KEY NOT NULL,
    range_start INTEGER NOT NULL,
    range_end INTEGER NOT NULL,
    epoch_range INTEGER NOT NULL,
    epoch_members INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    applied_term INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    verify_id INTEGER NOT NULL DEFAULT 0,
    standing INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE kv (
    id INTEGER PRIMARY KEY NOT NULL,
    key BLOB NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
`;

/** What format 2 added; a new file has it from the beginning. */
const fromFormat1 = `
  ALTER TABLE shards ADD COLUMN verify_id INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE shards ADD COLUMN standing INTEGER NOT NULL DEFAULT 0;
  UPDATE meta SET value = '2' WHERE name = 'format';
`;

export interface Identity {
  /** Id of the cluster the state belongs to. */
  readonly cluster: string;
  /** What `hash` gives for `hashProbe`: another hash would look for every key in a wrong place. */
  readonly hashProbe: number;
}

/** The key whose hash is stored at creation and compared at every open. */
export const hashProbe = Buffer.from('{kvorum}probe');

/**
 * Makes `db` the one writing connection of a database that is ours, creating the tables in an
 * empty one. A database that does not belong here is refused before anything in it is changed;
 * nothing is ever repaired or removed.
 */
export function openSchema(
  db: Database,
  at: { file: string; identity: Identity; cacheBytesMax: number },
): void {
  const { file, identity, cacheBytesMax } = at;
  verifyLibrary(db, file);
  const application = db.pragma('application_id', { simple: true });
  const objects = db.prepare('SELECT count(*) FROM sqlite_master').pluck().get();
  const empty = application === 0 && objects === 0;
  if (!empty && application !== applicationId) throw refused(file, foreign);
  const format = empty ? formatVersion : verifyMeta(db, file, identity);
  prepareConnection(db, cacheBytesMax);
  if (empty) durably(db, () => create(db, identity));
  if (format === 1) durably(db, () => db.exec(fromFormat1));
  verifyPragma(db, { file, name: 'page_size', expected: pageBytes });
  verifyPragma(db, { file, name: 'auto_vacuum', expected: autoVacuumIncremental });
  verifyPragma(db, { file, name: 'journal_mode', expected: 'wal' });
}

const foreign = 'it is a database of another application; give the node an empty folder';

function prepareConnection(db: Database, cacheBytesMax: number): void {
  // The first two must be said before the first table exists and are ignored afterwards.
  db.pragma(`page_size = ${pageBytes}`);
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('wal_autocheckpoint = 0');
  db.pragma(`cache_size = ${-Math.floor(cacheBytesMax / 1024)}`);
  db.pragma('temp_store = MEMORY');
  db.pragma('trusted_schema = OFF');
}

/** Runs one transaction that survives a power cut when this returns. Blocks for a sync. */
export function durably(db: Database, change: () => void): void {
  db.pragma('synchronous = FULL');
  try {
    db.exec('BEGIN IMMEDIATE');
    try {
      change();
      db.exec('COMMIT');
    } catch (cause) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw cause;
    }
  } finally {
    db.pragma('synchronous = NORMAL');
  }
}

function create(db: Database, identity: Identity): void {
  db.exec(tables);
  const insert = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
  insert.run('format', String(formatVersion));
  insert.run('cluster', identity.cluster);
  insert.run('hash-probe', String(identity.hashProbe));
  db.pragma(`application_id = ${applicationId}`);
}

/**
 * Before 3.51.3 a checkpoint on one connection that ran while another one restarted the log could
 * lose pages (sqlite.org/wal.html, "The WAL-Reset Bug"): exactly what we do all day.
 */
function verifyLibrary(db: Database, file: string): void {
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get());
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major * 1_000_000 + minor * 1000 + patch >= sqliteVersionMin) return;
  throw refused(file, `SQLite ${version} may corrupt a database in WAL mode; 3.51.3 is needed`);
}

/** Returns the file's format. */
function verifyMeta(db: Database, file: string, identity: Identity): number {
  const read = db.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck();
  const format = Number(read.get('format'));
  if (!Number.isInteger(format) || format < 1) throw refused(file, 'its format is not stated');
  if (format > formatVersion) {
    const versions = `format ${format}, and this version reads up to ${formatVersion}`;
    throw refused(file, `it was written by a newer version (${versions}); start that one again`);
  }
  const cluster = read.get('cluster');
  if (cluster !== identity.cluster) {
    const ids = `"${cluster}", and this node to "${identity.cluster}"`;
    throw refused(file, `its data belong to cluster ${ids}; check the data folder`);
  }
  const probe = read.get('hash-probe');
  if (probe !== String(identity.hashProbe)) {
    throw refused(file, `its keys are placed by another hash (${probe}, ${identity.hashProbe})`);
  }
  return format;
}

function verifyPragma(
  db: Database,
  check: { file: string; name: string; expected: number | string },
): void {
  const found = db.pragma(check.name, { simple: true });
  if (found === check.expected) return;
  throw refused(check.file, `its ${check.name} is ${found} instead of ${check.expected}`);
}

function refused(file: string, reason: string): StoreError {
  return new StoreError({ code: 'format', file, action: 'open', reason });
}

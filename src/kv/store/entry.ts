/** What one committed entry does to one shard, inside the transaction of an apply. */
import { invariant } from '../../raft/core/invariant.js';
import { type Entry, EntryKind } from '../../raft/core/types.js';
import { CommandFormatError, decodeCommand } from './command.js';
import { applyWrite } from './decide.js';
import { applyDocuments } from './documents.js';
import type { KeyRows } from './key-rows.js';
import type { ShardDraft } from './shard-draft.js';
import { StoreError } from './store-error.js';
import type { Command, CommandResult } from './types.js';
import { verifySlice } from './verify.js';

export interface EntryPlace {
  readonly rows: KeyRows;
  readonly hash: (key: Buffer) => number;
  /** Named when the entry cannot be read. */
  readonly file: string;
}

export function applyEntry(
  shard: ShardDraft,
  entry: Entry,
  at: EntryPlace,
): CommandResult | undefined {
  invariant(
    entry.index === shard.applied + 1,
    `group ${shard.group} applies ${shard.applied + 1} next, not ${entry.index}`,
  );
  const result = runEntry(shard, entry, at);
  shard.applied = entry.index;
  shard.appliedTerm = entry.term;
  return result;
}

function runEntry(shard: ShardDraft, entry: Entry, at: EntryPlace): CommandResult | undefined {
  switch (entry.kind) {
    case EntryKind.empty:
      return undefined;
    case EntryKind.configuration:
      shard.membersEpoch += 1;
      return undefined;
    case EntryKind.command:
      return runCommand(shard, decode(shard, entry, at.file), { ...at, index: entry.index });
    default: {
      const why = `kind ${entry.kind} is not known to this version`;
      throw unreadable(shard, entry, { why, file: at.file });
    }
  }
}

function runCommand(
  shard: ShardDraft,
  command: Command,
  at: EntryPlace & { readonly index: number },
): CommandResult {
  if (command.type === 'verify') return verifySlice(shard, command, at);
  if (command.type === 'documents') return applyDocuments(shard, command, at.rows);
  return applyWrite(shard, command, { rows: at.rows, hash: at.hash(command.key) });
}

function decode(shard: ShardDraft, entry: Entry, file: string): Command {
  try {
    return decodeCommand(entry.data);
  } catch (cause) {
    if (!(cause instanceof CommandFormatError)) throw cause;
    throw unreadable(shard, entry, { why: cause.message, file });
  }
}

function unreadable(
  shard: ShardDraft,
  entry: Entry,
  { why, file }: { readonly why: string; readonly file: string },
): StoreError {
  const where = `group ${shard.group}, index ${entry.index}, term ${entry.term}`;
  const advice = 'its log is damaged or was written by a newer version';
  const reason = `the committed entry of ${where} cannot be read (${why}); ${advice}`;
  return new StoreError({ code: 'corrupt', file, action: 'apply', reason });
}

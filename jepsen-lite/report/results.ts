/**
 * What a report is made from: the folder that a run has left behind. A run that was ended early has
 * no results.json; its history is shown all the same, without a verdict.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { HistoryEvent } from '../history/event.js';
import { HistoryError } from '../history/history-error.js';
import type { Operation } from '../history/operation.js';
import { readHistory } from '../history/read-history.js';
import { caseFile } from '../run/minimal-cases.js';
import { type NodeLine, nodeLine } from '../run/node-state.js';

const evidence = z.object({
  longest: z.array(z.object({ operation: z.number(), state: z.string() })),
  stuck: z.array(z.object({ operation: z.number(), reason: z.string() })),
});

const validity = z.enum(['valid', 'invalid', 'unknown']);

const verdict = z.object({
  validity,
  claim: z.string(),
  explanation: z.string(),
  counts: z.record(z.string(), z.number()),
  keys: z.array(
    z.object({
      key: z.string(),
      validity,
      operations: z.number(),
      unknowns: z.number(),
      method: z.string(),
      milliseconds: z.number(),
      evidence: evidence.optional(),
    }),
  ),
  culprits: z.array(z.number()),
});

const results = z.object({
  seed: z.number().optional(),
  command: z.string().optional(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  workloads: z.array(z.object({ name: z.string(), verdict })).default([]),
  faults: z
    .array(z.object({ name: z.string(), count: z.number(), verified: z.number() }))
    .default([]),
  recovery: z
    .object({ p50Ms: z.number().nullable(), maxMs: z.number().nullable(), converged: z.boolean() })
    .optional(),
  exit: z.number().optional(),
});
export type Results = z.infer<typeof results>;

/** Of the settings only what the report shows. */
const config = z.object({
  kind: z.string().default('run'),
  clients: z.number().int().positive().optional(),
  workloads: z
    .array(z.object({ name: z.string(), model: z.string(), clients: z.array(z.number()) }))
    .default([]),
});
export type Config = z.infer<typeof config>;

/** Of a simulated run that failed, as the simulator writes it. */
export const chartFile = 'messages.json';
const chart = z.object({
  title: z.string(),
  nodes: z.array(z.number()),
  rows: z.array(
    z.object({
      at: z.string(),
      node: z.number().nullable(),
      text: z.string(),
      to: z.number().optional(),
      from: z.number().optional(),
      sentAt: z.number().optional(),
    }),
  ),
});
export type Chart = z.infer<typeof chart>;

export interface RunFolder {
  readonly name: string;
  readonly results: Results | undefined;
  readonly config: Config;
  readonly events: readonly HistoryEvent[];
  readonly operations: readonly Operation[];
  readonly chart: Chart | undefined;
  /** What is left of invalid workloads, by their names. */
  readonly cases: ReadonlyMap<string, readonly HistoryEvent[]>;
  /** Empty: nobody has watched them. */
  readonly nodes: readonly NodeLine[];
}

/** The folder holds no run, or files that make no sense; the message names the file. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';
}

export function readRunFolder(folder: string): RunFolder {
  const path = resolve(folder);
  const found = readResults(path);
  const settings = readJson(join(path, 'config.json'), config) ?? config.parse({});
  const cases = settings.workloads.flatMap(({ name }) => {
    const { events } = readEvents(join(path, caseFile(name)), true);
    return events.length === 0 ? [] : [[name, events] as const];
  });
  return {
    name: basename(path),
    results: found,
    config: settings,
    cases: new Map(cases),
    chart: readJson(join(path, chartFile), chart),
    ...readEvents(join(path, 'history.jsonl'), found !== undefined),
    nodes: readNodes(join(path, 'nodes.jsonl')),
  };
}

export function readResults(folder: string): Results | undefined {
  return readJson(join(folder, 'results.json'), results);
}

/** A run of the simulator leaves no history, and one that was cut short an empty one. */
function readEvents(file: string, mayBeMissing: boolean): Pick<RunFolder, 'events' | 'operations'> {
  const nothing = { events: [], operations: [] };
  if (!existsSync(file)) {
    if (mayBeMissing) return nothing;
    throw new ResultsError(`${file} is missing, and so is results.json: this is no run`);
  }
  const text = readFileSync(file, 'utf8');
  if (text.trim() === '') return nothing;
  try {
    return readHistory(text, 'jsonl');
  } catch (error) {
    if (error instanceof HistoryError) throw new ResultsError(`${file}: ${error.message}`);
    throw error;
  }
}

function readNodes(file: string): NodeLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    try {
      return [nodeLine.parse(JSON.parse(line))];
    } catch {
      // The last line of a run that was ended may be cut.
      if (i === lines.length - 1) return [];
      throw new ResultsError(`${file}: line ${i + 1} is not what a run writes there`);
    }
  });
}

function readJson<Shape extends z.ZodType>(file: string, shape: Shape) {
  if (!existsSync(file)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ResultsError(`${file}: ${(error as Error).message}`);
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data as z.infer<Shape>;
  const [first] = parsed.error.issues;
  throw new ResultsError(`${file}: ${first?.path.join('.') || 'the whole'}: ${first?.message}`);
}

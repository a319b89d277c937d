/** Everything that makes a live run what it is; `replay` starts it again from this. */
import { z } from 'zod';
import { adapterDescription } from '../adapters/description.js';

export const runConfig = z.object({
  kind: z.literal('run'),
  seed: z.number().int().nonnegative(),
  /** Of clients and faults. */
  durationMs: z.number().positive(),
  /** Operations per second, of all clients together. */
  rate: z.number().positive(),
  /** A client waits so long for an answer. */
  timeoutMs: z.number().positive(),
  /** Keys that a workload uses at a time. */
  keys: z.number().int().positive(),
  valueBytes: z.number().int().nonnegative(),
  adapter: adapterDescription,
  /** An own cluster of real processes, or the addresses of a running one. */
  target: z.union([
    z.object({ start: z.number().int().positive(), shards: z.number().int().positive() }),
    z.object({ endpoints: z.array(z.string()).nonempty() }),
  ]),
  faults: z.array(z.string()),
  /** Before every key. */
  prefix: z.string(),
  /** Client numbers, modulo their count, tell whose operations are whose. */
  workloads: z.array(
    z.object({ name: z.string(), model: z.string(), clients: z.array(z.number()).nonempty() }),
  ),
  /** How many clients there are. */
  clients: z.number().int().positive(),
  /** Begins in the middle of another run: what had been done there until then is passed over. */
  from: z
    .object({
      ms: z.number().nonnegative(),
      /** Of each client, how often it had called. */
      calls: z.array(z.number().int().nonnegative()),
      /** Of each lane of faults, when its turns had begun or were to begin. */
      turnsMs: z.array(z.array(z.number())),
    })
    .optional(),
});
export type RunConfig = z.infer<typeof runConfig>;

/** A run of the simulator, which repeats itself exactly. */
export const simConfig = z.object({ kind: z.literal('sim'), arguments: z.array(z.string()) });
export type SimConfig = z.infer<typeof simConfig>;

export const anyConfig = z.discriminatedUnion('kind', [runConfig, simConfig]);

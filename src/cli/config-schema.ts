/**
 * The one schema of a node's settings. Every value arrives as text (or a list of texts), because
 * flags and environment have nothing else; what is allowed is worded in `settings.ts`.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseAddress } from './address.js';
import { parseNode, parseNodeAddress } from './config-nodes.js';
import type { SettingName } from './settings.js';
import { parseSize } from './size.js';

const KiB = 1024;
const MiB = 1024 * KiB;

export const secretSchema = z.string().min(16).max(1024);

export const nodeSchema = z.object({
  'node-id': wholeNumber(1, 65_535),
  'cluster-id': z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  dir: z
    .string()
    .min(1)
    .max(4096)
    .transform((path) => resolve(path)),
  http: parsed(parseAddress),
  'http-advertise': parsed(parseAddress),
  peer: parsed(parseAddress),
  node: z.array(parsed(parseNode)).min(1).max(1000),
  'peer-address': z.array(parsed(parseNodeAddress)),
  shards: wholeNumber(1, 1024),
  replicas: z.enum(['1', '3', '5']).transform((text) => Number(text) as 1 | 3 | 5),
  secret: secretSchema,
  'secret-file': z.string().min(1),
  insecure: z.enum(['true', 'false']).transform((text) => text === 'true'),
  'segment-bytes': size(MiB, 1024 * MiB),
  'value-bytes-max': size(KiB, 4 * MiB),
  'log-level': z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  'log-format': z.enum(['json', 'text']),
} satisfies Record<SettingName, z.ZodType>);

export type NodeValues = Partial<z.output<typeof nodeSchema>>;

/** A text that a parser turns into a value, or refuses with `undefined`. */
function parsed<T>(parse: (text: string) => T | undefined) {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'not allowed' });
    return z.NEVER;
  });
}

function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
}

function size(min: number, max: number) {
  return parsed(parseSize).pipe(z.number().min(min).max(max));
}

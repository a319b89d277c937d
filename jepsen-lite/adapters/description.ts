/**
 * How a product is spoken to, as data: which HTTP request carries out each call, and what its
 * answers mean. Presets and the files that users write have this one form, so every preset is an
 * example of a file, and the same run can be held against different products.
 */
import { z } from 'zod';
import { strangeHole } from './template.js';

/**
 * What an answer means. `fail` is only for what surely was not applied and never will be; whoever
 * is not sure says `info`. The rest are answers that tell something: `absent` of a read or a
 * delete that found nothing, `precondition-failed` of a condition that did not hold.
 */
export const meanings = [
  'ok',
  'created',
  'replaced',
  'deleted',
  'absent',
  'precondition-failed',
  'fail',
  'info',
] as const;
export type Meaning = (typeof meanings)[number];

const sourceText = /^(body|header:[^|]+|json:[^|]+)(\|base64)?$/;
/** Where in an answer something stands: `body`, `header:NAME`, `json:a.0.b`; then `|base64`. */
const source = z.string().regex(sourceText, {
  message: 'must be body, header:NAME or json:a.0.b, and may end in |base64',
});

const rule = z
  .strictObject({
    /** `200`, `4xx` or `*`. */
    status: z.string().regex(/^(\d{3}|\dxx|\*)$/, { message: 'must be like 200, 4xx or *' }),
    /** Only when what stands there is that; `is: null` when nothing stands there. */
    where: source.optional(),
    is: z.string().nullable().optional(),
    means: z.enum(meanings),
  })
  .refine(({ where, is }) => where !== undefined || is === undefined, {
    path: ['is'],
    error: 'needs a "where" to look at',
  });
export type Rule = z.infer<typeof rule>;

const facts = z.strictObject({
  value: source.optional(),
  revision: source.optional(),
  shard: source.optional(),
  shardRevision: source.optional(),
  node: source.optional(),
  stalenessMs: source.optional(),
  error: source.optional(),
});
export type FactSources = z.infer<typeof facts>;

/** A text with holes; a mistyped one would be sent as it stands. */
const template = z.string().superRefine((text, context) => {
  const strange = strangeHole(text);
  if (strange === undefined) return;
  context.addIssue({ code: 'custom', message: `there is no hole ${strange}` });
});

const request = z.strictObject({
  method: z.enum(['GET', 'PUT', 'POST', 'DELETE', 'PATCH']),
  path: template.refine((text) => text.startsWith('/'), { error: 'must begin with /' }),
  headers: z.record(z.string(), template).optional(),
  body: template.optional(),
  /** The first that fits counts; behind them stand the safe rules of `reply.ts`. */
  answers: z.array(rule).optional(),
  facts: facts.optional(),
});
export type RequestDescription = z.infer<typeof request>;

export const calls = [
  'read',
  'staleRead',
  'write',
  'writeIfRevision',
  'writeIfAbsent',
  'writeIfPresent',
  'delete',
  'deleteIfRevision',
  'compareAndSet',
] as const;
export type Call = (typeof calls)[number];

/** What a call is about must go along. */
const about = (...holes: readonly string[]) =>
  request.superRefine(({ path, headers = {}, body = '' }, context) => {
    const sent = [path, body, ...Object.values(headers)].join(' ');
    for (const hole of holes) {
      if (new RegExp(`\\{${hole}[|}]`).test(sent)) continue;
      context.addIssue({ code: 'custom', message: `says nowhere {${hole}}` });
    }
  });
const reading = about('key');
const writing = about('key', 'value');

export const adapterDescription = z.strictObject({
  name: z.string().min(1),
  about: z.string().optional(),
  /** Sent with every request. */
  headers: z.record(z.string(), z.string()).optional(),
  /** Read out of every answer. */
  facts: facts.optional(),
  read: reading,
  staleRead: reading.optional(),
  write: writing,
  writeIfRevision: about('key', 'value', 'revision').optional(),
  writeIfAbsent: writing.optional(),
  writeIfPresent: writing.optional(),
  delete: about('key').optional(),
  deleteIfRevision: about('key', 'revision').optional(),
  compareAndSet: about('key', 'expected', 'value').optional(),
});
export type AdapterDescription = z.infer<typeof adapterDescription>;

/**
 * Every change that somebody asked for, or that the cluster decided on by itself: who, why, and
 * what was before and after. Written in the same transaction as the change.
 */
import { z } from 'zod';

export const auditDocumentSchema = z.strictObject({
  number: z.int().min(1),
  atMs: z.number().min(0),
  actor: z.string(),
  /** What was done, like `job.execute` or `pin.create`. */
  action: z.string(),
  /** What it was done to, like `jobs/7`. */
  subject: z.string(),
  reason: z.string(),
  requestId: z.string(),
  /** Of this one change, whoever asks for it again. */
  token: z.string(),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
});

export type AuditDocument = z.infer<typeof auditDocumentSchema>;

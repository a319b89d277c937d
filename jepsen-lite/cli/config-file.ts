/** The `config.json` of a results folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { anyConfig } from '../run/run-config.js';
import { UsageError } from './usage-error.js';

export function readConfig(folder: string): z.infer<typeof anyConfig> {
  const file = join(folder, 'config.json');
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${folder} is no folder of a run: ${(error as Error).message}`);
  }
  const parsed = anyConfig.safeParse(json);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new UsageError(`${file}: ${first?.path.join('.') || 'the whole'}: ${first?.message}`);
}

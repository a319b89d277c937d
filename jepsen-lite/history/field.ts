/** What the nemesis writes are records: a field of one, if the value is such a thing. */
import type { Value } from './event.js';

export function field(value: Value | undefined, name: string): Value | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, Value>>)[name];
}

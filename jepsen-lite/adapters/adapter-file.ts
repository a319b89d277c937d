/** An adapter that a user has written, as a JSON file; or the name of a preset. */
import { readFileSync } from 'node:fs';
import { type AdapterDescription, adapterDescription } from './description.js';
import { presets } from './presets.js';

/** Throws an Error that says what is wrong with the file, and where. */
export function loadAdapter(nameOrFile: string): AdapterDescription {
  const preset = presets.find(({ name }) => name === nameOrFile);
  if (preset !== undefined) return preset;
  const names = presets.map(({ name }) => name).join(', ');
  let text: string;
  try {
    text = readFileSync(nameOrFile, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`"${nameOrFile}" is no preset (${names}) and no file that can be read: ${why}`);
  }
  return parseAdapter(text, nameOrFile);
}

export function parseAdapter(text: string, file: string): AdapterDescription {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}${lineOf(text, error)} is not JSON: ${(error as Error).message}`);
  }
  const parsed = adapterDescription.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `  ${path.join('.') || 'the whole'}: ${message}`,
  );
  throw new Error(`${file} describes no adapter:\n${problems.join('\n')}`);
}

/** Some versions of V8 tell the position, and none the line. */
function lineOf(text: string, error: unknown): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return '';
  return `:${text.slice(0, Number(position)).split('\n').length}`;
}

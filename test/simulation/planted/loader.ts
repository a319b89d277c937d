/**
 * A hook of Node's module loader that changes the modules of one planted bug while they are loaded.
 * Nothing in `src` knows of it, and no file changes: without the hook there is no bug.
 */
import { readFile } from 'node:fs/promises';
import type { LoadHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { edited, type PlantedBug } from './planted-bug.js';

let planted: { bug: PlantedBug; build: string } | undefined;

/** Called by `register`, in the loader's own thread. */
export function initialize(data: { bug: PlantedBug; build: string }): void {
  planted = data;
}

export const load: LoadHook = async (url, context, nextLoad) => {
  if (planted === undefined || !url.startsWith(planted.build)) return nextLoad(url, context);
  const { bug, build } = planted;
  const file = url.slice(build.length);
  const edits = bug.edits.filter((edit) => edit.file === file);
  if (edits.length === 0) return nextLoad(url, context);
  let source = await readFile(fileURLToPath(url), 'utf8');
  for (const edit of edits) source = edited(source, edit, bug.name);
  // How the simulator knows that what it runs is what was planted.
  source += `\n(globalThis.kvorumPlanted ??= []).push(${JSON.stringify(file)});\n`;
  return { format: 'module', source, shortCircuit: true };
};

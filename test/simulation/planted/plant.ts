/**
 * Plants a bug in this process. Must be called before anything of `src` is loaded, so whoever calls
 * it imports the simulator afterwards, and dynamically.
 */
import { register } from 'node:module';
import { plantedBugs } from './bugs.js';
import type { PlantedBug } from './planted-bug.js';

declare global {
  var kvorumPlanted: string[] | undefined;
}

export function bugNamed(name: string): PlantedBug {
  const bug = plantedBugs.find((known) => known.name === name);
  if (bug !== undefined) return bug;
  const names = plantedBugs.map((known) => known.name).join(', ');
  throw new Error(`There is no planted bug "${name}". There are: ${names}.`);
}

export function plant(name: string): void {
  const bug = bugNamed(name);
  const build = new URL('../../../', import.meta.url).href;
  register('./loader.js', import.meta.url, { data: { bug, build } });
}

/** After the simulator was loaded: every module of the bug must have been a part of it. */
export function assertPlanted(name: string): void {
  const loaded = new Set(globalThis.kvorumPlanted);
  for (const { file } of bugNamed(name).edits) {
    if (!loaded.has(file)) throw new Error(`planted bug ${name}: ${file} was loaded unchanged`);
  }
}

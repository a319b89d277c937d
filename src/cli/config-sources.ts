/**
 * Where the settings of a node come from: flags before environment before the JSON file. This
 * file only collects; what a value may be is the schema's business in `config.ts`.
 */
import { readFileSync } from 'node:fs';
import type { Flags } from './flags.js';
import {
  environmentName,
  type Setting,
  type SettingName,
  settingNames,
  settings,
} from './settings.js';
import { didYouMean, editDistance } from './suggest.js';

/** A value as it was written, and where. */
export interface RawValue {
  /** A list for settings that take several values. */
  readonly value: string | readonly string[];
  /** For messages: `--http`, `KVORUM_HTTP`, `kvorum.json`. */
  readonly source: string;
  /** 0: flag, 1: environment, 2: file. The smaller wins. */
  readonly rank: number;
}

export interface Collected {
  readonly values: ReadonlyMap<SettingName, RawValue>;
  readonly problems: readonly string[];
  /** False: there is a file, but what it holds is not known. */
  readonly complete: boolean;
}

export interface Sources {
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Settings = ReadonlyMap<SettingName, RawValue>;

const noSettings: Settings = new Map();
const configBytesMax = 1_048_576;

export function collectSettings({ flags, env }: Sources): Collected {
  const problems: string[] = [];
  const file = flags.text('config') ?? env['KVORUM_CONFIG'];
  const inFile = file === undefined ? noSettings : readConfigFile(file, problems);
  const values = new Map<SettingName, RawValue>();
  for (const name of settingNames) {
    const value = fromFlags(name, flags) ?? fromEnvironment(name, env) ?? inFile?.get(name);
    if (value !== undefined) values.set(name, value);
  }
  problems.push(...misspelledVariables(env));
  return { values, problems, complete: inFile !== undefined };
}

function settingOf(name: SettingName): Setting {
  return settings[name];
}

function fromFlags(name: SettingName, flags: Flags): RawValue | undefined {
  if (!flags.has(name)) return undefined;
  const value = settingOf(name).multiple ? flags.texts(name) : (flags.text(name) ?? '');
  return { value, source: `--${name}`, rank: 0 };
}

function fromEnvironment(name: SettingName, env: Sources['env']): RawValue | undefined {
  const source = environmentName(name);
  const text = env[source];
  if (text === undefined || text === '') return undefined;
  const value = settingOf(name).multiple ? text.split(/\s+/).filter(Boolean) : text;
  return { value, source, rank: 1 };
}

function readConfigFile(file: string, problems: string[]): Settings | undefined {
  const values = new Map<SettingName, RawValue>();
  const content = parseConfigFile(file, problems);
  if (content === undefined) return undefined;
  for (const [key, value] of Object.entries(content)) {
    const name = settingNames.find((candidate) => candidate === key);
    if (name === undefined) {
      problems.push(`"${key}" in ${file} is not a setting.${didYouMean(key, settingNames)}`);
      continue;
    }
    const raw = settingOf(name).multiple ? listOf(value) : scalarOf(value);
    if (raw !== undefined) values.set(name, { value: raw, source: file, rank: 2 });
    else {
      const wanted = settingOf(name).multiple ? 'an array of texts' : 'one text, number or switch';
      problems.push(`"${key}" in ${file} must be ${wanted}.`);
    }
  }
  return values;
}

function parseConfigFile(file: string, problems: string[]): Record<string, unknown> | undefined {
  let content: unknown;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > configBytesMax) throw new Error(`it is larger than ${configBytesMax} bytes`);
    content = JSON.parse(text);
  } catch (error) {
    problems.push(`The configuration file ${file} cannot be read: ${messageOf(error)}.`);
    return undefined;
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return { ...content };
  }
  problems.push(`The configuration file ${file} must hold one JSON object.`);
  return undefined;
}

function listOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === 'string') ? value : undefined;
}

function scalarOf(value: unknown): string | undefined {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  return isScalar ? String(value) : undefined;
}

/**
 * Unknown `KVORUM_` variables are left alone, because orchestrators invent some (a service called
 * "kvorum" brings KVORUM_SERVICE_HOST); but one that is nearly a setting is a slip.
 */
function misspelledVariables(env: Sources['env']): string[] {
  const known = [...settingNames.map(environmentName), 'KVORUM_CONFIG', 'KVORUM_URL'];
  return Object.keys(env)
    .filter((name) => name.startsWith('KVORUM_') && !known.includes(name))
    .flatMap((name) => {
      const near = known.find((candidate) => editDistance(name, candidate) <= 2);
      return near ? [`${name} in the environment is not a setting. Did you mean ${near}?`] : [];
    });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

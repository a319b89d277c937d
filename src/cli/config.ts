/**
 * The configuration of one node, from flags, environment and file. All problems are told at once,
 * each with the setting, the value, where the value came from and what is allowed.
 */
import { readFileSync } from 'node:fs';
import type { Address } from './address.js';
import { crossCheck } from './config-checks.js';
import { withDefaults } from './config-defaults.js';
import type { ConfiguredNode } from './config-nodes.js';
import { type NodeValues, nodeSchema, secretSchema } from './config-schema.js';
import { collectSettings, type RawValue, type Sources } from './config-sources.js';
import { Secret } from './secret.js';
import {
  environmentName,
  type Setting,
  type SettingName,
  settingNames,
  settings,
} from './settings.js';

export interface NodeConfig {
  readonly nodeId: number;
  readonly clusterId: string;
  /** Absolute path. */
  readonly dir: string;
  readonly http: Address;
  /** `host:port` that clients and other nodes are told. */
  readonly httpAdvertise: string;
  readonly peer: Address;
  /** All nodes of the cluster, ascending by id. */
  readonly nodes: readonly ConfiguredNode[];
  /** How this node reaches each other node: `host:port` by id. */
  readonly peerAddresses: ReadonlyMap<number, string>;
  readonly shards: number;
  readonly replicas: 1 | 3 | 5;
  readonly secret: Secret;
  readonly segmentBytes: number;
  readonly valueBytesMax: number;
  readonly logLevel: NonNullable<NodeValues['log-level']>;
  readonly logFormat: 'json' | 'text';
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Throws ConfigError with every problem there is. */
export function loadConfig(sources: Sources): NodeConfig {
  const { values: raw, problems: found, complete } = collectSettings(sources);
  // Whatever else seems to be missing may be in the file that could not be read.
  if (!complete) throw new ConfigError(found);
  const problems = [...found];
  const values = parseValues(raw, problems);
  const secret = chooseSecret(values, raw, problems);
  const given = withDefaults(values);
  problems.push(...crossCheck(given, raw));
  const { nodeId, clusterId, dir } = given;
  if (problems.length > 0 || !secret || !nodeId || !clusterId || !dir) {
    throw new ConfigError(problems);
  }
  return { ...given, nodeId, clusterId, dir, secret };
}

function parseValues(raw: ReadonlyMap<SettingName, RawValue>, problems: string[]): NodeValues {
  const values: Record<string, unknown> = {};
  for (const name of settingNames) {
    const given = raw.get(name);
    if (given === undefined) {
      if (isRequired(name)) problems.push(missing(name));
      continue;
    }
    const result = nodeSchema.shape[name].safeParse(given.value);
    if (result.success) values[name] = result.data;
    else problems.push(...result.error.issues.map((issue) => refused(name, given, issue.path[0])));
  }
  return values as NodeValues;
}

function isRequired(name: SettingName): boolean {
  const setting: Setting = settings[name];
  return setting.required === true;
}

function refused(name: SettingName, given: RawValue, item: PropertyKey | undefined): string {
  const setting: Setting = settings[name];
  const wrong = typeof item === 'number' ? given.value[item] : given.value;
  const shown = setting.secret ? '(not shown)' : JSON.stringify(wrong);
  return `${name} is ${shown} (from ${given.source}); it must be ${setting.allowed}.`;
}

function missing(name: SettingName): string {
  const setting: Setting = settings[name];
  const flag = `--${name} ${setting.value ?? ''}`.trim();
  const where = `give ${flag}, ${environmentName(name)} or "${name}" in the --config file`;
  return `${name} is missing; ${where}: ${setting.allowed}.`;
}

/** From the file or as given; the source that wins over the other decides, a tie is refused. */
function chooseSecret(
  values: NodeValues,
  raw: ReadonlyMap<SettingName, RawValue>,
  problems: string[],
): Secret | undefined {
  const direct = raw.get('secret');
  const fromFile = raw.get('secret-file');
  if (direct === undefined && fromFile === undefined) {
    problems.push(
      'secret is missing; give --secret-file FILE, KVORUM_SECRET_FILE or KVORUM_SECRET: ' +
        `${settings.secret.allowed}, the same on every node.`,
    );
    return undefined;
  }
  if (direct && fromFile && direct.rank === fromFile.rank) {
    problems.push('secret and secret-file are both given; give one of them.');
    return undefined;
  }
  if (fromFile && (!direct || fromFile.rank < direct.rank)) return readSecret(fromFile, problems);
  return values.secret === undefined ? undefined : new Secret(values.secret);
}

function readSecret(file: RawValue, problems: string[]): Secret | undefined {
  const path = String(file.value);
  let why: string;
  try {
    const content = secretSchema.safeParse(readFileSync(path, 'utf8').trimEnd());
    if (content.success) return new Secret(content.data);
    why = 'what it holds is too short or too long (not shown)';
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  problems.push(
    `secret-file is "${path}" (from ${file.source}), but ${why}; ` +
      `it must be ${settings['secret-file'].allowed}.`,
  );
  return undefined;
}

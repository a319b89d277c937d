/**
 * The log of a node on standard output: one JSON object a line, or one readable line.
 */
import { type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import type { NodeConfig } from './config.js';

export type Logger = PinoLogger;

export function createLogger(
  config: Pick<NodeConfig, 'logLevel' | 'logFormat' | 'nodeId'>,
  out: { write(text: string): unknown } = process.stdout,
): Logger {
  const options = {
    level: config.logLevel,
    base: { node: config.nodeId },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const write = config.logFormat === 'text' ? (line: string) => out.write(asText(line)) : undefined;
  return pino(options, { write: write ?? ((line: string) => out.write(line)) });
}

/** `12:00:00.000 WARN  message field=value ...` */
export function asText(line: string): string {
  const { time, level, msg, node: _node, err, ...fields } = JSON.parse(line) as LogLine;
  const words = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
  const head = `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${msg ?? ''}`;
  const text = [head, ...words].join(' ');
  return err === undefined ? `${text}\n` : `${text}\n  ${err.stack ?? err.message}\n`;
}

interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly node?: number;
  readonly err?: { readonly message: string; readonly stack?: string };
  readonly [field: string]: unknown;
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value);
}

/** All commands, in the order of the help. */
import { checkCommand } from './check-command.js';
import type { Command } from './command.js';
import { replayCommand } from './replay-command.js';
import { reportCommand } from './report-command.js';
import { runCommand } from './run-command.js';
import { selftestCommand } from './selftest-command.js';
import { serveCommand } from './serve-command.js';
import { shrinkCommand } from './shrink-command.js';
import { simCommand } from './sim-command.js';

export const commands: readonly Command[] = [
  runCommand,
  checkCommand,
  simCommand,
  replayCommand,
  shrinkCommand,
  reportCommand,
  serveCommand,
  selftestCommand,
];

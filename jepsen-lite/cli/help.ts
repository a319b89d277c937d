/** The help of the whole and of one command, made from what there is. */
import type { Command } from './command.js';

export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`);
  return `jepsen-lite checks whether a cluster keeps its promises while it is broken.

Usage: jepsen-lite COMMAND [flags]

${rows.join('\n')}

Begin with one of these:
  jepsen-lite run --start 3 --time 30s          its own cluster of three, with faults
  jepsen-lite run --endpoint http://host:8401   one that runs, without faults
  jepsen-lite check history.jsonl --model register

jepsen-lite COMMAND --help tells the rest. Exit codes: 0 valid, 1 invalid, 2 unknown, 3 did not
recover, 254 wrong usage, 255 the harness itself failed.
`;
}

export function commandHelp({ name, takes, summary, flags, notes }: Command): string {
  const shown = flags.map((flag) => {
    const short = flag.short === undefined ? '' : `-${flag.short}, `;
    const left = `${short}--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`;
    return { left, help: flag.help };
  });
  const width = Math.max(0, ...shown.map(({ left }) => left.length));
  const rows = shown.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`);
  const usage = `Usage: jepsen-lite ${name} ${takes}`.trimEnd();
  const parts = [summary, usage, `Flags:\n${rows.join('\n')}`, notes];
  return parts.filter((part) => part !== '').join('\n\n');
}

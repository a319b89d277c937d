/** The help texts, made from the catalogue of commands so that they cannot lag behind it. */
import type { Command, Flag } from './command.js';
import { exitCodeMeanings } from './exit-codes.js';
import { helpFlag } from './invocation.js';

const columns = 100;

export function overview(commands: readonly Command[]): string {
  return `Kvorum: a sharded, strongly consistent key-value store that people use with curl.

Usage: kvorum COMMAND [flags]

${listOf(commands)}
\`kvorum help COMMAND\` has the flags and examples of one command.

${describeExitCodes()}`;
}

/** Of commands that share their first words, as `admin members` does. */
export function familyHelp(begin: string, family: readonly Command[]): string {
  return `Usage: kvorum ${begin} COMMAND [flags]

${listOf(family)}
\`kvorum help ${begin} COMMAND\` has the flags and examples of one command.
`;
}

function listOf(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
}

export function commandHelp(command: Command): string {
  const parts = [
    `${command.summary}\n`,
    `Usage: kvorum ${command.name} ${command.operands}`.trimEnd().concat(' [flags]\n'),
    describeFlags([...command.flags, helpFlag]),
    ...command.notes.map((note) => `${wrap(note, columns).join('\n')}\n`),
    describeExamples(command),
  ];
  return parts.join('\n');
}

function describeFlags(flags: readonly Flag[]): string {
  const heads = flags.map((flag) => `--${flag.name}${flag.value ? ` ${flag.value}` : ''}`);
  const width = Math.min(26, Math.max(...heads.map((head) => head.length)));
  const lines = flags.map((flag, i) => {
    const head = heads[i] ?? '';
    const text = `${flag.help}${flag.multiple ? ' (repeatable)' : ''}`;
    const [first = '', ...more] = wrap(text, columns - width - 4);
    const indent = ' '.repeat(width + 4);
    // A long flag has its line for itself.
    const begin = head.length > width ? `  ${head}\n${indent}` : `  ${head.padEnd(width)}  `;
    return [`${begin}${first}`, ...more.map((line) => `${indent}${line}`)].join('\n');
  });
  return `Flags:\n${lines.join('\n')}\n`;
}

function describeExamples({ examples }: Command): string {
  const lines = examples.map(([line, why]) => `  # ${why}\n  ${line}\n`);
  return `Examples:\n${lines.join('\n')}`;
}

function describeExitCodes(): string {
  const lines = exitCodeMeanings.map(([code, meaning]) => `  ${code}  ${meaning}\n`);
  return `Exit codes:\n${lines.join('')}`;
}

export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

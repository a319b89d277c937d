/**
 * Golden transcripts: a file tells a story as commands to a small group, each followed by what
 * happened. Running one gives the file again with the outcomes of today; a difference is a
 * change of behaviour. Commit only a difference you can explain.
 *
 *     # A sentence about the step.
 *     campaign 1
 *     ----
 *     what happened, line by line, up to the next empty line
 */
import { TranscriptSession } from './transcript-session.js';

const outcomeBegins = '----';

/** The transcript with fresh outcomes. */
export function replay(transcript: string): string {
  const session = new TranscriptSession();
  return parse(transcript)
    .map((step) => [...step.prose, ...outcome(session, step.command), ''].join('\n'))
    .join('\n');
}

interface Step {
  readonly prose: readonly string[];
  /** Undefined: prose that stands alone. */
  readonly command: string | undefined;
}

function parse(transcript: string): Step[] {
  const steps: Step[] = [];
  for (const block of transcript.trim().split(/\n\n+/)) {
    const lines = block.split('\n');
    const prose = lines.filter((line) => line.startsWith('#'));
    steps.push({ prose, command: lines.find((line) => !line.startsWith('#')) });
  }
  return steps;
}

function outcome(session: TranscriptSession, command: string | undefined): string[] {
  if (command === undefined) return [];
  const lines = session.run(command);
  return [command, outcomeBegins, ...(lines.length > 0 ? lines : ['nothing'])];
}

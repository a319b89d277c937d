/**
 * Histories that others have published with their verdicts, typed anew: process, what happened,
 * what was asked, value.
 */
import t from 'tap';
import { check, type ModelName, readHistory } from '../../../jepsen-lite/checker/index.js';

interface Published {
  readonly validity: 'valid' | 'invalid';
  readonly model: ModelName;
  readonly events: string;
  /** Numbers of the operations that the fault is found at. */
  readonly culprits?: readonly number[];
}

const published: Record<string, Published> = {
  'Porcupine, test of a register: one read sees the write, one is before it': {
    ...{ validity: 'valid', model: 'register' },
    events: `
      0 invoke write 100 | 1 invoke read nil | 2 invoke read nil | 2 ok read nil
      1 ok read 100 | 0 ok write 100`,
  },
  'Porcupine, test of a register: a read goes back behind another': {
    ...{ validity: 'invalid', model: 'register' },
    events: `
      0 invoke write 200 | 1 invoke read nil | 1 ok read 200 | 2 invoke read nil
      2 ok read nil | 0 ok write 200`,
    culprits: [2, 1],
  },
  'Knossos, smallest failure of RethinkDB: a read beside a write sees neither value': {
    ...{ validity: 'invalid', model: 'cas-register' },
    events: `
      0 invoke write 0 | 0 ok write 0 | 1 invoke read nil | 2 invoke write 4 | 1 ok read 3
      2 ok write 4 | 3 invoke read nil | 3 ok read 4`,
    culprits: [1],
  },
  'Knossos, bad analysis: two reads of old values beside a lost write': {
    ...{ validity: 'invalid', model: 'cas-register' },
    events: `
      4 invoke write 2 | 4 ok write 2 | 6 invoke read nil | 1 invoke write 4 | 1 ok write 4
      14 invoke read 4 | 14 ok read 4 | 9 invoke write 0 | 9 ok write 0 | 19 invoke read 0
      20 invoke write 1 | 19 ok read 0 | 22 invoke read 3 | 21 invoke read 2 | 21 ok read 2
      22 ok read 3`,
  },
  'Knossos, bad analysis without the value that nobody wrote: an old value is back': {
    ...{ validity: 'invalid', model: 'cas-register' },
    events: `
      4 invoke write 2 | 4 ok write 2 | 1 invoke write 4 | 1 ok write 4 | 9 invoke write 0
      9 ok write 0 | 20 invoke write 1 | 21 invoke read nil | 21 ok read 2`,
  },
  'Herlihy and Wing 1990, a register: a read after a write that was over sees what was before': {
    ...{ validity: 'invalid', model: 'register' },
    events: `
      0 invoke write 0 | 0 ok write 0 | 0 invoke write 1 | 1 invoke read nil | 1 ok read 1
      2 invoke read nil | 2 ok read 0 | 0 ok write 1`,
  },
  'Jepsen on etcd 2014, log 7 of 102, as Porcupine has it': {
    ...{ validity: 'valid', model: 'cas-register' },
    events: `
      0 invoke read nil | 2 invoke read nil | 1 invoke read nil | 2 ok read nil | 0 ok read nil
      1 ok read nil | 3 invoke write 1 | 4 invoke cas [3 3] | 3 ok write 1 | 4 fail cas [3 3]
      2 invoke cas [2 0] | 0 invoke write 0 | 1 invoke read nil | 1 ok read 1 | 0 ok write 0
      3 invoke cas [3 0] | 2 fail cas [2 0] | 3 fail cas [3 0] | 4 invoke cas [0 2]
      4 ok cas [0 2] | 1 invoke cas [3 4] | 0 invoke cas [2 2] | 1 fail cas [3 4]
      2 invoke read nil | 3 invoke write 4 | 2 ok read 2 | 0 ok cas [2 2] | 3 ok write 4
      4 invoke read nil | 4 ok read 4 | 1 invoke cas [0 1] | 1 fail cas [0 1]
      2 invoke cas [3 2] | 0 invoke cas [3 3] | 2 fail cas [3 2] | 3 invoke read nil
      0 fail cas [3 3] | 3 ok read 4 | 4 invoke write 4 | 4 ok write 4 | 2 invoke cas [3 1]
      0 invoke cas [1 2] | 3 invoke cas [2 0] | 4 invoke write 0 | 0 fail cas [1 2]
      2 fail cas [3 1] | 4 ok write 0 | 1 invoke write 2 | 3 info cas :timed-out
      2 invoke write 4 | 4 invoke read nil | 4 ok read 0 | 2 ok write 4 | 1 info write :timed-out
      8 invoke cas [2 0] | 0 invoke write 3 | 0 ok write 3 | 4 invoke read nil | 4 ok read 3
      6 invoke write 3 | 8 info cas :timed-out | 0 invoke read nil | 0 ok read 3
      2 invoke cas [3 1] | 6 info write :timed-out | 13 invoke write 3 | 2 ok cas [3 1]
      0 invoke read nil | 0 ok read 1 | 4 invoke write 4 | 11 invoke cas [1 4]
      13 info write :timed-out | 4 ok write 4 | 0 invoke read nil | 0 ok read 4`,
  },
};

t.test('published verdicts', async (t) => {
  for (const [name, { validity, model, events, culprits }] of Object.entries(published)) {
    const lines = events
      .split(/\s*[|\n]\s*/)
      .filter((event) => event !== '')
      .map((event) => event.replace(/(\S+) (\S+) (\S+) (.*)/, '$1\t:$2\t:$3\t$4').trim())
      .map((event) => `INFO  jepsen.util - ${event}\n`);
    const { operations } = readHistory(lines.join(''), 'jepsen-log');
    const verdict = check(operations, { model });
    t.equal(verdict.validity, validity, name);
    if (culprits !== undefined) t.same(verdict.culprits, culprits, name);
  }
});
